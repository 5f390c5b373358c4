// How an answer gets to the client, also when the client is still sending its body: hanging up on unread data would
// reset the connection, and with it the answer, which costs kube-apiserver five calls.
import { once } from "node:events";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { type Http2ServerRequest, Http2ServerResponse, constants as http2 } from "node:http2";
import type { InnerAnswer } from "./ask-worker.ts";

export type ClientRequest = IncomingMessage | Http2ServerRequest;
export type ClientResponse = ServerResponse | Http2ServerResponse;

export interface EdgeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** How much of a refused body is read on: enough for anything that a client sends before it sees the answer. */
const maxDrainedBytes = 16 * 1024 * 1024;
const maxDrainMs = 5000;

/** RFC 9110, 7.6.1: they speak about one connection only, and HTTP/2 forbids them. */
const connectionHeaders = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection"]);

/** An answer of the edge itself, in the form that Kubernetes uses for refusals. */
export function edgeStatus(code: number, reason: string, message: string): EdgeAnswer {
  const status = { kind: "Status", apiVersion: "v1", status: "Failure", message, reason, code };
  const body = Buffer.from(`${JSON.stringify(status)}\n`);
  return { status: code, headers: { "content-type": "application/json", "content-length": `${body.length}` }, body };
}

/**
 * @param answer null if the Worker gave none. The Worker itself never answers 500: that is the runtime's own page for an exception, and it
 * would be asked four times more.
 */
export function fromInner(answer: InnerAnswer | null): EdgeAnswer {
  if (answer === null) return edgeStatus(503, "ServiceUnavailable", "the Worker gave no answer");
  if (answer.status === 500) return edgeStatus(503, "ServiceUnavailable", "the Worker failed: its log says why");
  const headers = Object.entries(answer.headers).filter(([name]) => !connectionHeaders.has(name));
  return { ...answer, headers: Object.fromEntries(headers) };
}

/** Sends the answer at once, and ends the exchange when the client has sent its body or too much of it. Never rejects. */
export async function sendAnswer(
  request: ClientRequest,
  response: ClientResponse,
  { status, headers, body }: EdgeAnswer,
): Promise<void> {
  // The client has gone. (The request counts as destroyed once it is read to its end.)
  if (response.destroyed) return;
  if (response instanceof Http2ServerResponse) {
    response.writeHead(status, headers);
    response.end(body);
    if (isReadToTheEnd(request)) return;
    await drain(request);
    // RFC 9113, 8.1: after a whole answer, a reset without error asks the client to stop sending.
    response.stream.close(http2.NGHTTP2_NO_ERROR);
    return;
  }
  response.writeHead(status, headers);
  if (isReadToTheEnd(request)) {
    response.end(body);
    return;
  }
  // Content-Length tells the client that the answer is whole; ending it here could close the connection.
  response.write(body);
  const drained = await drain(request);
  response.end(() => drained || request.destroy());
}

function isReadToTheEnd(request: ClientRequest): boolean {
  return request.complete && request.readableLength === 0;
}

/** @returns whether the client sent its body to the end within the limits */
async function drain(request: ClientRequest): Promise<boolean> {
  if (request.destroyed) return false;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), maxDrainMs);
  let drainedBytes = 0;
  request.on("data", (chunk: Buffer) => {
    drainedBytes += chunk.length;
    if (drainedBytes > maxDrainedBytes) limit.abort();
  });
  request.resume();
  try {
    await Promise.race([
      once(request, "end", { signal: limit.signal }),
      once(request, "close", { signal: limit.signal }),
    ]);
    return request.complete;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    limit.abort();
  }
}
