// Calls of a review's trace, made fit for a terminal: without the token, and without what could control a terminal.
import type { ApiAddress } from "../../../worker/github/api-address.ts";
import type { TracedCall } from "../../../worker/github/trace.ts";

/** One call to GitHub. Nothing in here holds a token. */
export interface ShownCall {
  readonly method: string;
  /** With its query, without the API's own address. */
  readonly path: string;
  /** Null where no response came. */
  readonly status: number | null;
  /** The outcome by the Worker's table of endpoints. */
  readonly outcome: string;
  /** The reason for it, where there is one. */
  readonly reason: string | null;
  readonly durationMs: number;
  /** What GitHub said of the token, its owner's quota and its own request. */
  readonly headers: Readonly<Record<string, string>>;
  /** What GitHub says is wrong, in its own words. */
  readonly message: string | null;
}

const shownHeaders = [
  "x-oauth-scopes",
  "x-accepted-oauth-scopes",
  "x-accepted-github-permissions",
  "x-oauth-client-id",
  "github-authentication-token-expiration",
  "x-github-sso",
  "x-ratelimit-limit",
  "x-ratelimit-remaining",
  "retry-after",
  "x-github-request-id",
];

/** @param token never shown, whatever GitHub sends back */
export function showCall(call: TracedCall, { restUrl, graphqlUrl }: ApiAddress, token: string): ShownCall {
  const { method, url, status, outcome, durationMs, message } = call;
  const shown = (text: string, maxLength: number) =>
    text
      .replaceAll(token, "[the token]")
      .replace(/[^\x20-\x7e]/g, "?")
      .slice(0, maxLength);
  const path = url === graphqlUrl ? new URL(url).pathname : url.slice(restUrl.length);
  const headers = shownHeaders.flatMap((name) => {
    const value = call.headers?.get(name) ?? null;
    return value === null ? [] : [[name, shown(value, 500)] as const];
  });
  const hasMessage = message !== "" && status !== null && status >= 400;
  return {
    method,
    path: shown(path, 500),
    status,
    outcome: outcome.kind,
    reason: outcome.reason ?? null,
    durationMs,
    headers: Object.fromEntries(headers),
    message: hasMessage ? shown(message, 300) : null,
  };
}
