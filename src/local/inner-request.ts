// What of a client's request goes on to the Worker: method, path, body and a few harmless headers. The list says what
// may pass, so that no header that means something to Miniflare or Cloudflare (MF-CF-Blob, MF-Route-Override,
// CF-Connecting-IP and whatever comes next), in any spelling, can be smuggled through.

/** For the Worker they are data, and nothing between reads them. */
const passedHeaders = ["accept", "content-type", "content-encoding", "user-agent"] as const;

/** Cloudflare keeps these paths for itself; behind them Miniflare has its own controls. */
const reservedPath = /^\/cdn-cgi(\/|$)/i;

type IncomingHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * @param requestTarget as it stands in the request line, or HTTP/2's `:path`
 * @returns path and query as the Worker's URL parser will see them, or null if they are no path or one of Cloudflare's own
 */
export function innerPath(requestTarget: string): string | null {
  // "//host/path" is a path here, though a URL parser would take it for a host: so the host is put before it.
  const absolute = requestTarget.startsWith("/") ? `https://edge${requestTarget}` : requestTarget;
  if (!/^https?:\/\//i.test(absolute) || !URL.canParse(absolute)) return null;
  const { pathname, search } = new URL(absolute);
  return reservedPath.test(pathname) ? null : pathname + search;
}

export interface EdgeFacts {
  /** What the Worker finds in `request.cf`. */
  readonly cf: Readonly<Record<string, unknown>>;
  /** What the Worker finds as its origin in `request.url`. */
  readonly origin: string;
  readonly clientAddress: string;
}

/**
 * @param incoming the client's headers, names in lower case
 * @param path from `innerPath`
 * @param facts what the edge says about the connection
 */
export function innerHeaders(incoming: IncomingHeaders, path: string, facts: EdgeFacts): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of passedHeaders) {
    const value = incoming[name];
    if (typeof value === "string") headers[name] = value;
  }
  headers["CF-Connecting-IP"] = facts.clientAddress;
  headers["MF-Original-URL"] = facts.origin + path;
  headers["MF-CF-Blob"] = asciiJson(facts.cf);
  // Else an exception that nobody caught becomes a page with its stack.
  headers["MF-Disable-Pretty-Error"] = "true";
  return headers;
}

/** A certificate's names hold any characters, a header's value only ASCII. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
