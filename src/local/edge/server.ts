// TLS server in front of the Worker, for one of its two hostnames. Like Cloudflare, it asks for a client certificate on
// the clusters' hostname but does not insist on one: without one, or with a bad one, the handshake succeeds and
// `request.cf.tlsClientAuth` says so. The Worker refuses.
import { constants } from "node:crypto";
import { once } from "node:events";
import type { Agent, IncomingMessage, ServerResponse } from "node:http";
import { createSecureServer, Http2ServerRequest, Http2ServerResponse, constants as http2 } from "node:http2";
import type { TLSSocket } from "node:tls";
import { fingerprintOf } from "../../node/certificates.ts";
import type { Identity } from "../certificates.ts";
import {
  askWorker,
  browserHeaders,
  type UpstreamAnswer,
  upstreamAgent,
  upstreamHeaders,
  upstreamPath,
} from "./upstream.ts";

export interface Edge {
  /** Begins to pass requests on to the Worker's socket. Until then the edge answers them with 503. */
  passTo(workerPort: number): void;
  close(): Promise<void>;
}

export interface EdgeOptions {
  readonly port: number;
  readonly server: Identity;
  /** The certificate that clients' certificates must chain to; null on the sign-in hostname, where browsers come. */
  readonly authorityCertificate: string | null;
  /** As the Worker is to see it; left out: this machine, with the port. */
  readonly host?: string;
  /** How long a request may take; left out: 30 s. */
  readonly maxWaitMs?: number;
}

type ClientRequest = IncomingMessage | Http2ServerRequest;
type ClientResponse = ServerResponse | Http2ServerResponse;

/**
 * Each request under way has a connection to the Worker, which costs it and this process memory. Without an end to
 * their number, one client could take all of it, on one connection of HTTP/2.
 */
const maxUnderWay = 1000;
/** RFC 9113, 6.5.2: on one connection. Clients wait where there are more. */
const maxConcurrentStreams = 100;
/** kube-apiserver waits no longer, and a client that never sends the rest of its body must not keep its place. */
const defaultMaxWaitMs = 30_000;

/** Limit for what is read of a refused body: enough for all that a client sends before it sees the answer. */
const maxDrainedBytes = 16 * 1024 * 1024;
const maxDrainMs = 5000;

/** RFC 9110, 7.6.1: these headers are about one connection only, and HTTP/2 forbids them. */
const connectionHeaders = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection"]);

/** Starts the server on 127.0.0.1. @throws the listener's error, such as EADDRINUSE */
export async function startEdge({ port, server, authorityCertificate, ...options }: EdgeOptions): Promise<Edge> {
  const isForBrowsers = authorityCertificate === null;
  // The two hostnames, as the Worker sees them.
  const { host = `${isForBrowsers ? "localhost" : "127.0.0.1"}:${port}`, maxWaitMs = defaultMaxWaitMs } = options;
  let agent: Agent | null = null;
  let underWay = 0;
  const listener = createSecureServer({
    allowHTTP1: true,
    settings: { maxConcurrentStreams },
    key: server.privateKey,
    cert: server.certificate,
    ...(authorityCertificate === null ? {} : { ca: authorityCertificate, requestCert: true }),
    rejectUnauthorized: false,
    minVersion: "TLSv1.2",
    // A resumed session keeps what its first handshake found about the certificate, and renegotiation changes the
    // certificate of a connection. Without both, what the edge says about a connection comes from its own handshake.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  });
  listener.on("request", (request: ClientRequest, response: ClientResponse) => {
    // A client that goes away is no error of the edge. The event "close" tells of it.
    request.on("error", ignore);
    response.on("error", ignore);
    if (underWay >= maxUnderWay) {
      void sendAnswer(request, response, edgeStatus(503, "ServiceUnavailable", "too many requests at once"));
      return;
    }
    underWay += 1;
    void answer(request, response, agent, { host, isForBrowsers, maxWaitMs }).then((result) => {
      underWay -= 1;
      return sendAnswer(request, response, result);
    });
  });

  const connections = new Set<TLSSocket>();
  listener.on("secureConnection", (socket: TLSSocket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  await once(listener.listen(port, "127.0.0.1"), "listening");
  return {
    passTo(workerPort) {
      agent = upstreamAgent(workerPort);
    },
    async close() {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      for (const connection of connections) connection.destroy();
      agent?.destroy();
      await closed;
    },
  };
}

function ignore(): void {}

async function answer(
  request: ClientRequest,
  response: ClientResponse,
  agent: Agent | null,
  {
    host,
    isForBrowsers,
    maxWaitMs,
  }: { readonly host: string; readonly isForBrowsers: boolean; readonly maxWaitMs: number },
): Promise<UpstreamAnswer> {
  const path = upstreamPath(request.url ?? "");
  if (path === null) return edgeStatus(404, "NotFound", "the edge does not pass this path on");
  if (agent === null) return edgeStatus(503, "ServiceUnavailable", "the Worker is starting");
  const { method = "GET" } = request;
  // Node writes methods in capitals, and this one never comes to an answer.
  if (method.toUpperCase() === "CONNECT") return edgeStatus(405, "MethodNotAllowed", "the edge opens no tunnel");

  const headers = upstreamHeaders(request.headers, host, cfOf(request));
  if (isForBrowsers) Object.assign(headers, browserHeaders(request.headers, request.socket.remoteAddress ?? ""));
  const contentLength = request.headers["content-length"];
  const hasBody = bodyFollows(request);
  if (hasBody && contentLength !== undefined) headers["Content-Length"] = contentLength;
  else if (hasBody) headers["Transfer-Encoding"] = "chunked";
  const exchange = askWorker(agent, {
    method,
    url: `https://${host}${path}`,
    headers,
    body: hasBody ? request : null,
  });
  // "close" before the answer: the client has gone.
  response.once("close", exchange.abort);
  const timer = setTimeout(exchange.abort, maxWaitMs);
  const received = await exchange.answer;
  clearTimeout(timer);
  response.off("close", exchange.abort);
  if (received === null) return edgeStatus(503, "ServiceUnavailable", "the Worker gave no answer");
  // The Worker itself never answers 500. The runtime does, after an exception, and to 500 kube-apiserver would ask four
  // times more.
  if (received.status === 500) return edgeStatus(503, "ServiceUnavailable", "the Worker failed: its log says why");
  return received;
}

function bodyFollows(request: ClientRequest): boolean {
  if (request instanceof Http2ServerRequest) return !request.stream.endAfterHeaders;
  return request.headers["transfer-encoding"] !== undefined || (request.headers["content-length"] ?? "0") !== "0";
}

/** An answer of the edge itself, in the form that Kubernetes uses for refusals. */
function edgeStatus(code: number, reason: string, message: string): UpstreamAnswer {
  const status = { kind: "Status", apiVersion: "v1", status: "Failure", message, reason, code };
  const body = Buffer.from(`${JSON.stringify(status)}\n`);
  return { status: code, headers: { "content-type": "application/json", "content-length": `${body.length}` }, body };
}

/**
 * `request.cf` as JSON, by HTTP/2 session or HTTP/1.1 socket: a certificate is parsed once, and then stays the same.
 * (Over HTTP/2, `request.socket` is another object for each request.)
 */
const cfByConnection = new WeakMap<object, string>();

function cfOf(request: ClientRequest): string {
  const session = request instanceof Http2ServerRequest ? request.stream.session : undefined;
  const connection = session ?? request.socket;
  const known = cfByConnection.get(connection);
  if (known !== undefined) return known;
  // The server listens with TLS alone.
  const cf = JSON.stringify({ tlsClientAuth: tlsClientAuthOf(request.socket as TLSSocket) });
  cfByConnection.set(connection, cf);
  return cf;
}

/**
 * Sends the answer at once, and ends the exchange when the client has sent its whole body or too much of it. Hanging up
 * on a client that is still sending would reset the connection and lose the answer, and kube-apiserver would ask five
 * times. Never rejects.
 */
async function sendAnswer(request: ClientRequest, response: ClientResponse, answer: UpstreamAnswer): Promise<void> {
  // The client has gone. (The request counts as destroyed once it is read to its end.)
  if (response.destroyed) return;
  const isReadToTheEnd = request.complete && request.readableLength === 0;
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined && !connectionHeaders.has(name)) response.setHeader(name, value);
  }
  response.statusCode = answer.status;
  if (response instanceof Http2ServerResponse) {
    response.end(answer.body);
    // Also a request without a body is read here to its end. A reset would overtake the answer, and Go drops it then.
    if (isReadToTheEnd || (await drain(request))) return;
    // RFC 9113, 8.1: a reset without error, after a whole answer, asks the client to stop sending.
    response.stream.close(http2.NGHTTP2_NO_ERROR);
  } else if (isReadToTheEnd) {
    response.end(answer.body);
  } else {
    // Content-Length tells the client that the answer is whole. Ending it here could close the connection.
    response.write(answer.body);
    const drained = await drain(request);
    response.end(() => drained || request.destroy());
  }
}

/** @returns whether the client sent its body to the end within the limits */
function drain(request: ClientRequest): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (isComplete: boolean) => {
      clearTimeout(timer);
      resolve(isComplete);
    };
    const timer = setTimeout(() => finish(false), maxDrainMs);
    let drainedBytes = 0;
    request.on("data", (chunk: Buffer) => {
      drainedBytes += chunk.length;
      if (drainedBytes > maxDrainedBytes) finish(false);
    });
    request.once("end", () => finish(true));
    request.once("close", () => finish(request.complete));
    request.resume();
    if (request.destroyed) finish(false);
  });
}

export type TlsClientAuth = ReturnType<typeof tlsClientAuthOf>;

/** The part of a TLS connection that says who its client is. */
export type Peer = Pick<TLSSocket, "getPeerX509Certificate" | "authorized" | "authorizationError">;

/** OpenSSL's codes in the words that Cloudflare uses. For all others it says FAILED and no more. */
const failures: ReadonlyMap<string, string> = new Map([
  ["CERT_HAS_EXPIRED", "certificate has expired"],
  ["CERT_NOT_YET_VALID", "certificate is not yet valid"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "self signed certificate"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "unable to get local issuer certificate"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify the first certificate"],
]);

/**
 * Makes `request.cf.tlsClientAuth`. Cloudflare sends 21 fields; here are the five that the Worker reads, in the same
 * formats and with the same placeholders where the client presented no certificate. No certificate counts as revoked:
 * the edge has no list of those.
 *
 * @param peer after its handshake
 */
export function tlsClientAuthOf(peer: Peer) {
  const certificate = peer.getPeerX509Certificate();
  return {
    certPresented: certificate === undefined ? "0" : "1",
    // Without a certificate Node reports an error as well. Cloudflare reports none.
    certVerified: certificate === undefined ? "NONE" : verified(peer),
    certRevoked: "0",
    certFingerprintSHA256: certificate === undefined ? "" : fingerprintOf(certificate),
    certNotAfter: certificate?.validTo ?? "",
  };
}

function verified({ authorized, authorizationError }: Peer): string {
  if (authorized) return "SUCCESS";
  // Typed as an Error, but Node sets OpenSSL's code.
  const failure = failures.get(String(authorizationError));
  return failure === undefined ? "FAILED" : `FAILED:${failure}`;
}
