// One request to the Worker's port and its whole answer. Answers are small, so they are collected: a Worker that dies
// half way through one becomes a clean failure instead of a truncated answer.
import { type Agent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";

export interface InnerRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Null if there is none. */
  readonly body: Readable | null;
}

export interface InnerAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * Asks the Worker. Nothing of the body is sent any more once the Worker answers; what is left of it stays unread.
 *
 * @param agent that knows the port
 * @param signal aborted when the client has gone
 * @returns null if there is no complete answer
 */
export function askWorker(agent: Agent, inner: InnerRequest, signal: AbortSignal): Promise<InnerAnswer | null> {
  return new Promise((resolve) => {
    const { method, path, headers, body } = inner;
    const outgoing = httpRequest({ agent, host: "127.0.0.1", method, path, headers, signal });
    const finish = (answer: InnerAnswer | null) => {
      body?.unpipe(outgoing);
      // The rest of an unfinished request can't be skipped: that connection is spent.
      if (answer === null || !outgoing.writableFinished) outgoing.destroy();
      resolve(answer);
    };
    // Also after the answer, when the connection of an unfinished request breaks; then it has been resolved already.
    outgoing.on("error", () => finish(null));
    outgoing.on("response", (incoming) => {
      body?.unpipe(outgoing);
      const chunks: Buffer[] = [];
      incoming.on("error", () => finish(null));
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => {
        const status = incoming.statusCode ?? 0;
        finish({ status, headers: incoming.headers, body: Buffer.concat(chunks) });
      });
    });
    if (body === null) {
      outgoing.end();
      return;
    }
    // Else the head would wait for the body's first bytes, and a refusal for what a client may never send.
    outgoing.flushHeaders();
    body.pipe(outgoing);
  });
}
