// The grant authorization_code: what a code is good for, once, and for whom.
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { makeToken } from "../../../../src/local/github/token.ts";
import type { ResponseCache } from "../../../../src/worker/sign-in/used-codes.ts";
import {
  argocdSecret,
  argocdUri,
  basic,
  challenge,
  expectError,
  loopbackUri,
  startSeconds,
  startSignIn,
} from "./support/app.ts";

describe("a code", () => {
  test("becomes an ID token for its client, an access token and a refresh token", async () => {
    const { codeOf, redeem, claimsOf, decisions } = startSignIn();
    const { status, headers, body } = await redeem(await codeOf());
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("pragma")).toBe("no-cache");
    expect(body).toEqual({
      access_token: expect.stringMatching(/^[A-Za-z0-9_-]+$/),
      token_type: "Bearer",
      expires_in: 600,
      id_token: expect.stringMatching(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/),
      refresh_token: expect.stringMatching(/^[A-Za-z0-9_-]+$/),
      scope: "openid profile groups offline_access",
    });
    const { payload, protectedHeader } = await claimsOf(body.id_token);
    expect(protectedHeader).toEqual({ alg: "RS256", typ: "JWT", kid: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) });
    expect(payload).toEqual({
      iss: "https://login.acme.test",
      aud: "production",
      sub: "583231",
      iat: startSeconds,
      exp: startSeconds + 600,
      jti: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
      nonce: "n-0S6_WzA2Mj",
      username: "octocat:583231",
      groups: [],
      preferred_username: "octocat",
      name: "octocat",
      github_host: "github.com",
      credential_id: expect.stringMatching(/^GITHUBSHA256=/),
      credential_kind: "app",
      door: "sign-in",
    });
    expect(decisions()).toMatchObject([
      {
        door: "sign-in",
        client: "production",
        grant: "authorization_code",
        step: "token",
        tokenId: payload.jti,
        verdict: "authenticated",
        user: "octocat:583231",
      },
    ]);
  });

  test("gives one of eight requests at once its tokens", async () => {
    const { codeOf, redeem } = startSignIn();
    const code = await codeOf();
    const answers = await Promise.all(Array.from({ length: 8 }, () => redeem(code)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400, 400, 400, 400, 400]);
    for (const answer of answers.filter(({ status }) => status === 400)) expectError(answer, "invalid_grant");
  });

  test("is used up also 30 seconds later", async () => {
    const { codeOf, redeem, clock } = startSignIn();
    const code = await codeOf();
    expect((await redeem(code)).status).toBe(200);
    clock.nowMs += 30_000;
    expectError(await redeem(code), "invalid_grant");
  });

  test("can be redeemed until it ends after 60 seconds, and not then", async () => {
    const { codeOf, redeem, clock } = startSignIn();
    const [one, other] = [await codeOf(), await codeOf()];
    clock.nowMs += 59_999;
    expect((await redeem(one)).status).toBe(200);
    clock.nowMs += 1;
    expectError(await redeem(other), "invalid_grant");
  });

  test("that another isolate of the same location has redeemed is used up, as far as the cache knows", async () => {
    const kept = new Map<string, Response>();
    const cache: ResponseCache = {
      match: async (address) => kept.get(address),
      put: async (address, response) => void kept.set(address, response),
    };
    const one = startSignIn({}, undefined, cache);
    const other = startSignIn(one.env, one.github, cache);
    const code = await one.codeOf();
    expect((await one.redeem(code)).status).toBe(200);
    expectError(await other.redeem(code), "invalid_grant");
    expect(other.decisions()).toEqual([]);
    const [[address = "", response] = []] = kept;
    expect(address).toMatch(/^https:\/\/login\.acme\.test\/used-codes\/[A-Za-z0-9_-]{22}$/);
    expect(response?.headers.get("cache-control")).toBe("max-age=120");
  });

  test.each<[string, ResponseCache]>([
    ["fails", { match: () => Promise.reject(new Error("cache")), put: () => Promise.reject(new Error("cache")) }],
    ["hangs", { match: () => new Promise(() => {}), put: () => Promise.resolve() }],
  ])("is redeemed where the cache %s", async (_, cache) => {
    const { codeOf, redeem } = startSignIn({}, undefined, cache);
    expect((await redeem(await codeOf())).status).toBe(200);
  });

  test("is not used up by a request that is wrong about client, redirect URI or verifier", async () => {
    const { codeOf, redeem } = startSignIn();
    const code = await codeOf();
    expectError(await redeem(code, { client_id: "staging" }), "invalid_grant");
    expectError(await redeem(code, { redirect_uri: "http://localhost:8001" }), "invalid_grant");
    expectError(await redeem(code, { code_verifier: "b".repeat(43) }), "invalid_grant");
    expectError(await redeem(code, { client_secret: argocdSecret }), "invalid_client", 401);
    expect((await redeem(code)).status).toBe(200);
  });

  test("can be redeemed once GitHub is well again, for nothing was given out before", async () => {
    const { codeOf, redeem, github } = startSignIn();
    const code = await codeOf();
    github.isDown = true;
    const answer = await redeem(code);
    expectError(answer, "temporarily_unavailable", 503);
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    github.isDown = false;
    expect((await redeem(code)).status).toBe(200);
    expectError(await redeem(code), "invalid_grant");
  });

  test("is refused with the same reason again, for many Go programs show the answer to their second request", async () => {
    const { codeOf, redeem, github } = startSignIn();
    const code = await codeOf();
    github.owners.clear();
    const [first, second] = [await redeem(code), await redeem(code)];
    expectError(first, "invalid_grant");
    expect(second.body).toEqual(first.body);
    expect(first.body.error_description).toContain("GitHub no longer accepts this sign-in");
  });

  test.each(["code", "redirect_uri", "grant_type"])("is not redeemed without %s", async (name) => {
    const { codeOf, redeem } = startSignIn();
    expectError(await redeem(await codeOf(), { [name]: undefined }), "invalid_request");
  });

  test.each([
    ["another port", "http://localhost:8001"],
    ["a slash behind it", `${loopbackUri}/`],
    ["another name of the same host", "http://127.0.0.1:8000"],
    ["another scheme", "https://localhost:8000"],
    ["capitals", "http://LOCALHOST:8000"],
    ["a fragment", `${loopbackUri}#`],
    ["a user", "http://user@localhost:8000"],
    ["a dot behind the host", "http://localhost.:8000"],
  ])("is not redeemed with a redirect URI with %s", async (_, redirectUri) => {
    const { codeOf, redeem } = startSignIn();
    expectError(await redeem(await codeOf(), { redirect_uri: redirectUri }), "invalid_grant");
  });
});

describe("PKCE", () => {
  test.each([
    ["missing", undefined],
    ["empty", ""],
    ["another one", "b".repeat(43)],
    ["the challenge itself, as with plain", challenge],
    ["of 42 characters", "a".repeat(42)],
    ["of 129 characters", "a".repeat(129)],
    ["of other characters", `${"a".repeat(42)}/`],
  ])("refuses a verifier that is %s", async (_, codeVerifier) => {
    const { codeOf, redeem, lines } = startSignIn();
    expectError(await redeem(await codeOf(), { code_verifier: codeVerifier }), "invalid_grant");
    expect(lines).toEqual([]);
  });

  test("refuses a verifier where the sign-in was begun without a challenge", async () => {
    const { codeOf, redeem } = startSignIn();
    const code = await codeOf({ challenge: null });
    expectError(await redeem(code), "invalid_grant");
    expect((await redeem(code, { code_verifier: undefined })).status).toBe(200);
  });

  test.each([
    [42, 400],
    [43, 200],
    [128, 200],
    [129, 400],
  ])("answers a verifier of %i characters that belongs to the challenge with %i", async (length, expected) => {
    const { codeOf, redeem } = startSignIn();
    const codeVerifier = "~".repeat(length);
    const code = await codeOf({ challenge: createHash("sha256").update(codeVerifier).digest("base64url") });
    expect((await redeem(code, { code_verifier: codeVerifier })).status).toBe(expected);
  });
});

describe("a confidential client", () => {
  const secretCode = (app: ReturnType<typeof startSignIn>) =>
    app.codeOf({ redirectUri: argocdUri, needsSecret: true, challenge: null }, "argocd");
  const form = { client_id: "argocd", redirect_uri: argocdUri, code_verifier: undefined };

  test.each([
    ["in the form", { ...form, client_secret: argocdSecret }, {}],
    ["in the header", { ...form, client_id: undefined }, basic("argocd", argocdSecret)],
    ["in the header, with its name in the form as well", form, basic("argocd", argocdSecret)],
  ])("shows its secret %s", async (_, changes, headers) => {
    const app = startSignIn();
    const { status, body } = await app.redeem(await secretCode(app), changes, headers);
    expect(status).toBe(200);
    expect((await app.claimsOf(body.id_token, "argocd")).payload.aud).toBe("argocd");
  });

  test.each([
    ["no secret", form, {}],
    ["a wrong secret", { ...form, client_secret: "wrong" }, {}],
    ["a secret that is longer", { ...form, client_secret: `${argocdSecret}x` }, {}],
    ["a wrong secret in the header", form, basic("argocd", "wrong")],
    ["no password in the header", form, basic("argocd", "")],
  ])("gets 401 for %s, and its code is not used up", async (_, changes, headers) => {
    const app = startSignIn();
    const code = await secretCode(app);
    const answer = await app.redeem(code, changes, headers);
    expectError(answer, "invalid_client", 401);
    expect(answer.headers.get("www-authenticate")).toBe('Basic realm="octogate"');
    expect((await app.redeem(code, form, basic("argocd", argocdSecret))).status).toBe(200);
  });

  test("needs no secret where the code went to a program on the person's computer", async () => {
    const app = startSignIn();
    const code = await app.codeOf({}, "argocd");
    expect((await app.redeem(code, { client_id: "argocd" })).status).toBe(200);
  });

  test("must be named in one way", async () => {
    const app = startSignIn();
    const code = await secretCode(app);
    const both = { ...form, client_secret: argocdSecret };
    expectError(await app.redeem(code, both, basic("argocd", argocdSecret)), "invalid_request");
    expectError(
      await app.redeem(code, { ...form, client_id: "production" }, basic("argocd", argocdSecret)),
      "invalid_request",
    );
  });
});

describe("a public client", () => {
  test("may send Basic with an empty password, as Argo CD does", async () => {
    const { codeOf, redeem } = startSignIn();
    expect((await redeem(await codeOf(), { client_id: undefined }, basic("production", ""))).status).toBe(200);
  });

  test.each([
    ["a secret in the form", { client_secret: "any" }, {}],
    ["a secret in the header", {}, basic("production", "any")],
    ["a name that is none", { client_id: "nowhere" }, {}],
    ["no name at all", { client_id: undefined }, {}],
    ["a name in capitals", { client_id: "PRODUCTION" }, {}],
    ["a header of another kind", {}, { authorization: "Bearer abc" }],
    ["a header that is no base64", {}, { authorization: "Basic ***" }],
    ["a header without a colon", {}, { authorization: `Basic ${btoa("production")}` }],
    ["a header with a broken encoding", {}, { authorization: `Basic ${btoa("%zz:")}` }],
  ])("gets 401 for %s", async (_, form, headers) => {
    const { codeOf, redeem } = startSignIn();
    expectError(await redeem(await codeOf(), form, headers), "invalid_client", 401);
  });
});

describe("the policy decides again", () => {
  test("about a person who was suspended since", async () => {
    const { codeOf, redeem, github } = startSignIn();
    const token = makeToken("app");
    const answer = await redeem(await codeOf({ token }));
    expectError(answer, "invalid_grant");
    expect(github.calls).toHaveLength(1);
  });

  test("about a person whom no entry admits, without telling who is admitted", async () => {
    const { codeOf, redeem, github } = startSignIn();
    const token = github.addToken("app", { login: "hubot", id: 2, type: "User" });
    const answer = await redeem(await codeOf({ token }));
    expectError(answer, "invalid_grant");
    expect(answer.body.error_description).toMatch(/Reference: GITHUBSHA256=/);
    expect(answer.body.error_description).not.toMatch(/allow|octocat/);
  });
});

describe("an ID token ends", () => {
  test("with the GitHub token", async () => {
    const { codeOf, redeem, claimsOf } = startSignIn();
    const { body } = await redeem(await codeOf({ tokenEndsAt: startSeconds + 100 }));
    expect(body.expires_in).toBe(100);
    expect((await claimsOf(body.id_token)).payload.exp).toBe(startSeconds + 100);
  });

  test("after the time of its client", async () => {
    const table = { sign_in: true, allow: ["user:octocat#583231"], token_kinds: ["classic"], id_token_seconds: 60 };
    const { codeOf, redeem } = startSignIn({ CLUSTER_PRODUCTION: table });
    expect((await redeem(await codeOf())).body.expires_in).toBe(60);
  });

  test("never in the past: a session that has ended gives none", async () => {
    const { codeOf, redeem, decisions } = startSignIn();
    expectError(await redeem(await codeOf({ tokenEndsAt: startSeconds })), "invalid_grant");
    expect(decisions()).toEqual([]);
  });
});
