// Health check of the whole way: asks for /healthz as a client does, through TLS and the edge to the Worker.
import { request } from "node:https";

const maxWaitMs = 10_000;

/**
 * Checks the server's certificate as well.
 *
 * @param port of the edge
 * @param authorityCertificate PEM
 * @returns null if the Worker answers with 200, or else what went wrong
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
