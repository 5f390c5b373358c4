// An HTTP client with kept connections, for many requests and for measurements: it costs the same for a review and for
// a call to GitHub.
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { SecureContextOptions } from "node:tls";

export interface Sent {
  readonly method: "GET" | "POST";
  /** As it stands in the request line: for a proxy it is an absolute address. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Received {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** From the first byte sent to the last byte received. */
  readonly durationMs: number;
}

export interface HttpClient {
  send(sent: Sent): Promise<Received>;
  close(): void;
}

/**
 * @param origin such as `http://127.0.0.1:PORT`
 * @param tls certificates, for https
 */
export function createHttpClient(origin: string, tls: SecureContextOptions = {}): HttpClient {
  const isTls = origin.startsWith("https:");
  const agent = isTls ? new HttpsAgent({ ...tls, keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const request = isTls ? httpsRequest : httpRequest;
  return {
    send({ method, path, headers, body = "" }) {
      return new Promise((resolve, reject) => {
        const startedAtMs = performance.now();
        const length = method === "POST" ? { "Content-Length": Buffer.byteLength(body) } : {};
        const outgoing = request(origin, { path, method, agent, headers: { ...headers, ...length } });
        outgoing.on("error", reject);
        outgoing.on("response", (response: IncomingMessage) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => {
            const durationMs = performance.now() - startedAtMs;
            const headers = Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(", ")]);
            resolve({
              status: response.statusCode ?? 0,
              headers: Object.fromEntries(headers),
              body: Buffer.concat(chunks).toString(),
              durationMs,
            });
          });
        });
        outgoing.end(body);
      });
    },
    close: () => agent.destroy(),
  };
}
