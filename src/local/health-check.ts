// Health check of the whole way: asks for /healthz as a client does, through TLS and the edge to the Worker.
import { sendRequest } from "../node/https.ts";

const maxWaitMs = 10_000;

/**
 * Checks the server's certificate as well.
 *
 * @param port of the edge
 * @param authorityCertificate PEM
 * @returns null if the Worker answers with 200, or else what went wrong
 */
export async function checkHealth(port: number, authorityCertificate: string): Promise<string | null> {
  const connect = { host: "127.0.0.1", port };
  const endpoint = { hostname: connect.host, connect, authorities: authorityCertificate, timeoutMs: maxWaitMs };
  const response = await sendRequest(endpoint, { method: "GET", path: "/healthz", credential: null });
  if (response.kind === "failed") return response.why;
  return response.status === 200 ? null : `/healthz answered ${response.status}`;
}
