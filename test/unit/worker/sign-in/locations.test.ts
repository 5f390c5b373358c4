// Whatever comes to a route of the browser's, it leads to GitHub or to an address that the client may use.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Decision } from "../../../../src/worker/authenticate.ts";
import { isAllowedRedirect } from "../../../../src/worker/sign-in/redirect-uri.ts";
import { unauthenticated, undetermined } from "../../../../src/worker/verdict.ts";
import { authorizeQuery, createBrowser, formOf, stateOf } from "./support/browser.ts";
import { createTestProvider, decided, githubWebUrl } from "./support/provider.ts";

const clients = ["production", "argocd", "other", "", "constructor", "PRODUCTION"];
const addresses = [
  "http://localhost:8000",
  "http://localhost:8000/",
  "http://127.0.0.1:9/",
  "https://headlamp.example.com/oidc-callback",
  "https://argocd.example.com/auth/callback",
  "http://localhost:1/auth/callback",
  "https://evil.example",
  "//evil.example",
  "https:evil.example",
  "http://localhost:8000@evil.example",
  "http://localhost:8000\\@evil.example",
  "https://headlamp.example.com/oidc-callback@evil.example",
  "javascript:alert(1)",
  "data:text/html,x",
  "",
];
const names = ["response_type", "state", "nonce", "scope", "prompt", "max_age", "code_challenge", "response_mode"];

const hostileText = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.constantFrom("\r\nLocation: https://evil.example", "https://evil.example", "code", "S256", "none", "%0d%0a"),
);

const changes = fc.record(Object.fromEntries(names.map((name) => [name, fc.option(hostileText)])), {
  requiredKeys: [],
});

const decisions: readonly Decision[] = [
  decided(),
  decided(unauthenticated("not_allowed")),
  decided(undetermined("github_timeout")),
];

test("no redirect leads anywhere but to GitHub or to an address that the client may use", async () => {
  let redirects = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.oneof({ weight: 3, arbitrary: fc.constantFrom("production", "argocd") }, fc.constantFrom(...clients)),
      fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...addresses) }, hostileText),
      changes,
      fc.constantFrom(...decisions),
      fc.constantFrom("sign_in", "another_account", ""),
      async (clientName, redirectUri, more, decision, choice) => {
        const provider = createTestProvider();
        provider.decision = decision;
        const browser = createBrowser(provider);
        const query = authorizeQuery({ client_id: clientName, redirect_uri: redirectUri, ...more });
        const away = await browser.get(`/authorize?${query}`);
        const responses = [away];
        const state = away.status === 303 ? stateOf(away) : "";
        if (/^.{22}$/.test(state)) {
          const back = await browser.get(`/callback?code=x&state=${encodeURIComponent(state)}`);
          responses.push(back.clone());
          if (back.status === 200) {
            responses.push(await browser.post("/consent", `form=${await formOf(back)}&choice=${choice}`));
          }
          responses.push(await browser.get(`/authorize?${query}`));
        }
        const client = provider.clients.get(clientName);
        for (const response of responses) {
          const location = response.headers.get("location");
          if (location === null) continue;
          redirects += 1;
          const isToGitHub = location.startsWith(`${githubWebUrl}/login/oauth/authorize?`);
          const isToClient =
            client !== undefined &&
            isAllowedRedirect(client, redirectUri) &&
            location.startsWith(`${redirectUri}${redirectUri.includes("?") ? "&" : "?"}`);
          expect(isToGitHub || isToClient, location).toBe(true);
        }
      },
    ),
    { numRuns: 400 },
  );
  expect(redirects).toBeGreaterThan(20);
});

test("a way back on a page is the client's own, too", async () => {
  const provider = createTestProvider();
  provider.decision = decided(unauthenticated("not_allowed"));
  const browser = createBrowser(provider);
  const query = authorizeQuery({
    redirect_uri: "https://headlamp.example.com/oidc-callback",
    state: `"><a href="https://evil.example">`,
  });
  const away = await browser.get(`/authorize?${query}`);
  const page = await (await browser.get(`/callback?code=x&state=${stateOf(away)}`)).text();
  expect([...page.matchAll(/href="([^"]+)"/g)].map(([, href]) => href)).toEqual([
    expect.stringMatching(/^https:\/\/headlamp\.example\.com\/oidc-callback\?error=access_denied&amp;/),
  ]);
});
