// The way from the edge to the Worker: what of a request goes on, over which connection, and how the answer comes back.
import { Agent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { Socket } from "node:net";
import type { Readable } from "node:stream";

/**
 * What may go on to the Worker. For the Worker these headers are data, and nothing between reads them. A list of what
 * may pass, so that a client cannot smuggle in a header that means something to Miniflare or Cloudflare (MF-CF-Blob,
 * CF-Connecting-IP and those to come), in any spelling.
 */
const passedHeaders = ["accept", "content-type", "content-encoding", "user-agent"] as const;

/** Cloudflare keeps these paths for itself. */
const reservedPath = /^\/cdn-cgi(\/|$)/i;

/**
 * @param requestTarget as it stands in the request line, or HTTP/2's `:path`
 * @returns path and query as the Worker's URL parser will see them, or null if they are no path or one of Cloudflare's
 */
export function upstreamPath(requestTarget: string): string | null {
  // "//host/path" is a path here, but a URL parser would take it for a host. So the host is put before it.
  const absolute = requestTarget.startsWith("/") ? `https://edge${requestTarget}` : requestTarget;
  if (!/^https?:\/\//i.test(absolute) || !URL.canParse(absolute)) return null;
  const { pathname, search } = new URL(absolute);
  return reservedPath.test(pathname) ? null : pathname + search;
}

/**
 * @param incoming the client's headers, names in lower case
 * @param host of the address that the Worker finds in `request.url`
 * @param cf `request.cf` for the Worker, as JSON in ASCII
 */
export function upstreamHeaders(incoming: IncomingHttpHeaders, host: string, cf: string): Record<string, string> {
  const headers: Record<string, string> = { Host: host, "MF-CF-Blob": cf };
  for (const name of passedHeaders) {
    const value = incoming[name];
    if (typeof value === "string") headers[name] = value;
  }
  return headers;
}

type WriteCallback = (error?: Error | null) => void;
type Chunks = Parameters<NonNullable<Socket["_writev"]>>[0];

/**
 * A socket on which failed writes go unnoticed, so that only the reading side decides when the connection has ended.
 * The Worker may answer before it has read the whole body (413, 403) and hang up. Then our next write fails while the
 * answer waits to be read. Node would give up both directions at once and lose the answer.
 */
class PatientSocket extends Socket {
  override _write(chunk: unknown, encoding: BufferEncoding, callback: WriteCallback): void {
    super._write(chunk, encoding, () => callback());
  }

  override _writev(chunks: Chunks, callback: WriteCallback): void {
    super._writev?.(chunks, () => callback());
  }
}

class PatientAgent extends Agent {
  readonly #port: number;

  constructor(port: number, options: ConstructorParameters<typeof Agent>[0]) {
    super(options);
    this.#port = port;
  }

  override createConnection(): Socket {
    return new PatientSocket().setNoDelay().connect(this.#port, "127.0.0.1");
  }
}

/**
 * Keeps connections to the Worker, but not for long: workerd ends an idle one after 5 s, and a request that is sent at
 * that very moment would be lost.
 *
 * @param port of the Worker, on loopback
 */
export function upstreamAgent(port: number): Agent {
  return new PatientAgent(port, { keepAlive: true, timeout: 2000 });
}

export interface UpstreamRequest {
  readonly method: string;
  /** An absolute address: the Worker's socket takes requests as a proxy does. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Null if there is none. */
  readonly body: Readable | null;
}

export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** One request that is under way. */
export interface Exchange {
  /** Null if the Worker gave no complete answer. */
  readonly answer: Promise<UpstreamAnswer | null>;
  /** Ends it, for a client that has gone. */
  abort(): void;
}

/**
 * Asks the Worker. Once the Worker answers, nothing of the body is sent any more, and what is left of it stays unread.
 * Answers are small, so they are collected: a Worker that dies half way through one becomes a clean failure instead of a
 * truncated answer.
 *
 * @param agent that knows the port
 */
export function askWorker(agent: Agent, { method, url, headers, body }: UpstreamRequest): Exchange {
  const outgoing = httpRequest({ agent, host: "127.0.0.1", method, path: url, headers });
  const answer = new Promise<UpstreamAnswer | null>((resolve) => {
    const finish = (received: UpstreamAnswer | null) => {
      body?.unpipe(outgoing);
      // The rest of an unfinished request can't be skipped: that connection is spent.
      if (received === null || !outgoing.writableFinished) outgoing.destroy();
      resolve(received);
    };
    // It comes also after the answer, when the connection of an unfinished request breaks. By then it is resolved.
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
  });
  if (body === null) {
    outgoing.end();
  } else {
    body.pipe(outgoing);
    // A small body is here already and leaves together with the head. The head does not wait longer than that: the
    // Worker refuses some requests by their head alone, and a client may never send the body that it announces.
    setImmediate(() => {
      if (!outgoing.headersSent && !outgoing.destroyed) outgoing.flushHeaders();
    });
  }
  return { answer, abort: () => outgoing.destroy() };
}
