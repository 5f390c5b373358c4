// The answers of the endpoints for programs. Errors: one table of the codes with their statuses, by the standard they
// are from.
import type { Refusal } from "./refusal.ts";

const statuses = {
  // RFC 6749, 5.2
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  // RFC 6749, 4.1.2.1
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

export interface OAuthError {
  readonly kind: "error";
  readonly code: OAuthErrorCode;
  /** Printable ASCII without quotation mark and backslash (RFC 6749, 5.2). It quotes nothing of the request. */
  readonly description: string;
  /** In place of the code's own. */
  readonly status?: number;
  readonly retryAfterSeconds?: number;
  /** `WWW-Authenticate`: how a caller can show who it is. */
  readonly challenge?: string;
  /** It is about what was sealed here, which takes a real sign-in: no failure by which an address is limited. */
  readonly isSealedHere?: true;
  /** The client has shown its secret: what it sends on may be any visitor's, and would limit it for all of them. */
  readonly isOfKnownClient?: true;
}

/** What a check comes to. */
export type OAuthResult<Value> = { readonly kind: "ok"; readonly value: Value } | OAuthError;

export function oauthError(
  code: OAuthErrorCode,
  description: string,
  more: Partial<Omit<OAuthError, "kind" | "code" | "description">> = {},
): OAuthError {
  return { kind: "error", code, description, ...more };
}

export function missing(parameter: string): OAuthError {
  return oauthError("invalid_request", `The parameter ${parameter} is missing`);
}

/** RFC 6749, 5.2: a client that failed to show who it is learns how it can. */
export function invalidClient(description: string): OAuthError {
  return oauthError("invalid_client", description, { challenge: 'Basic realm="octogate"' });
}

/** @param code what a refusal is called here: `invalid_grant`, `access_denied` … */
export function refusalError(
  code: OAuthErrorCode,
  { kind, description, retryAfterSeconds }: Refusal,
  more: Pick<OAuthError, "isSealedHere"> = {},
): OAuthError {
  return kind === "undetermined" ? unavailable(description, retryAfterSeconds) : oauthError(code, description, more);
}

/** Where GitHub did not say how long it wants to be left alone. */
const defaultRetryAfterSeconds = 10;

export function unavailable(description: string, retryAfterSeconds = defaultRetryAfterSeconds): OAuthError {
  return oauthError("temporarily_unavailable", description, { retryAfterSeconds });
}

/** RFC 6585, 4; the error's code is the nearest that OAuth has. */
export function tooManyRequests(): OAuthError {
  const description = "Too many requests: try again in a minute";
  return oauthError("temporarily_unavailable", description, { status: 429, retryAfterSeconds: 60 });
}

/** At what is for programs: a page of another site could not read the answer anyway, for there is no CORS. */
export function refusedToOtherSites(): OAuthError {
  return oauthError("invalid_request", "A page of another site must not send this", { status: 403 });
}

/** Whether an address that causes many of these is limited: it may be guessing. */
export function isFailure({ code, isSealedHere, isOfKnownClient }: OAuthError): boolean {
  const isWaiting = code === "authorization_pending" || code === "slow_down" || code === "temporarily_unavailable";
  return !isWaiting && isSealedHere !== true && isOfKnownClient !== true;
}

/** RFC 6749, 5.1: `Pragma` is for caches of HTTP 1.0. */
const noStore = { "Cache-Control": "no-store", Pragma: "no-cache" } as const;

/** An answer for one caller alone. */
export function privateAnswer(body: unknown): Response {
  return Response.json(body, { headers: noStore });
}

export function errorAnswer({ code, description, challenge, retryAfterSeconds, ...error }: OAuthError): Response {
  const headers = new Headers(noStore);
  if (challenge !== undefined) headers.set("WWW-Authenticate", challenge);
  if (retryAfterSeconds !== undefined) headers.set("Retry-After", String(retryAfterSeconds));
  return Response.json(
    { error: code, error_description: description },
    { status: error.status ?? statuses[code], headers },
  );
}

/**
 * kube-apiserver keeps the keys that it knows for as long as this says, and asks again for an unknown one only then.
 */
const publicHeaders = { "Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*" } as const;

export function publicAnswer(body: unknown): Response {
  return Response.json(body, { headers: publicHeaders });
}
