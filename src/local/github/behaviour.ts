// What GitHub can do instead of answering as usual: a closed list, so that every way in which it can fail has a name that tests use.

/** Another answer than the usual one. */
export type OtherAnswer =
  | { readonly kind: "suspended" }
  /** Says "by personal access token" to a fine-grained token and "by integration" to all others, as GitHub does. */
  | { readonly kind: "resource_not_accessible" }
  /** For a token that is known. "full": its owner's bucket, used up; "retry_after": that header and no bucket; "none": neither. */
  | { readonly kind: "primary_limit"; readonly status: 403 | 429; readonly headers: LimitHeaders }
  /** "full": the bucket as it is, so far from used up; "retry_after": that header besides; "none": neither. */
  | { readonly kind: "secondary_limit"; readonly status: 403 | 429; readonly headers: LimitHeaders }
  /** The bucket of the caller's address, used up: by neighbours, if not by the caller. */
  | { readonly kind: "anonymous_limit"; readonly status: 403 | 429 }
  | { readonly kind: "ip_allow_list" }
  | { readonly kind: "lockout" }
  /** What GraphQL says of most troubles: 200, with errors in place of data. */
  | { readonly kind: "graphql_error"; readonly type: GraphqlErrorType }
  /** The API version that was asked for is retired. */
  | { readonly kind: "gone" }
  | {
      readonly kind: "server_error";
      readonly status: 500 | 502 | 503 | 504;
      readonly body: "unicorn_html" | "json" | "html_labelled_json";
    }
  | { readonly kind: "redirect"; readonly status: 301 | 302 | 307 | 308; readonly location: string }
  /** Any body under the usual headers; `headers` are added to them or replace them. */
  | {
      readonly kind: "body";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string;
    };

/** The usual answer, brought over badly or not at all. */
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

export type GraphqlErrorType = "RATE_LIMITED" | "FORBIDDEN" | "INSUFFICIENT_SCOPES" | "NOT_FOUND";

export type LimitHeaders = "full" | "none" | "retry_after";

export type Behaviour = OtherAnswer | DeliveryFault;
