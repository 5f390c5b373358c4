// A stand-in with one app and two people, and what an app and a browser do with it.
import { createHash } from "node:crypto";
import type { NewApp, StandInApp } from "../../../../../src/local/github/apps.ts";
import type { GitHubStandIn, StandInOptions } from "../../../../../src/local/github/server.ts";
import { type Browser, openBrowser, signInAtGitHub } from "../../../../support/github-browser.ts";
import { handClock, objectIn, start } from "../support.ts";

export const callbackUrl = "https://sign-in.example/callback";
export const verifier = "a-verifier-of-a-test-with-43-characters-and-more";
export const challenge = createHash("sha256").update(verifier).digest("base64url");

export interface Scene {
  readonly standIn: GitHubStandIn;
  readonly app: StandInApp;
  readonly clock: ReturnType<typeof handClock>;
  /** A browser without any cookie. */
  newBrowser(): Browser;
  /** The address that the app sends people to, with PKCE. */
  authorizeUrl(parameters?: Readonly<Record<string, string | null>>): string;
  /** POST to the token endpoint, with the app's id and secret; null leaves a parameter out. */
  requestToken(
    parameters: Readonly<Record<string, string | null>>,
    headers?: Record<string, string>,
  ): Promise<Response>;
  /** The whole sign-in, up to the token endpoint's answer. */
  signIn(browser: Browser, person: string): Promise<Record<string, unknown>>;
}

export async function scene(app: NewApp = {}, options: StandInOptions = {}): Promise<Scene> {
  const clock = handClock();
  const standIn = await start({ now: clock.now, ...options });
  standIn.addAccount({ login: "octo-reader", id: 4711 });
  standIn.addAccount({ login: "octo-writer", id: 4712 });
  const registered = standIn.addApp({ callbackUrls: [callbackUrl], deviceFlow: true, name: "Octogate", ...app });
  const { clientId, clientSecret } = registered;

  const authorizeUrl: Scene["authorizeUrl"] = (parameters = {}) => {
    const url = new URL("/login/oauth/authorize", standIn.webUrl);
    const pkce = { code_challenge: challenge, code_challenge_method: "S256" };
    url.search = given({
      client_id: clientId,
      redirect_uri: callbackUrl,
      state: "s",
      ...pkce,
      ...parameters,
    }).toString();
    return url.href;
  };
  const requestToken: Scene["requestToken"] = (parameters, headers = { accept: "application/json" }) => {
    const body = given({ client_id: clientId, client_secret: clientSecret, ...parameters });
    return fetch(`${standIn.webUrl}/login/oauth/access_token`, { method: "POST", headers, body });
  };
  return {
    standIn,
    app: registered,
    clock,
    newBrowser: () => openBrowser({ origins: [standIn.webUrl] }),
    authorizeUrl,
    requestToken,
    signIn: async (browser, person) => {
      const code = codeIn(await signInAtGitHub(browser, authorizeUrl(), person));
      return objectIn(await requestToken({ code, redirect_uri: callbackUrl, code_verifier: verifier }));
    },
  };
}

export function codeIn(callback: URL): string {
  const code = callback.searchParams.get("code");
  if (code === null) throw new Error(`no code came back: ${callback.search}`);
  return code;
}

function given(parameters: Readonly<Record<string, string | null>>): URLSearchParams {
  const entries = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== null);
  return new URLSearchParams(entries);
}
