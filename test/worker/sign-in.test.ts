// The sign-in hostname on the real runtime: what clusters read, the cryptography of Workers, and the bindings.
import { createHash, randomBytes } from "node:crypto";
import { createLocalJWKSet, jwtVerify } from "jose";
import * as v from "valibot";
import { expect, test } from "vitest";
import type { GitHubStandIn } from "../../src/local/github/server.ts";
import { readConfig } from "../../src/worker/config/config.ts";
import { createSignInSealer } from "../../src/worker/sign-in/sealer.ts";
import { accountOf, mona } from "../support/people.ts";
import { makeSigningKey } from "../support/signing-key.ts";
import { useWorker } from "../support/worker-harness.ts";

const issuerUrl = "https://login.acme.test";
const app = { clientId: "Iv23liSignInOfTests", clientSecret: randomBytes(20).toString("hex") };
const policy = { allow: ["anyone"], token_kinds: ["classic"], sign_in: true };
const vars = {
  CACHE_SECRET: randomBytes(32).toString("base64"),
  ISSUER_URL: issuerUrl,
  GITHUB_CLIENT_ID: app.clientId,
  OAUTH_CLIENT_SECRETS: JSON.stringify({ [app.clientId]: app.clientSecret }),
  SIGNING_KEY_A: makeSigningKey(),
  GITHUB_WEB_URL: "https://github.test",
};
const worker = useWorker({ clusters: { production: policy }, vars });

const jwkSet = v.object({ keys: v.array(v.looseObject({ kty: v.string(), kid: v.string() })) });
const tokens = v.object({ id_token: v.string(), refresh_token: v.string(), expires_in: v.number() });

/** The sealer of the deployment: what a sign-in that took place elsewhere would have given out. */
function sealer() {
  const { signIn } = readConfig({ CLUSTER_PRODUCTION: { ...policy }, ...vars });
  if (signIn?.ok !== true) throw new Error(JSON.stringify(signIn));
  return createSignInSealer(signIn.value, () => Date.now());
}

function sessionOf(github: GitHubStandIn) {
  const token = github.issueToken(accountOf(github, mona), { kind: "app", oauthClientId: app.clientId });
  return { token, tokenEndsAt: Math.floor(Date.now() / 1000) + 3_600, needsSecret: false, isShared: false };
}

function askForTokens(form: Record<string, string>) {
  return worker().fetch(`${issuerUrl}/token`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ client_id: "production", ...form }).toString(),
  });
}

test("a refresh gives an ID token that the published keys verify, and refreshes again", async () => {
  const { github, fetch } = worker();
  github.addApp(app);
  const session = sessionOf(github);
  const keys = v.parse(jwkSet, JSON.parse((await fetch(`${issuerUrl}/.well-known/jwks.json`)).body));
  let refreshToken = await sealer().seal("refresh_token", "production", session, session.tokenEndsAt);
  for (let time = 0; time < 3; time += 1) {
    const answer = await askForTokens({ grant_type: "refresh_token", refresh_token: refreshToken });
    expect(answer).toMatchObject({ status: 200 });
    const { id_token, refresh_token, expires_in } = v.parse(tokens, JSON.parse(answer.body));
    const verified = await jwtVerify(id_token, createLocalJWKSet(keys), { issuer: issuerUrl, audience: "production" });
    expect(verified.payload).toMatchObject({ preferred_username: mona.login, door: "sign-in" });
    expect(expires_in).toBe(600);
    refreshToken = refresh_token;
  }
  expect(worker().decisions()).toMatchObject(Array(3).fill({ door: "sign-in", grant: "refresh_token" }));
});

test("a code is redeemed once, and the cache of the location takes its mark", async () => {
  const redirectUri = "http://localhost:8000";
  const verifier = randomBytes(32).toString("base64url");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const value = { ...sessionOf(worker().github), id: "A".repeat(22), redirectUri, challenge, nonce: null };
  const code = await sealer().seal("code", "production", value, Math.floor(Date.now() / 1000) + 60);
  const form = { grant_type: "authorization_code", code, redirect_uri: redirectUri, code_verifier: verifier };
  const answers = await Promise.all([askForTokens(form), askForTokens(form), askForTokens(form)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
  expect(worker().logLines().join("\n")).not.toContain("an exception");
});

test("discovery is public and may be kept, and the clusters' hostname has none of it", async () => {
  const { fetch } = worker();
  for (const name of ["openid-configuration", "oauth-authorization-server", "jwks.json"]) {
    const answer = await fetch(`${issuerUrl}/.well-known/${name}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("cache-control")).toBe("public, max-age=300");
    expect((await fetch(`/.well-known/${name}`)).status).toBe(404);
  }
  expect((await fetch(`${issuerUrl}/authenticate`, { method: "POST" })).status).toBe(404);
});

test("the limiters that wrangler.toml binds are there", async () => {
  const { fetch } = worker();
  expect((await fetch(`${issuerUrl}/authorize?client_id=nowhere`)).status).toBe(400);
  expect(worker().logLines().join("\n")).not.toContain("is not bound");
});
