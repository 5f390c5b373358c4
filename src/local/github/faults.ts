// Faults: each way in which GitHub can fail, and which requests meet it. A closed list, so that tests can name each.

/** GitHub answers, but not as usual: fault-responses.ts has a row for each kind, web/faults.ts for the web host. */
export type ResponseFault =
  /** As for a token that GitHub does not know: it says so of good ones, too, for moments. */
  | { readonly kind: "bad_credentials" }
  | { readonly kind: "suspended" }
  /** Status 403 with one of the sentences of sentences.ts. */
  | { readonly kind: "forbidden"; readonly message: string }
  /** Status 451. */
  | { readonly kind: "legally_blocked" }
  /** Says "by personal access token" to a fine-grained token and "by integration" to all others, as GitHub does. */
  | { readonly kind: "resource_not_accessible" }
  /** To a token that GitHub knows. "full": its owner's bucket, used up; "retry_after": that header and no bucket. */
  | { readonly kind: "primary_limit"; readonly status: 403 | 429; readonly headers: LimitHeaders }
  /** "full": the bucket as it is, so far from used up; "retry_after": that header besides. */
  | { readonly kind: "secondary_limit"; readonly status: 403 | 429; readonly headers: LimitHeaders }
  /** The bucket of the caller's address, used up: by neighbours, if not by the caller. Another server tells so. */
  | { readonly kind: "anonymous_limit"; readonly status: 403 | 429 }
  | { readonly kind: "ip_allow_list" }
  | { readonly kind: "lockout" }
  /** How GraphQL tells most errors: status 200, with errors in place of data. */
  | { readonly kind: "graphql_error"; readonly type: GraphqlErrorType }
  /** GitHub has retired the API version that the request asks for. */
  | { readonly kind: "gone" }
  | {
      readonly kind: "server_error";
      readonly status: 500 | 502 | 503 | 504;
      readonly body: "unicorn_html" | "json" | "html_labelled_json";
      /** How long GitHub tries before it gives up. */
      readonly delayMs?: number;
    }
  | { readonly kind: "redirect"; readonly status: 301 | 302 | 307 | 308; readonly location: string }
  /** Any body under the usual headers; `headers` are added to them or replace them. */
  | {
      readonly kind: "body";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string;
    };

/** The usual response, delivered badly or not at all: see delivery.ts. */
export type DeliveryFault =
  /** Half of the announced body, then the connection ends. */
  | { readonly kind: "truncated" }
  /** Filled up with blanks to this size, so right in all but its size; `declared: false` announces no length. */
  | { readonly kind: "oversized"; readonly bytes: number; readonly declared?: boolean }
  | { readonly kind: "slow_head"; readonly delayMs: number }
  /** Head and half of the body at once, the other half later. */
  | { readonly kind: "slow_body"; readonly delayMs: number }
  | { readonly kind: "hang" }
  /** Head and half of the body, and never the rest. */
  | { readonly kind: "hang_body" }
  | { readonly kind: "reset" };

export type Fault = ResponseFault | DeliveryFault;

export type GraphqlErrorType = "RATE_LIMITED" | "FORBIDDEN" | "INSUFFICIENT_SCOPES" | "NOT_FOUND";

export type LimitHeaders = "full" | "none" | "retry_after";

export interface FaultOptions {
  /** Only these requests: it is matched with the path, and with the path and its query. */
  readonly path?: RegExp;
  /** Only requests for a page of more items than this. */
  readonly itemsAbove?: number;
  /** Only this number of requests, from now on. */
  readonly times?: number;
}

interface FaultSetting extends FaultOptions {
  readonly target: string;
  readonly fault: Fault;
  timesLeft: number;
}

export class Faults {
  #settings: readonly FaultSetting[] = [];

  /** @param fault null takes back what was set for this target: for this path, or for all paths without one */
  set(target: string, fault: Fault | null, options: FaultOptions = {}): void {
    const { path, times = Number.POSITIVE_INFINITY } = options;
    const takesAllBack = fault === null && path === undefined;
    this.#settings = this.#settings.filter(
      (setting) => setting.target !== target || !(takesAllBack || String(setting.path) === String(path)),
    );
    if (fault === null) return;
    this.#settings = [...this.#settings, { ...options, target, fault, timesLeft: times }];
  }

  /**
   * A fault of the token wins over one for everyone, and one for a path over one for all paths.
   *
   * @param addresses the request's path, and its path with the query
   */
  for(token: string | null, addresses: readonly string[]): Fault | null {
    for (const target of token === null ? ["everyone"] : [token, "everyone"]) {
      const settings = this.#settings.filter(
        ({ timesLeft, itemsAbove = -1, ...setting }) =>
          setting.target === target && timesLeft > 0 && itemsAskedFor(addresses) > itemsAbove,
      );
      const found =
        settings.find(({ path }) => addresses.some((address) => path?.test(address))) ??
        settings.find(({ path }) => path === undefined);
      if (found === undefined) continue;
      found.timesLeft -= 1;
      return found.fault;
    }
    return null;
  }
}

function itemsAskedFor(addresses: readonly string[]): number {
  return Number(addresses.map((address) => /[?&]per_page=(\d+)/.exec(address)?.[1]).find(Boolean) ?? 0);
}
