// Requests from the edge to the Worker: which parts of a client's request go on, over which connection, and the answer.
import { Agent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";

/**
 * The client's headers that go on: data for the Worker, and nothing between reads them. All others stay behind, so that
 * no client smuggles in a header, in any spelling, that means something to Miniflare or Cloudflare (MF-CF-Blob,
 * CF-Connecting-IP and those to come).
 */
const passedHeaders = ["accept", "content-type", "content-encoding", "user-agent"] as const;

/** What browsers and OpenID clients send besides; nothing between the edge and the Worker reads these either. */
const passedBrowserHeaders = ["authorization", "cookie", "sec-fetch-site"] as const;

/** Cloudflare reserves these paths for itself. */
const reservedPath = /^\/cdn-cgi(\/|$)/i;

/**
 * @param requestTarget as it stands in the request line, or HTTP/2's `:path`
 * @returns path and query as the Worker's URL parser will see them, or null for no path and for a reserved one
 */
export function upstreamPath(requestTarget: string): string | null {
  // "//host/path" is a path here. A URL parser would take it for a host, unless there is a host before it.
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

/**
 * @param incoming the client's headers, names in lower case
 * @param address the client's, which Cloudflare tells the Worker in this header
 */
export function browserHeaders(incoming: IncomingHttpHeaders, address: string): Record<string, string> {
  const headers: Record<string, string> = { "CF-Connecting-IP": address };
  for (const name of passedBrowserHeaders) {
    const value = incoming[name];
    if (typeof value === "string") headers[name] = value;
  }
  return headers;
}

type WriteCallback = (error?: Error | null) => void;
type Chunks = Parameters<NonNullable<Socket["_writev"]>>[0];

/**
 * A socket that ignores failed writes, so that only the reading side decides when the connection has ended. The Worker
 * may answer before it has read the whole body (403, 413), and hang up. Then the next write fails while the answer
 * waits to be read. Node would give up both directions at once, and lose the answer.
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
 * Keeps connections to the Worker open, but not for long: workerd ends an idle one after 5 s, and a request that is
 * sent at that moment would be lost.
 *
 * @param port of the Worker, on loopback
 */
export function upstreamAgent(port: number): Agent {
  return new PatientAgent(port, { keepAlive: true, timeout: 2000 });
}

interface UpstreamRequest {
  readonly method: string;
  /** Absolute: the Worker's socket takes requests as a proxy does. */
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

/** A request that is under way. */
interface Exchange {
  /** Null if there is no complete answer. Never rejects. */
  readonly answer: Promise<UpstreamAnswer | null>;
  /** Ends the request, for a client that has gone. */
  abort(): void;
}

/**
 * Sends a request to the Worker. Once the Worker answers, the rest of the body is neither sent nor read. Answers are
 * small, so they are collected: a Worker that dies half way through one causes a clean failure, not a truncated answer.
 *
 * @param agent from `upstreamAgent`
 */
export function askWorker(agent: Agent, { method, url, headers, body }: UpstreamRequest): Exchange {
  const outgoing = httpRequest({ agent, host: "127.0.0.1", method, path: url, headers });
  const answer = new Promise<UpstreamAnswer | null>((resolve) => {
    const finish = (received: UpstreamAnswer | null) => {
      body?.unpipe(outgoing);
      // After an unfinished request the connection is of no further use.
      if (received === null || !outgoing.writableFinished) outgoing.destroy();
      resolve(received);
    };
    // An error can follow the answer, when the connection of an unfinished request breaks. It changes nothing then.
    outgoing.on("error", () => finish(null));
    outgoing.on("response", (incoming) => {
      body?.unpipe(outgoing);
      const { statusCode: status = 0, headers: received } = incoming;
      buffer(incoming).then(
        (whole) => finish({ status, headers: received, body: whole }),
        () => finish(null),
      );
    });
  });
  if (body === null) {
    outgoing.end();
  } else {
    body.pipe(outgoing);
    // A small body is here already, and leaves together with the head. The head does not wait any longer: the Worker
    // refuses some requests by their head alone, and some clients never send the body that they announce.
    setImmediate(() => {
      if (!outgoing.headersSent && !outgoing.destroyed) outgoing.flushHeaders();
    });
  }
  return { answer, abort: () => outgoing.destroy() };
}
