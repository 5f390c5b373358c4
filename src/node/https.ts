// One HTTPS request on a connection of its own, and its whole response.
import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:https";
import { isIP } from "node:net";
import tls from "node:tls";
import type { CredentialData } from "./kubeconfig.ts";
import { failureText } from "./network-failure.ts";

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** Where and how to connect. */
export interface Endpoint {
  /** The name in the server's certificate and in the Host header. */
  readonly hostname: string;
  readonly connect: HostAndPort;
  /** PEM: the authorities to trust in place of the usual ones, or null. */
  readonly authorities: string | null;
  /** For each step by itself. */
  readonly timeoutMs: number;
}

export interface HttpsRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  /** Null: no client certificate is presented. */
  readonly credential: CredentialData | null;
  /** Also sends to a server with an untrusted certificate: for requests that reveal nothing. */
  readonly trustsAnyServer?: true;
}

export type HttpsResponse =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly body: string;
      readonly durationMs: number;
    }
  | { readonly kind: "failed"; readonly why: string };

/** More than any response of the Worker, and little enough to keep. */
const maxBodyBytes = 1024 * 1024;

/** Sends a request. No failure of the network is thrown. */
export function sendRequest(endpoint: Endpoint, toSend: HttpsRequest): Promise<HttpsResponse> {
  const { method, path, body, credential, trustsAnyServer } = toSend;
  const startedAt = performance.now();
  const signal = AbortSignal.timeout(endpoint.timeoutMs);
  return new Promise((resolve) => {
    const failed = (error: unknown) => {
      const why = signal.aborted ? `no answer within ${endpoint.timeoutMs / 1000} s` : failureText(error);
      resolve({ kind: "failed", why });
    };
    const outgoing = request({
      ...tlsOptionsOf(endpoint),
      ...(credential === null ? {} : { cert: credential.certificate, key: credential.key }),
      rejectUnauthorized: trustsAnyServer !== true,
      agent: false,
      signal,
      method,
      path,
      headers: {
        Host: endpoint.hostname,
        Accept: "application/json",
        "User-Agent": "octogate",
        ...(body === undefined
          ? {}
          : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) }),
      },
    });
    outgoing.on("error", failed);
    outgoing.on("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("error", failed);
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size > maxBodyBytes) outgoing.destroy(new Error(`more than ${maxBodyBytes} bytes were answered`));
      });
      response.on("end", () =>
        resolve({
          kind: "answered",
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString("utf8"),
          durationMs: performance.now() - startedAt,
        }),
      );
    });
    outgoing.end(body);
  });
}

/** @returns options for `tls.connect()` and `https.request()` alike */
export function tlsOptionsOf({ hostname, connect, authorities }: Endpoint) {
  const ca = authorities ?? usualAuthorities();
  // RFC 6066, 3: the server name is no address. A certificate for one is then compared with where we connect to.
  const servername = isIP(hostname) === 0 ? hostname : "";
  return { host: connect.host, port: connect.port, servername, ...(ca === null ? {} : { ca }) };
}

/**
 * Node's own authorities and the system's, which kube-apiserver trusts.
 *
 * @returns null where Node is too old to read the system's (20): then it takes its own
 */
function usualAuthorities(): string[] | null {
  // Typed as always there.
  if (!("getCACertificates" in tls)) return null;
  return [...new Set([...tls.getCACertificates("default"), ...tls.getCACertificates("system")])];
}
