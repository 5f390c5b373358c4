// An OpenID client as programs are built with, for tests: openid-client, which checks what the standards ask it to.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as client from "openid-client";
import { Agent, fetch as fetchByUndici } from "undici";
import { type Browser, openBrowser, type Visit } from "./github-browser.ts";
import type { LocalEdge } from "./local-edge.ts";

export type SignInEdge = Pick<LocalEdge, "signInPort" | "stateDir">;

/** Nothing listens there: the browser stops where it would be sent with a code. */
export const loopbackUri = "http://localhost:18000/";

/** @returns fetch that trusts the local edge's authority */
export async function trustingFetch({ stateDir }: Pick<SignInEdge, "stateDir">): Promise<typeof fetch> {
  const ca = await readFile(join(stateDir, "ca.crt"), "utf8");
  const dispatcher = new Agent({ connect: { ca } });
  // The global fetch is undici's own, in another version: only the types have other names.
  return ((address: string, init: object) =>
    fetchByUndici(address, { ...init, dispatcher })) as unknown as typeof fetch;
}

export interface Program {
  readonly configuration: client.Configuration;
  /** Begins a sign-in: the address for the browser, and what to check at its end. */
  begin(parameters?: Readonly<Record<string, string>>): Promise<Begun>;
}

export interface Begun {
  readonly address: string;
  /** @param url to which the browser was sent */
  finish(url: string): Promise<Awaited<ReturnType<typeof client.authorizationCodeGrant>>>;
}

/** @param clientId a cluster that signs people in */
export async function openProgram(edge: SignInEdge, clientId = "local", redirectUri = loopbackUri): Promise<Program> {
  const configuration = await client.discovery(
    new URL(`https://localhost:${edge.signInPort}`),
    clientId,
    undefined,
    client.None(),
    { [client.customFetch]: (await trustingFetch(edge)) as client.CustomFetch },
  );
  return {
    configuration,
    begin: async (parameters = {}) => {
      const verifier = client.randomPKCECodeVerifier();
      const [state, nonce] = [client.randomState(), client.randomNonce()];
      const address = client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: "openid",
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
        ...parameters,
      });
      return {
        address: address.href,
        finish: (url) =>
          client.authorizationCodeGrant(configuration, new URL(url), {
            pkceCodeVerifier: verifier,
            expectedNonce: nonce,
            expectedState: state,
          }),
      };
    },
  };
}

export interface PersonsBrowser extends Browser {
  /** What was asked for last, also in vain. */
  lastAddress(): string;
}

/**
 * @param githubWebUrl of the stand-in's pages
 * @param patienceMs how long the person waits for a page
 */
export async function openPersonsBrowser(
  edge: SignInEdge,
  githubWebUrl: string,
  patienceMs = 60_000,
): Promise<PersonsBrowser> {
  const send = await trustingFetch(edge);
  const origins = [`https://localhost:${edge.signInPort}`, githubWebUrl];
  let lastAddress = "";
  const browser = openBrowser({
    origins,
    fetch(url, init) {
      lastAddress = url;
      return send(url, { ...init, signal: AbortSignal.timeout(patienceMs) });
    },
  });
  return { ...browser, lastAddress: () => lastAddress };
}

/** Goes through GitHub's page and ours, as far as there are any. @returns where the browser was sent in the end */
export async function signIn(browser: Browser, address: string, person: string): Promise<Visit> {
  let visit = await browser.open(address);
  if (visit.kind === "page" && visit.text.includes("GitHub stand-in")) {
    visit = await browser.submit(visit, "Authorize", { person });
  }
  return visit.kind === "page" && visit.forms.length > 0 ? browser.submit(visit, "Sign in to") : visit;
}

/** @returns the address of the stand-in's pages, from the local edge's own configuration file */
export async function githubWebUrlOf({ stateDir }: Pick<SignInEdge, "stateDir">): Promise<string> {
  const text = await readFile(join(stateDir, "wrangler.toml"), "utf8");
  const [, url] = /^GITHUB_WEB_URL = "([^"]+)"$/m.exec(text) ?? [];
  if (url === undefined) throw new Error("the local edge names no pages of GitHub");
  return url;
}
