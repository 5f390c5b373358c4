// The errors of the sign-in hostname's endpoints for programs, one table: code, status and the standard it is from.
// Every answer of these endpoints is for one request alone, so none may be kept.
import type { Refusal } from "./refusal.ts";

const statuses = {
  // RFC 6749, 5.2
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  // RFC 6749, 4.1.2.1; a client that gets 503 tries again.
  temporarily_unavailable: 503,
  // RFC 8628, 3.5
  authorization_pending: 400,
  slow_down: 400,
  access_denied: 400,
  expired_token: 400,
  // RFC 8693, 2.2.2
  invalid_target: 400,
  // RFC 7009, 2.2.1
  unsupported_token_type: 400,
  // RFC 6750, 3.1
  invalid_token: 401,
} as const;

export type OAuthErrorCode = keyof typeof statuses;

/** What an endpoint has come to: an answer to give, or the next step's value. */
export type Step<Value> =
  | { readonly kind: "ok"; readonly value: Value }
  | { readonly kind: "answer"; readonly answer: Response };

/** RFC 6749, 5.1: `Pragma` is for caches of HTTP 1.0. */
const noStore = { "Cache-Control": "no-store", Pragma: "no-cache" } as const;

export function jsonAnswer(body: unknown): Response {
  return Response.json(body, { headers: noStore });
}

interface ErrorOptions {
  /** In place of the code's own. */
  readonly status?: number;
  readonly retryAfterSeconds?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * @param description printable ASCII without quotation mark and backslash (RFC 6749, 5.2), which quotes nothing of the
 *   request
 */
export function oauthError(
  error: OAuthErrorCode,
  description: string,
  { status = statuses[error], retryAfterSeconds, headers = {} }: ErrorOptions = {},
): Response {
  const retryAfter = retryAfterSeconds === undefined ? {} : { "Retry-After": String(retryAfterSeconds) };
  return Response.json(
    { error, error_description: description },
    { status, headers: { ...noStore, ...retryAfter, ...headers } },
  );
}

/** RFC 6749, 5.2: a client that failed to show who it is learns how it can. */
export function invalidClient(description: string): Response {
  return oauthError("invalid_client", description, { headers: { "WWW-Authenticate": 'Basic realm="octogate"' } });
}

/** @param error what a refusal is called here: `invalid_grant`, `access_denied` … */
export function refusalError(error: OAuthErrorCode, { kind, description }: Refusal): Response {
  return kind === "undetermined" ? unavailable(description) : oauthError(error, description);
}

/** Where GitHub did not say how long it wants to be left alone. */
const retryAfterSeconds = 10;

export function unavailable(description: string, seconds = retryAfterSeconds): Response {
  return oauthError("temporarily_unavailable", description, { retryAfterSeconds: seconds });
}

export function answerWith(answer: Response): Step<never> {
  return { kind: "answer", answer };
}
