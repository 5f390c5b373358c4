// One HTTPS request on a connection of its own, and its whole response.
import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:https";
import { isIP, type Socket } from "node:net";
import tls from "node:tls";
import type { CredentialData } from "./kubeconfig.ts";
import { openTunnel, shownProxy } from "./proxy.ts";

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
  /** Null: there is none on the way. */
  readonly proxy: URL | null;
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
  /** For the Authorization header, and for a server that is trusted alone. */
  readonly bearerToken?: string;
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
export async function sendRequest(endpoint: Endpoint, toSend: HttpsRequest): Promise<HttpsResponse> {
  const { method, path, body, credential, bearerToken, trustsAnyServer } = toSend;
  const startedAt = performance.now();
  const signal = AbortSignal.timeout(endpoint.timeoutMs);
  const proxy = endpoint.proxy === null ? "" : shownProxy(endpoint.proxy);
  const failure = (error: unknown) => {
    const why = signal.aborted ? `no answer within ${endpoint.timeoutMs / 1000} s` : failureText(error);
    return {
      kind: "failed" as const,
      // What the proxy itself answered names it already.
      why: endpoint.proxy === null || why.includes(proxy) ? why : `${why}, through ${proxy}`,
    };
  };
  let tunnel: Socket | null = null;
  try {
    if (endpoint.proxy !== null) tunnel = await openTunnel(endpoint.proxy, endpoint.connect, signal);
  } catch (error) {
    return failure(error);
  }
  return new Promise((resolve) => {
    const failed = (error: unknown) => resolve(failure(error));
    const outgoing = request({
      ...tlsOptionsOf(endpoint),
      ...(tunnel === null ? {} : { socket: tunnel }),
      ...(credential === null ? {} : { cert: credential.certificate, key: credential.key }),
      rejectUnauthorized: trustsAnyServer !== true,
      agent: false,
      signal,
      method,
      path,
      headers: {
        Host: endpoint.hostname,
        // As kube-apiserver sends them: the edge goes by both, in what it refuses and in the form of its own errors.
        Accept: "application/json, */*",
        "User-Agent": "Go-http-client/2.0",
        ...(bearerToken === undefined ? {} : { Authorization: `Bearer ${bearerToken}` }),
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

/** Node gives a code; people search for the code, so it stays beside these. */
const words: ReadonlyMap<string, string> = new Map([
  ["ENOTFOUND", "there is no such name"],
  ["EAI_AGAIN", "the resolver does not answer"],
  ["ECONNREFUSED", "nothing listens there"],
  ["ECONNRESET", "the other side hung up"],
  ["EPIPE", "the other side hung up"],
  ["EHOSTUNREACH", "there is no way to that host"],
  ["ENETUNREACH", "there is no way to that network"],
  ["ETIMEDOUT", "no answer"],
  ["CERT_HAS_EXPIRED", "the server's certificate has expired"],
  ["CERT_NOT_YET_VALID", "the server's certificate is not valid yet"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "the server's certificate is for other names"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "the server's certificate is self-signed"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "no trusted authority signed the server's certificate"],
  ["UNABLE_TO_GET_ISSUER_CERT", "no trusted authority signed the server's certificate"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "no trusted authority signed the server's certificate"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "no trusted authority signed the server's certificate"],
]);

/** @param error as Node's network throws it */
export function failureText(error: unknown): string {
  const code = codeOf(error);
  const text = words.get(code);
  if (text !== undefined) return `${text} (${code})`;
  if (code !== "") return code;
  return error instanceof Error ? error.message : String(error);
}

/** @returns the code, also of the first failure among several addresses, or "" */
export function codeOf(error: unknown): string {
  if (typeof error === "string") return error;
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Whether the server's certificate failed by its time alone: then this machine's clock may be to blame. */
export function isAboutTime(code: string): boolean {
  return code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID";
}
