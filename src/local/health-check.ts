// Asks the edge for /healthz the way a client does: through TLS, checking its certificate, all the way to the Worker.
import { request } from "node:https";

const maxWaitMs = 10_000;

/**
 * @param port of the edge
 * @param authorityCertificate PEM
 * @returns null once it answers as it should, or what it did instead
 */
export function checkHealth(port: number, authorityCertificate: string): Promise<string | null> {
  return new Promise((resolve) => {
    const options = {
      host: "127.0.0.1",
      port,
      path: "/healthz",
      ca: authorityCertificate,
      agent: false,
      signal: AbortSignal.timeout(maxWaitMs),
    };
    const outgoing = request(options, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? null : `/healthz answered ${response.statusCode}`);
    });
    outgoing.on("error", (error) => resolve(error.message));
    outgoing.end();
  });
}
