// The TLS server in front of the Worker. As at Cloudflare, a client certificate is asked for but never insisted on:
// without one, or with a bad one, the handshake succeeds and `request.cf.tlsClientAuth` says so; refusing is the
// Worker's business.
import { constants } from "node:crypto";
import type { Agent } from "node:http";
import { createSecureServer, Http2ServerRequest } from "node:http2";
import { TLSSocket } from "node:tls";
import { askWorker } from "./ask-worker.ts";
import type { Identity } from "./certificates/issue.ts";
import {
  type ClientRequest,
  type ClientResponse,
  type EdgeAnswer,
  edgeStatus,
  fromInner,
  sendAnswer,
} from "./edge-answer.ts";
import { innerAgent } from "./inner-connection.ts";
import { innerHeaders, innerPath } from "./inner-request.ts";
import { tlsClientAuthOf } from "./tls-client-auth.ts";

export interface Edge {
  /** Begins to pass requests on; until then they are answered with 503. */
  passTo(workerPort: number): void;
  close(): Promise<void>;
}

export interface EdgeOptions {
  readonly port: number;
  readonly server: Identity;
  /** The certificate that clients' certificates must chain to. */
  readonly authorityCertificate: string;
}

/** Starts the server on 127.0.0.1. Rejects with the listener's error, such as EADDRINUSE. */
export async function startEdge({ port, server, authorityCertificate }: EdgeOptions): Promise<Edge> {
  let agent: Agent | null = null;
  const listener = createSecureServer({
    allowHTTP1: true,
    key: server.privateKey,
    cert: server.certificate,
    ca: authorityCertificate,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: "TLSv1.2",
    // A resumed session keeps the certificate's verdict of its first handshake, and renegotiation changes the certificate of a connection:
    // without both, what we say about a connection is what its own handshake showed.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  });
  listener.on("request", (request: ClientRequest, response: ClientResponse) => {
    // A client that goes away is no error of ours; its end comes as "close".
    request.on("error", ignore);
    response.on("error", ignore);
    void answer(request, agent, port, response).then((result) => sendAnswer(request, response, result));
  });

  const connections = new Set<TLSSocket>();
  listener.on("secureConnection", (socket: TLSSocket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(port, "127.0.0.1", resolve);
  });
  return {
    passTo(workerPort) {
      agent = innerAgent(workerPort);
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
  agent: Agent | null,
  port: number,
  response: ClientResponse,
): Promise<EdgeAnswer> {
  const path = innerPath(request.url ?? "");
  if (path === null) return edgeStatus(404, "NotFound", "the edge does not pass this path on");
  if (agent === null) return edgeStatus(503, "ServiceUnavailable", "the Worker is starting");

  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const headers = innerHeaders(request.headers, path, {
    cf: cfOf(request),
    origin: `https://127.0.0.1:${port}`,
    clientAddress: request.socket.remoteAddress ?? "127.0.0.1",
  });
  const contentLength = request.headers["content-length"];
  const hasBody = bodyFollows(request);
  if (hasBody && contentLength !== undefined) headers["Content-Length"] = contentLength;
  else if (hasBody) headers["Transfer-Encoding"] = "chunked";
  const inner = { method: request.method ?? "GET", path, headers, body: hasBody ? request : null };
  const result = await askWorker(agent, inner, gone.signal);
  return fromInner(result);
}

function bodyFollows(request: ClientRequest): boolean {
  if (request instanceof Http2ServerRequest) return !request.stream.endAfterHeaders;
  return request.headers["transfer-encoding"] !== undefined || (request.headers["content-length"] ?? "0") !== "0";
}

/** By connection: a certificate is parsed once, and nothing about it changes afterwards. */
const cfByConnection = new WeakMap<object, Readonly<Record<string, unknown>>>();

function cfOf(request: ClientRequest): Readonly<Record<string, unknown>> {
  const { socket } = request;
  const known = cfByConnection.get(socket);
  if (known !== undefined) return known;
  const tls = socket instanceof TLSSocket ? socket : null;
  const cf = {
    httpProtocol: request instanceof Http2ServerRequest ? "HTTP/2" : `HTTP/${request.httpVersion}`,
    tlsVersion: tls?.getProtocol() ?? "",
    // Empty: or Miniflare would compress the answer, whatever the client accepts.
    clientAcceptEncoding: "",
    tlsClientAuth: tlsClientAuthOf({
      certificate: tls?.getPeerX509Certificate(),
      authorized: tls?.authorized ?? false,
      // Typed as an Error, but Node sets OpenSSL's code.
      authorizationError: tls?.authorizationError ? String(tls.authorizationError) : null,
    }),
  };
  cfByConnection.set(socket, cf);
  return cf;
}
