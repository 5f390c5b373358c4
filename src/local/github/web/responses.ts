// Responses of GitHub's web host: pages, redirects back to an app, and what its OAuth endpoints answer.
import type { StandInContext } from "../context.ts";
import type { Html } from "./html.ts";
import { authorizationErrors, tokenErrors } from "./oauth-errors.ts";
import { notFoundPage, tooManyRequestsPage } from "./pages.ts";

type PageStatus = 200 | 404 | 422 | 429;

/** @returns a page, which no cache may keep: each is for one person */
export async function pageResponse(c: StandInContext, content: Html, status: PageStatus = 200): Promise<Response> {
  return c.html(String(await content), status);
}

export function notFoundResponse(c: StandInContext): Promise<Response> {
  return pageResponse(c, notFoundPage(), 404);
}

/**
 * A secondary limit, which GitHub publishes as 403 or 429 with a sentence. It shows this page to browsers; what the
 * token endpoint answers is not published.
 */
export function tooManyRequests(c: StandInContext): Promise<Response> {
  c.header("retry-after", "60");
  return pageResponse(c, tooManyRequestsPage(), 429);
}

/** @returns a redirect to one of an app's callback URLs, with these parameters and the app's state */
export function redirectToApp(
  c: StandInContext,
  callbackUrl: string,
  parameters: Readonly<Record<string, string>>,
  state: string | undefined,
): Response {
  const url = new URL(callbackUrl);
  const all = { ...parameters, ...(state === undefined ? {} : { state }) };
  for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value);
  return c.redirect(url.href, 302);
}

export function redirectWithError(
  c: StandInContext,
  callbackUrl: string,
  error: keyof typeof authorizationErrors,
  state: string | undefined,
): Response {
  const { description, uri } = authorizationErrors[error];
  return redirectToApp(c, callbackUrl, { error, error_description: description, error_uri: uri }, state);
}

/** @returns an error of the token endpoint: the status is 200, as that of a good answer */
export function tokenError(
  c: StandInContext,
  error: keyof typeof tokenErrors,
  { status = 200, members = {} }: { status?: 200 | 400; members?: Readonly<Record<string, number>> } = {},
): Response {
  const { description, uri } = tokenErrors[error];
  return tokenResponse(c, { error, error_description: description, error_uri: uri, ...members }, status);
}

/** @returns JSON to a client that asks for it, and else a form */
export function tokenResponse(
  c: StandInContext,
  values: Readonly<Record<string, string | number>>,
  status: 200 | 400 | 404 = 200,
): Response {
  if (c.req.header("accept")?.includes("json")) {
    return c.body(JSON.stringify(values), status, { "content-type": "application/json; charset=utf-8" });
  }
  const texts = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
  return c.body(new URLSearchParams(texts).toString(), status, {
    "content-type": "application/x-www-form-urlencoded; charset=utf-8",
  });
}
