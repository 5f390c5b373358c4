// A browser for tests: keeps cookies as a real one does, sends forms of pages, and follows nothing by itself.
import { answerAuthorize } from "../../../../../src/worker/sign-in/authorize.ts";
import { answerCallback } from "../../../../../src/worker/sign-in/callback.ts";
import { answerConsent } from "../../../../../src/worker/sign-in/consent.ts";
import type { Provider } from "../../../../../src/worker/sign-in/provider.ts";
import { answerSignOut, askForSignOut } from "../../../../../src/worker/sign-in/sign-out.ts";
import { issuerUrl } from "./provider.ts";

export interface Browser {
  readonly cookies: Map<string, string>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  post(path: string, form: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

const routes: Readonly<Record<string, (request: Request, provider: Provider) => Promise<Response>>> = {
  "GET /authorize": answerAuthorize,
  "POST /authorize": answerAuthorize,
  "GET /callback": answerCallback,
  "POST /consent": answerConsent,
  "GET /sign-out": askForSignOut,
  "POST /sign-out": answerSignOut,
};

export function createBrowser(provider: Provider): Browser {
  const cookies = new Map<string, string>();
  async function send(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
    const request = new Request(`${issuerUrl}${path}`, { ...init, headers });
    const answer = routes[`${request.method} ${new URL(request.url).pathname}`];
    if (answer === undefined) throw new Error(`no route for ${path}`);
    const response = await answer(request, provider);
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (/; Max-Age=0$/.test(cookie)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  }
  return {
    cookies,
    get: (path, headers = {}) => send(path, { headers }),
    post: (path, form, headers = {}) =>
      send(path, {
        method: "POST",
        body: form,
        headers: { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin", ...headers },
      }),
  };
}

/** @returns the query of /authorize that kubelogin sends, with these changes; null leaves a parameter out */
export function authorizeQuery(changes: Readonly<Record<string, string | null>> = {}): string {
  const parameters: Record<string, string | null> = {
    response_type: "code",
    client_id: "production",
    redirect_uri: "http://localhost:8000",
    scope: "openid",
    state: "state-of-the-client",
    nonce: "nonce-of-the-client",
    access_type: "offline",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
    ...changes,
  };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== null) query.set(name, value);
  return query.toString();
}

/** Goes to GitHub and comes back with a code. */
export async function signInAtGitHub(browser: Browser, query: string): Promise<Response> {
  const away = await browser.get(`/authorize?${query}`);
  return browser.get(`/callback?code=a-github-code&state=${stateOf(away)}`);
}

/** @returns GitHub's `state` in a redirect to its authorize page */
export function stateOf(response: Response): string {
  return new URL(locationOf(response)).searchParams.get("state") ?? "";
}

export function locationOf(response: Response): string {
  return response.headers.get("location") ?? "";
}

/** @returns the sealed value in the form of a page */
export async function formOf(response: Response): Promise<string> {
  return /name="form" value="([^"]+)"/.exec(await response.text())?.[1] ?? "";
}
