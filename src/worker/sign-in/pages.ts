// The few pages of the sign-in hostname: HTML without script. Whatever comes from outside is escaped.
import { type Refusal, refusal } from "./refusal.ts";

/** Safe HTML. The only ways to make it are the tag below, which escapes what it is given, and the constants here. */
interface Html {
  readonly html: string;
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function html(strings: TemplateStringsArray, ...values: readonly (string | Html)[]): Html {
  const parts = values.map((value) =>
    typeof value === "string" ? value.replace(/[&<>"']/g, (character) => escapes[character] ?? "") : value.html,
  );
  return { html: strings.reduce((text, string, index) => text + (parts[index - 1] ?? "") + string) };
}

const style =
  ":root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:0 auto;padding:2rem 1.25rem}h1{font-size:1.4rem;line-height:1.3}button{font:inherit;padding:.6rem 1.2rem;margin:.5rem .5rem 0 0;border:1px solid;border-radius:.4rem;cursor:pointer}button:first-of-type{background:#0b57d0;color:#fff;border-color:#0b57d0}:focus-visible{outline:3px solid #f29900;outline-offset:2px}code{overflow-wrap:anywhere}";

/** The SHA-256 digest of the style, by which the policy below allows it and no other. */
const styleDigest = "sha256-4RcuIkd2CxnOkBWkeeYshivbCTz+qpb4Q9+b+ZSMEhs=";

/**
 * No `form-action`: browsers apply it to all redirects that follow a form, and these lead to the client
 * (https://github.com/w3c/webappsec-csp/issues/8).
 */
const headers = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Security-Policy": `default-src 'none'; style-src '${styleDigest}'; frame-ancestors 'none'; base-uri 'none'`,
  "X-Frame-Options": "DENY",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
} as const;

interface PageOptions {
  readonly status?: number;
  readonly cookies?: readonly string[];
  readonly retryAfterSeconds?: number;
}

function page(title: string, body: Html, { status = 200, cookies = [], retryAfterSeconds }: PageOptions): Response {
  const document = html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${{ html: style }}</style>
<main>
<h1>${title}</h1>
${body}
</main>
</html>
`;
  const response = new Response(document.html, { status, headers });
  for (const cookie of cookies) response.headers.append("Set-Cookie", cookie);
  if (retryAfterSeconds !== undefined) response.headers.set("Retry-After", String(retryAfterSeconds));
  return response;
}

/**
 * @param way an address that carries the same refusal to the client, or null where there is none that can be trusted
 */
export function refusalPage(refusal: Refusal, way: string | null, options: PageOptions = {}): Response {
  const { kind, problem, hint, reference } = refusal;
  const title = kind === "refused" ? "You are not signed in" : "Signing in does not work at the moment";
  const body = html`<p>${problem}.</p>
<p>${sentence(hint)}</p>
${reference === null ? html`` : html`<p>Reference for the people who run this cluster: <code>${reference}</code></p>`}
${way === null ? html`<p>Close this page, and begin again in the program that you came from.</p>` : html`<p><a href="${way}">Back to the program</a></p>`}`;
  return page(title, body, { status: kind === "refused" ? 403 : 503, ...options });
}

export function tooManySignInsPage(): Response {
  const text = { problem: "Too many sign-ins have begun from this address", hint: "try again in a minute" };
  return refusalPage(refusal("undetermined", text), null, { status: 429, retryAfterSeconds: 60 });
}

/** A request that no right program sends: there is nowhere to lead to. */
export function mistakePage(problem: string, hint: string, options: PageOptions = {}): Response {
  return page("This address does not work", html`<p>${problem}.</p><p>${sentence(hint)}</p>`, {
    status: 400,
    ...options,
  });
}

/**
 * Comes before every code that goes to a program on this computer: any program, and any page, can start such a sign-in,
 * and GitHub asks nothing of those who signed in before (RFC 8252, 8.6).
 *
 * @param form the sealed value that the buttons send back
 */
export function consentPage(
  { client, login, form }: { readonly client: string; readonly login: string; readonly form: string },
  options: PageOptions = {},
): Response {
  const body = html`<p>A program on this computer wants to use the cluster <strong>${client}</strong> with the GitHub account
<strong>${login}</strong>.</p>
<p>Go on only if you have just started kubectl or a similar program on this computer yourself. Never give anybody the
address that you land on: it signs them in as you.</p>
<form method="post" action="/consent">
<input type="hidden" name="form" value="${form}">
<button name="choice" value="sign_in">Sign in to ${client} as ${login}</button>
<button name="choice" value="another_account">Use another account</button>
</form>`;
  return page(`Sign in to ${client} as ${login}?`, body, options);
}

export function signOutPage(form: string, options: PageOptions = {}): Response {
  const body = html`<p>This ends the sign-in of this browser at GitHub, and of all programs that were signed in with it.
Tokens that clusters have taken already last some minutes more.</p>
<form method="post" action="/sign-out">
<input type="hidden" name="form" value="${form}">
<button>Sign out</button>
</form>`;
  return page("Sign out?", body, options);
}

export function signedOutPage(options: PageOptions = {}): Response {
  return page("You are signed out", html`<p>You can close this page.</p>`, options);
}

export function installedPage(): Response {
  return page(
    "The app is installed",
    html`<p>There is nothing to do here. To sign in, begin in the program that you want to use.</p>`,
    {},
  );
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase();
  return `${first}${text.slice(1)}${/[.?!]$/.test(text) ? "" : "."}`;
}
