// Clients of the local edge: Node's own over HTTP/1.1 and HTTP/2, each call on a connection of its own unless it says
// otherwise.
import { readFileSync } from "node:fs";
import { connect, constants } from "node:http2";
import { request } from "node:https";
import { join } from "node:path";
import type { LocalEdge } from "./local-edge.ts";

export interface ClientIdentity {
  readonly cert: string;
  readonly key: string;
}

export interface EdgeCall {
  readonly path?: string;
  readonly method?: string;
  /** Arrays are sent as repeated headers. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: Uint8Array | string;
  /** Sends the body without Content-Length. */
  readonly chunked?: boolean;
  /** Null: none. */
  readonly identity?: ClientIdentity | null;
}

export interface EdgeReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export function authorityOf(edge: LocalEdge): string {
  return readFileSync(join(edge.stateDir, "ca.crt"), "utf8");
}

export function identityOf(edge: LocalEdge, clusterName = "local"): ClientIdentity {
  return {
    cert: readFileSync(join(edge.stateDir, `${clusterName}.crt`), "utf8"),
    key: readFileSync(join(edge.stateDir, `${clusterName}.key`), "utf8"),
  };
}

/** The token of a sample user, by the user's name. */
export function sampleTokenOf(edge: Pick<LocalEdge, "stateDir">, name: string): string {
  return readFileSync(join(edge.stateDir, "tokens", name), "utf8").trim();
}

/** Over HTTP/1.1. Rejects where the connection ends without an answer. */
export function call(edge: LocalEdge, options: EdgeCall = {}): Promise<EdgeReply> {
  const { path = "/authenticate", method = "POST", headers = {}, body = "", chunked = false } = options;
  const identity = options.identity === undefined ? identityOf(edge) : options.identity;
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: "127.0.0.1",
      port: edge.port,
      path,
      method,
      ca: authorityOf(edge),
      ...(identity ?? {}),
      // Else Node would look for the Host header's name in the server's certificate.
      servername: "localhost",
      agent: false,
      headers: {
        ...headers,
        ...(chunked ? { "Transfer-Encoding": "chunked" } : { "Content-Length": Buffer.byteLength(body) }),
      },
    });
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    outgoing.end(body);
  });
}

/** Over HTTP/2. */
export function callHttp2(edge: LocalEdge, options: EdgeCall = {}): Promise<EdgeReply> {
  const { path = "/authenticate", method = "POST", headers = {}, body = "", chunked = false } = options;
  const identity = options.identity === undefined ? identityOf(edge) : options.identity;
  return new Promise<EdgeReply>((resolve, reject) => {
    const session = connect(`https://127.0.0.1:${edge.port}`, { ca: authorityOf(edge), ...(identity ?? {}) });
    session.on("error", reject);
    const fields = {
      [constants.HTTP2_HEADER_METHOD]: method,
      [constants.HTTP2_HEADER_PATH]: path,
      ...headers,
      ...(chunked ? {} : { [constants.HTTP2_HEADER_CONTENT_LENGTH]: String(Buffer.byteLength(body)) }),
    };
    // Node would end a GET by itself.
    const stream = session.request(fields, { endStream: false });
    let reply: EdgeReply = { status: 0, headers: {}, body: "" };
    stream.on("response", (received) => {
      reply = { status: received[":status"] ?? 0, headers: received, body: "" };
    });
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      reply = { ...reply, body: reply.body + chunk };
    });
    const finish = () => {
      session.destroy();
      if (reply.status === 0) reject(new Error("the stream ended without an answer"));
      else resolve(reply);
    };
    stream.on("error", finish);
    stream.on("end", finish);
    stream.end(body);
  });
}

/** The body of a TokenReview. */
export function tokenReview(token: string): string {
  return JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } });
}
