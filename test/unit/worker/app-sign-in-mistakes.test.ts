// A mistake about signing in, in front of the whole app: reviews go on, and the operator reads which setting is wrong.
import { describe, expect, test } from "vitest";
import { makeToken } from "../../../src/local/github/token.ts";
import { signInEnvironment } from "./config/sign-in-environment.ts";
import { clusterTable, environment, startApp, userAnswer } from "./support.ts";

describe("a review goes on, and log and readiness name the setting, where", () => {
  test.each<[string, Record<string, unknown>, string]>([
    ["the address is missing", { ISSUER_URL: undefined }, "ISSUER_URL"],
    ["the address is wrong", { ISSUER_URL: "http://login.acme.test" }, "ISSUER_URL"],
    ["the GitHub App is missing", { GITHUB_CLIENT_ID: undefined }, "GITHUB_CLIENT_ID"],
    ["its secret is missing", { OAUTH_CLIENT_SECRETS: undefined }, "OAUTH_CLIENT_SECRETS"],
    ["the signing key is missing", { SIGNING_KEY_A: undefined }, "SIGNING_KEY_A"],
    ["the signing key is wrong", { SIGNING_KEY_A: "x" }, "SIGNING_KEY_A"],
    ["the clients' secrets are wrong", { OIDC_CLIENT_SECRETS: "x" }, "OIDC_CLIENT_SECRETS"],
    ["a web application has no policy", { CLIENT_ARGOCD: {} }, "CLIENT_ARGOCD.allow"],
    [
      "a redirect URI is wrong",
      { CLUSTER_PRODUCTION: clusterTable({ sign_in: true, redirect_uris: ["http://acme.test/cb"] }) },
      "CLUSTER_PRODUCTION.redirect_uris[0]",
    ],
  ])("%s", async (_, changes, setting) => {
    const { review, send, errors } = startApp({ env: signInEnvironment(changes), github: async () => userAnswer() });
    const response = await review(makeToken("classic"));
    expect(await response.json()).toMatchObject({ status: { authenticated: true } });
    expect(errors.join("\n")).toContain(`${setting}: `);
    expect(await (await send("/readyz")).json()).toMatchObject({
      parts: {
        configuration: { state: "ok" },
        signIn: { state: "failed", problem: expect.stringContaining(`${setting}: `) },
      },
    });
  });
});

test("a second signing key that is wrong keeps no person from signing in: log and readiness name it", async () => {
  const published = { a: "2026-11-27T10:00:00Z", b: "2026-11-27T10:00:00Z" };
  for (const SIGNING_KEYS of [undefined, { signs: "a", published }]) {
    const env = signInEnvironment({ SIGNING_KEY_B: "x", SIGNING_KEYS });
    const { send, errors } = startApp({ env, github: async () => userAnswer() });
    const problem = expect.stringMatching(/^a signing key is left out: SIGNING_KEY_B: /);
    expect(await (await send("/readyz")).json()).toMatchObject({ parts: { signIn: { state: "ok", problem } } });
    expect(errors).toContainEqual(problem);
  }
});

test("ISSUER_URL alone is no mistake: nothing is said of a sign-in that there is not", async () => {
  const env = environment({ ISSUER_URL: "https://login.acme.test" });
  const { send, errors } = startApp({ env, github: async () => userAnswer() });
  const report: unknown = await (await send("/readyz")).json();
  expect(report).not.toHaveProperty("parts.signIn");
  expect(errors).toEqual([]);
});
