// Asks the deployment from outside, as kube-apiserver does: over TLS, with or without a client certificate. Where DNS does not lead there yet, or a local edge stands in for
// Cloudflare, --connect says where to go instead.
import { request } from "node:https";

export interface EdgeAddress {
  readonly hostname: string;
  /** Null: where DNS says. */
  readonly connect: { readonly host: string; readonly port: number } | null;
  /** PEM; null: the system's own. */
  readonly authority: string | null;
}

export interface ClientIdentity {
  /** PEM */
  readonly certificate: string;
  /** PEM */
  readonly key: string;
}

export interface EdgeCall {
  readonly path: string;
  readonly method: "GET" | "POST";
  readonly body?: string;
  /** Null: come without a certificate. */
  readonly identity: ClientIdentity | null;
}

export type EdgeAnswer =
  | { readonly kind: "answered"; readonly status: number; readonly contentType: string; readonly body: string }
  | { readonly kind: "unreachable"; readonly message: string };

const timeoutMs = 10_000;
const maxBodyBytes = 64 * 1024;

export function askEdge({ hostname, connect, authority }: EdgeAddress, call: EdgeCall): Promise<EdgeAnswer> {
  const { path, method, body, identity } = call;
  const headers = {
    host: hostname,
    ...(body === undefined
      ? {}
      : { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) }),
  };
  return new Promise((resolve) => {
    const outgoing = request({
      host: connect?.host ?? hostname,
      port: connect?.port ?? 443,
      servername: hostname,
      path,
      method,
      headers,
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
      ...(authority === null ? {} : { ca: authority }),
      ...(identity === null ? {} : { cert: identity.certificate, key: identity.key }),
    });
    outgoing.on("error", (error) => resolve({ kind: "unreachable", message: describe(error) }));
    outgoing.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text = (text + chunk).slice(0, maxBodyBytes);
      });
      response.on("error", (error) => resolve({ kind: "unreachable", message: describe(error) }));
      response.on("end", () =>
        resolve({
          kind: "answered",
          status: response.statusCode ?? 0,
          contentType: response.headers["content-type"] ?? "",
          body: text,
        }),
      );
    });
    outgoing.end(body);
  });
}

function describe(error: Error): string {
  return error.name === "AbortError" || error.name === "TimeoutError"
    ? `no answer within ${timeoutMs / 1000} s`
    : error.message;
}
