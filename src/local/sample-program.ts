// A program of this computer that signs people in as kubelogin does, for a look at it in the browser: it shows what a
// cluster gets to see. It keeps nothing, and shows no token.
import { once } from "node:events";
import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { html } from "hono/html";
import * as client from "openid-client";
import { Agent, fetch as fetchByUndici } from "undici";

export interface SampleProgramOptions {
  readonly issuerUrl: string;
  /** The cluster that it signs in to. */
  readonly clusterName: string;
  /** PEM, for the issuer's certificate. */
  readonly authorityCertificate: string;
}

export interface SampleProgram {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts on a free port of loopback. It asks the provider only when a browser opens its page. */
export async function startSampleProgram(options: SampleProgramOptions): Promise<SampleProgram> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the program listens on no TCP port");
  const url = `http://localhost:${address.port}`;
  server.on("request", getRequestListener(programOf(options, url).fetch));
  return {
    url,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function programOf({ issuerUrl, clusterName, authorityCertificate }: SampleProgramOptions, url: string): Hono {
  const dispatcher = new Agent({ connect: { ca: authorityCertificate } });
  // The library hands over what undici's fetch takes, and gets back what it gives; only the types have other names.
  const fetch = ((address: string, init: object) =>
    fetchByUndici(address, { ...init, dispatcher })) as unknown as client.CustomFetch;
  const discover = () =>
    client.discovery(new URL(issuerUrl), clusterName, undefined, client.None(), { [client.customFetch]: fetch });
  /** What each sign-in under way began with, by its state. */
  const begun = new Map<string, { readonly verifier: string; readonly nonce: string }>();

  const program = new Hono();
  program.get("/", async (c) => {
    const state = c.req.query("state");
    const start = state === undefined ? undefined : begun.get(state);
    const configuration = await discover();
    if (state === undefined || start === undefined) {
      const verifier = client.randomPKCECodeVerifier();
      const [newState, nonce] = [client.randomState(), client.randomNonce()];
      begun.set(newState, { verifier, nonce });
      const address = client.buildAuthorizationUrl(configuration, {
        redirect_uri: `${url}/`,
        scope: "openid",
        state: newState,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
      });
      return c.redirect(address.href, 303);
    }
    begun.delete(state);
    const error = c.req.query("error");
    if (error !== undefined) return c.html(page(error, html`<p>${c.req.query("error_description")}</p>`), 403);
    const tokens = await client.authorizationCodeGrant(configuration, new URL(c.req.url), {
      pkceCodeVerifier: start.verifier,
      expectedNonce: start.nonce,
      expectedState: state,
    });
    const claims = JSON.stringify(tokens.claims(), null, 2);
    return c.html(
      page(
        `You are signed in to ${clusterName}`,
        html`<p>A program gets an ID token for ten minutes, and refreshes it for eight hours. It says:</p>
<pre>${claims}</pre>
<p>The cluster adds its prefix to username and groups. <a href="/">Sign in again</a>, or
<a href="${issuerUrl}/sign-out">sign out</a>.</p>`,
      ),
    );
  });
  program.onError((error, c) => c.html(page("The sign-in failed", html`<p>${error.message}</p>`), 500));
  return program;
}

function page(title: string, body: ReturnType<typeof html>) {
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:0 auto;padding:1rem}pre{overflow:auto}</style>
<h1>${title}</h1>
${body}
</html>
`;
}
