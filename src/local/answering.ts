// Asks the edge for /healthz the way a client does: through TLS, checking its certificate, all the way to the Worker.
import { sendRequest } from "../node/https.ts";

const maxWaitMs = 10_000;

/**
 * @param port of the edge
 * @param authorityCertificate PEM
 * @returns null once it answers as it should, or what it did instead
 */
export async function checkHealth(port: number, authorityCertificate: string): Promise<string | null> {
  const connect = { host: "127.0.0.1", port };
  const endpoint = { hostname: connect.host, connect, authorities: authorityCertificate, timeoutMs: maxWaitMs };
  const response = await sendRequest(endpoint, { method: "GET", path: "/healthz", credential: null });
  if (response.kind === "failed") return response.why;
  return response.status === 200 ? null : `/healthz answered ${response.status}`;
}
