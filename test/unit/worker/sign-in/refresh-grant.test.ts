// The grant refresh_token: it asks the policy each time, and GitHub's token endpoint never.
import { describe, expect, test } from "vitest";
import { clusterTable } from "../support.ts";
import { argocdSecret, basic, eightHours, expectError, startSeconds, startSignIn } from "./support/app.ts";

describe("a refresh token", () => {
  test("gives a new ID token of the same person, without a nonce, and a new refresh token", async () => {
    const { refreshTokenOf, refresh, claimsOf, clock } = startSignIn();
    const first = await refresh(await refreshTokenOf());
    clock.nowMs += 600_000;
    const second = await refresh(String(first.body.refresh_token));
    const [one, other] = [await claimsOfUnended(first), (await claimsOf(second.body.id_token)).payload];
    expect(other).toMatchObject({ iss: one.iss, aud: one.aud, sub: one.sub, iat: startSeconds + 600 });
    expect(other.jti).not.toBe(one.jti);
    expect(other).not.toHaveProperty("nonce");
    expect(second.body.refresh_token).not.toBe(first.body.refresh_token);

    async function claimsOfUnended({ body }: typeof first) {
      const [, payload = ""] = String(body.id_token).split(".");
      return JSON.parse(Buffer.from(payload, "base64url").toString());
    }
  });

  test("gives an ID token of the key that signs, while the other slot holds a wrong one", async () => {
    const { refreshTokenOf, refresh, claimsOf } = startSignIn({ SIGNING_KEY_B: "x" });
    const { status, body } = await refresh(await refreshTokenOf());
    expect(status).toBe(200);
    expect((await claimsOf(body.id_token)).payload).toMatchObject({ aud: "production" });
  });

  test("costs no call to GitHub's token endpoint, and none at all while the facts are fresh", async () => {
    const { refreshTokenOf, refresh, github } = startSignIn();
    const token = await refreshTokenOf();
    for (let time = 0; time < 5; time += 1) expect((await refresh(token)).status).toBe(200);
    expect(github.calls).toHaveLength(2);
    expect(github.calls.join()).not.toContain("access_token");
  });

  test("may be used many times at once", async () => {
    const { refreshTokenOf, refresh } = startSignIn();
    const token = await refreshTokenOf();
    const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(token)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
  });

  test("is refused for the rest of a minute once its sign-in has used it sixty times, and no other sign-in is", async () => {
    const { refreshTokenOf, refresh, clock } = startSignIn();
    const token = await refreshTokenOf();
    for (let time = 0; time < 60; time += 1) expect((await refresh(token)).status).toBe(200);
    const refused = await refresh(token);
    expectError(refused, "temporarily_unavailable", 429);
    expect(refused.headers.get("retry-after")).toBe("60");
    expect((await refresh(await refreshTokenOf())).status).toBe(200);
    clock.nowMs += 60_000;
    expect((await refresh(token)).status).toBe(200);
  });

  test("that is used without pause keeps no program at another client out, which shares its sign-in", async () => {
    const { refreshTokenOf, refresh, github } = startSignIn();
    const shared = { token: github.addToken(), isShared: true };
    const inLoop = await refreshTokenOf(shared, "staging");
    for (let time = 0; time < 60; time += 1) await refresh(inLoop, { client_id: "staging" });
    expectError(await refresh(inLoop, { client_id: "staging" }), "temporarily_unavailable", 429);
    expect((await refresh(await refreshTokenOf(shared))).status).toBe(200);
  });

  test("ends after the eight hours of its session, however often it was renewed", async () => {
    const { refreshTokenOf, refresh, clock } = startSignIn();
    let token = await refreshTokenOf();
    clock.nowMs += eightHours * 1000 - 1_000;
    const last = await refresh(token);
    expect(last.body.expires_in).toBe(1);
    token = String(last.body.refresh_token);
    clock.nowMs += 1_000;
    expectError(await refresh(token), "invalid_grant");
  });

  test.each(["staging", "argocd"])("of one client is nothing at %s", async (other) => {
    const { refreshTokenOf, refresh, github } = startSignIn();
    expectError(await refresh(await refreshTokenOf(), { client_id: other }), "invalid_grant");
    expect(github.calls).toEqual([]);
  });

  test("of a confidential sign-in needs the secret", async () => {
    const { refreshTokenOf, refresh } = startSignIn();
    const token = await refreshTokenOf({ needsSecret: true }, "argocd");
    expectError(await refresh(token, { client_id: "argocd" }), "invalid_client", 401);
    expect((await refresh(token, { client_id: undefined }, basic("argocd", argocdSecret))).status).toBe(200);
  });

  test.each([
    ["missing", undefined],
    ["empty", ""],
  ])("that is %s is a wrong request", async (_, token) => {
    const { refresh } = startSignIn();
    expectError(await refresh("", { refresh_token: token }), "invalid_request");
  });
});

describe("GitHub and the policy count each time", () => {
  test("a token that GitHub has revoked gives nothing", async () => {
    const { refreshTokenOf, refresh, github, clock } = startSignIn();
    const token = await refreshTokenOf();
    expect((await refresh(token)).status).toBe(200);
    github.owners.clear();
    clock.nowMs += 130_000;
    expectError(await refresh(token), "invalid_grant");
  });

  test("a person who is renamed goes on under the new login", async () => {
    const { refreshTokenOf, refresh, claimsOf, github, clock } = startSignIn();
    const token = github.addToken();
    const refreshToken = await refreshTokenOf({ token });
    await refresh(refreshToken);
    github.owners.set(token, { login: "monalisa", id: 583231, type: "User" });
    clock.nowMs += 130_000;
    const { body } = await refresh(refreshToken);
    expect((await claimsOf(body.id_token)).payload).toMatchObject({ sub: "583231", username: "monalisa:583231" });
  });

  test("a person who is denied by name is refused, in the words for all", async () => {
    const { refreshTokenOf, refresh } = startSignIn({
      CLUSTER_PRODUCTION: clusterTable({ sign_in: true, allow: ["anyone"], deny: ["user:octocat#583231"] }),
    });
    const answer = await refresh(await refreshTokenOf());
    expectError(answer, "invalid_grant");
    expect(answer.body.error_description).toMatch(/^This GitHub account is not admitted here/);
  });

  test("names come without the prefix, which the cluster adds", async () => {
    const { refreshTokenOf, refresh, claimsOf } = startSignIn({
      CLUSTER_PRODUCTION: clusterTable({ sign_in: true, username: "login", prefix: "acme/" }),
    });
    expect((await claimsOf((await refresh(await refreshTokenOf())).body.id_token)).payload.username).toBe("octocat");
  });

  test("token_kinds and oauth_clients, which are about tokens that people bring, count for none of it", async () => {
    const { refreshTokenOf, refresh } = startSignIn({
      CLUSTER_PRODUCTION: clusterTable({ sign_in: true, token_kinds: ["classic"] }),
    });
    expect((await refresh(await refreshTokenOf())).status).toBe(200);
  });

  test("a token that GITHUB_CLIENT_ID did not issue gives nothing", async () => {
    const { refreshTokenOf, refresh, github } = startSignIn();
    expectError(await refresh(await refreshTokenOf({ token: github.addToken("classic") })), "invalid_grant");
  });

  test("no cap on never-seen tokens holds a session back", async () => {
    const { refreshTokenOf, refresh } = startSignIn({ NEVER_SEEN_LIMIT: { limit: async () => ({ success: false }) } });
    expect((await refresh(await refreshTokenOf())).status).toBe(200);
  });
});

describe("while GitHub is down", () => {
  test("a person who was there lately goes on until the grace ends, and the ID token says so", async () => {
    const { refreshTokenOf, refresh, claimsOf, github, clock } = startSignIn();
    const token = await refreshTokenOf();
    await refresh(token);
    github.isDown = true;
    // Fresh for 120 s, and then 600 s of grace.
    clock.nowMs += 500_000;
    const { status, body } = await refresh(token);
    expect(status).toBe(200);
    const { payload } = await claimsOf(body.id_token);
    expect(payload).toMatchObject({ outage_grace: true, exp: startSeconds + 720 });
    expect(body.expires_in).toBe(220);
    clock.nowMs += 220_000;
    expectError(await refresh(token), "temporarily_unavailable", 503);
  });

  test("the session outlives the last second of the grace, in which no ID token would be left any time", async () => {
    const { refreshTokenOf, refresh, github, clock } = startSignIn();
    const token = await refreshTokenOf();
    clock.nowMs += 900;
    await refresh(token);
    github.isDown = true;
    clock.nowMs += 719_600;
    expectError(await refresh(token), "temporarily_unavailable", 503);
    github.isDown = false;
    clock.nowMs += 60_000;
    expect((await refresh(token)).status).toBe(200);
  });

  test("another person is asked to try again, and comes through afterwards", async () => {
    const { refreshTokenOf, refresh, github, clock, decisions } = startSignIn();
    const token = await refreshTokenOf();
    github.isDown = true;
    const answer = await refresh(token);
    expectError(answer, "temporarily_unavailable", 503);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(decisions()).toMatchObject([{ verdict: "undetermined", reason: "github_server_error" }]);
    expect(decisions()[0]).not.toHaveProperty("tokenId");
    github.isDown = false;
    clock.nowMs += 60_000;
    expect((await refresh(token)).status).toBe(200);
  });
});

describe("a rotation of CACHE_SECRET", () => {
  const secretOf = (fill: number) => Buffer.alloc(32, fill).toString("base64");

  test("lets sessions go on until the previous secret is refused, and moves them to the new one", async () => {
    const before = startSignIn({ CACHE_SECRET: secretOf(1) });
    const token = before.github.addToken();
    const refreshToken = await before.refreshTokenOf({ token });
    const during = { CACHE_SECRET: secretOf(2), CACHE_SECRET_PREVIOUS: `${secretOf(1)}@2026-11-20T12:00:00Z` };
    const after = startSignIn(during, before.github);
    const renewed = await after.refresh(refreshToken);
    expect(renewed.status).toBe(200);
    after.clock.nowMs += 2 * 3_600_000;
    expectError(await after.refresh(refreshToken), "invalid_grant");
    expect((await after.refresh(String(renewed.body.refresh_token))).status).toBe(200);
    const noPrevious = startSignIn({ CACHE_SECRET: secretOf(2) }, before.github);
    expectError(await noPrevious.refresh(refreshToken), "invalid_grant");
  });
});
