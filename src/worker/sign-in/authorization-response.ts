// What a client gets at its redirect URI: a code or an error, always with `iss` (RFC 9207). 303, so that no browser
// sends a form along.
import type { OpenIdClient } from "../config/sign-in.ts";
import { type AuthorizationError, authorizationRequestOf } from "./authorization-request.ts";
import { browserOf } from "./browser-form.ts";
import { randomId } from "./cookies.ts";
import { consentPage, refusalPage } from "./pages.ts";
import type { Provider } from "./provider.ts";
import { isLoopback, withParameters } from "./redirect-uri.ts";
import type { Refusal } from "./refusal.ts";
import type { AuthorizationRequest, GitHubUserToken } from "./sealed-values.ts";

/** A code is redeemed at once, so it lives as short as clocks allow (RFC 6749, 4.1.2, has ten minutes at most). */
const codeSeconds = 60;
/** How long a person may look at our page, and how long at GitHub's. */
export const transactionSeconds = 600;

type Destination = Pick<AuthorizationRequest, "redirectUri" | "state">;

export function redirect(address: string, cookies: readonly string[] = []): Response {
  const headers = new Headers({ Location: address, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer" });
  for (const cookie of cookies) headers.append("Set-Cookie", cookie);
  return new Response(null, { status: 303, headers });
}

export function errorAddress(
  { settings }: Provider,
  { redirectUri, state }: Destination,
  error: AuthorizationError,
  description: string,
): string {
  return withParameters(redirectUri, { error, error_description: description, state, iss: settings.issuerUrl });
}

/**
 * A program on this computer prints an error at once, and its terminal is free. A web application would show a code at
 * best, so the person gets a page, with a way back that carries the same error.
 */
export function refuse(
  provider: Provider,
  request: Destination,
  refusal: Refusal,
  { cookies = [], retryAfterSeconds }: { cookies?: readonly string[]; retryAfterSeconds?: number } = {},
): Response {
  const error = refusal.kind === "refused" ? "access_denied" : "temporarily_unavailable";
  const address = errorAddress(provider, request, error, refusal.description);
  if (isLoopback(request.redirectUri)) return redirect(address, cookies);
  return refusalPage(refusal, address, { cookies, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) });
}

export interface Admitted extends GitHubUserToken {
  readonly login: string;
  /** Whether this browser's session cookie holds the same GitHub token. */
  readonly isShared: boolean;
}

/**
 * The response to a person whom the policy admits. A web application, which the operator listed, gets its code. Any
 * program can listen on this computer, so the person is asked first.
 */
export async function admit(
  browserRequest: Request,
  provider: Provider,
  client: OpenIdClient,
  request: AuthorizationRequest,
  { token, tokenEndsAt, login, isShared }: Admitted,
  cookies: readonly string[],
): Promise<Response> {
  const user = { token, tokenEndsAt, isShared };
  if (!isLoopback(request.redirectUri)) return sendCode(provider, client, { ...request, ...user }, cookies);
  const { browser, browserCookies } = browserOf(browserRequest);
  const endsAt = Math.floor(provider.now() / 1000) + transactionSeconds;
  const form = await provider.sealer.seal(
    "consent",
    "",
    { ...authorizationRequestOf(request), ...user, client: client.name, browser },
    endsAt,
  );
  return consentPage({ client: client.name, login, form }, { cookies: [...cookies, ...browserCookies] });
}

/** Sends the browser to the client with a code. */
export async function sendCode(
  provider: Provider,
  client: OpenIdClient,
  granted: AuthorizationRequest & GitHubUserToken & { readonly isShared: boolean },
  cookies: readonly string[],
): Promise<Response> {
  const { redirectUri, state, challenge, nonce, needsSecret, token, tokenEndsAt, isShared } = granted;
  const code = await provider.sealer.seal(
    "code",
    client.name,
    { id: randomId(), redirectUri, challenge, nonce, needsSecret, token, tokenEndsAt, isShared },
    Math.floor(provider.now() / 1000) + codeSeconds,
  );
  return redirect(withParameters(redirectUri, { code, state, iss: provider.settings.issuerUrl }), cookies);
}
