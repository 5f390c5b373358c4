// Speaks to the local edge in bytes: for requests that no HTTP client would send, and for answers to the last byte.
import { connect } from "node:tls";
import { authorityOf, type ClientIdentity } from "./edge-client.ts";
import type { LocalEdge } from "./local-edge.ts";

const maxWaitMs = 15_000;

export interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: readonly string[];
  readonly body?: Uint8Array | string;
}

/** @returns the bytes of an HTTP/1.1 request on a connection of its own */
export function requestBytes({ method = "POST", path = "/authenticate", headers = [], body = "" }: RawRequest): Buffer {
  const head = [
    `${method} ${path} HTTP/1.1`,
    "Host: localhost",
    "Connection: close",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
  ];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1"), Buffer.from(body)]);
}

/**
 * Sends bytes and reads to the end of the connection, however it ends.
 *
 * @param identity null: no certificate
 * @param hangUp whether nothing more is to be expected after the bytes, though they are no whole request
 */
export function callRaw(
  edge: LocalEdge,
  identity: ClientIdentity | null,
  bytes: Uint8Array,
  hangUp = false,
): Promise<Buffer> {
  const socket = connect({ host: "127.0.0.1", port: edge.port, ca: authorityOf(edge), ...(identity ?? {}) });
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    // A connection may be reset after an early answer; what came before counts.
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("close", () => resolve(Buffer.concat(chunks)));
    socket.setTimeout(maxWaitMs, () => {
      reject(new Error(`no end of the connection within ${maxWaitMs} ms`));
      socket.destroy();
    });
    if (hangUp) socket.end(bytes);
    else socket.write(bytes);
  });
}
