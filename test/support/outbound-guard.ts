// The only way out for a Worker under test. wrangler's harness hands every fetch of the Worker to this process's global
// fetch: here it reaches the addresses that are allowed and nothing else.

export interface OutboundGuard {
  /** Every address that was asked for without being allowed; may be cleared with `length = 0`. */
  readonly refused: string[];
  /** Puts the real fetch back. */
  remove(): void;
}

/** @param allowedOrigins such as `http://127.0.0.1:PORT` */
export function guardOutbound(...allowedOrigins: readonly string[]): OutboundGuard {
  const realFetch = globalThis.fetch;
  const refused: string[] = [];
  globalThis.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (!allowedOrigins.includes(url.origin)) {
      refused.push(url.origin + url.pathname);
      throw new TypeError(`a test must not reach ${url.origin}`);
    }
    // Whether a redirect is followed is the Worker's business: it decides inside of workerd, and would ask here again.
    return realFetch(input, { ...pick(init), redirect: "manual" });
  };
  return {
    refused,
    remove() {
      globalThis.fetch = realFetch;
    },
  };
}

/** The harness passes a whole Request as init, whose properties are getters: spreading it would lose them. */
function pick(init: RequestInit | undefined): RequestInit {
  if (init === undefined) return {};
  const { method, headers, signal, body } = init;
  return {
    ...(method === undefined ? {} : { method }),
    // Half duplex is the only one that fetch knows, and it has to be named.
    ...(body === undefined || body === null ? {} : { body, duplex: "half" }),
    ...(headers === undefined ? {} : { headers: new Headers(headers) }),
    ...(signal === undefined ? {} : { signal }),
  };
}
