// POST /revoke: what ends at GitHub, and what is said where nothing does.
import { describe, expect, test } from "vitest";
import { argocdSecret, basic, expectError, startSignIn } from "./support/app.ts";

const production = { client_id: "production" };
const deletions = (calls: readonly string[]) => calls.filter((call) => call.startsWith("DELETE"));

describe("a refresh token", () => {
  test("ends at GitHub, and nothing that memory or KV holds brings it back", async () => {
    const { refreshTokenOf, refresh, post, github } = startSignIn();
    const token = await refreshTokenOf();
    expect((await refresh(token)).status).toBe(200);
    const { status, headers, body } = await post("/revoke", { ...production, token });
    expect({ status, body }).toEqual({ status: 200, body: {} });
    expect(headers.get("cache-control")).toBe("no-store");
    expect(deletions(github.calls)).toHaveLength(1);
    // Facts of a moment ago would be fresh, and while GitHub is down there would be grace.
    github.isDown = true;
    expectError(await refresh(token), "temporarily_unavailable", 503);
    github.isDown = false;
    expectError(await refresh(token), "invalid_grant");
  });

  test("leaves a tombstone in KV, so that an outage brings it back in no isolate, whichever ended it", async () => {
    const kept = new Map<string, Uint8Array>();
    const KV = {
      get: async (name: string) => kept.get(name)?.slice().buffer ?? null,
      put: async (name: string, value: Uint8Array) => void kept.set(name, value),
    };
    const one = startSignIn({ KV });
    const token = await one.refreshTokenOf();
    expect((await one.refresh(token)).status).toBe(200);
    await one.settled();
    // It has never seen the token, and knows of it from KV alone.
    const another = startSignIn(one.env, one.github);
    expect((await another.post("/revoke", { ...production, token })).status).toBe(200);
    await another.settled();
    one.github.isDown = true;
    const third = startSignIn(one.env, one.github);
    expectError(await third.refresh(token), "temporarily_unavailable", 503);
  });

  test("whose GitHub token is gone already is done with", async () => {
    const { refreshTokenOf, post, github } = startSignIn();
    const token = await refreshTokenOf();
    github.owners.clear();
    expect((await post("/revoke", { ...production, token })).status).toBe(200);
  });

  test("that a browser session shares is not ended by one program, which learns where to sign out", async () => {
    const { refreshTokenOf, post, github, refresh } = startSignIn();
    const token = await refreshTokenOf({ isShared: true });
    const answer = await post("/revoke", { ...production, token });
    expectError(answer, "unsupported_token_type");
    expect(answer.body.error_description).toContain("https://login.acme.test/sign-out");
    expect(github.calls).toEqual([]);
    expect((await refresh(token)).status).toBe(200);
  });

  test("has not ended where GitHub cannot be reached", async () => {
    const { refreshTokenOf, refresh, post, github } = startSignIn();
    const token = await refreshTokenOf();
    github.isDown = true;
    expectError(await post("/revoke", { ...production, token }), "temporarily_unavailable", 503);
    github.isDown = false;
    expect((await refresh(token)).status).toBe(200);
  });

  test("of a confidential sign-in needs the secret", async () => {
    const { refreshTokenOf, post, github } = startSignIn();
    const token = await refreshTokenOf({ needsSecret: true }, "argocd");
    expectError(await post("/revoke", { client_id: "argocd", token }), "invalid_client", 401);
    expect(github.calls).toEqual([]);
    expect((await post("/revoke", { token }, basic("argocd", argocdSecret))).status).toBe(200);
  });

  test("of another client is none of this one's: nothing ends", async () => {
    const { refreshTokenOf, post, github } = startSignIn();
    const token = await refreshTokenOf({}, "staging");
    expect((await post("/revoke", { ...production, token })).status).toBe(200);
    expect(github.calls).toEqual([]);
  });
});

describe("anything else", () => {
  test("an access token is not revocable, and says so", async () => {
    const { codeOf, redeem, post } = startSignIn();
    const { body } = await redeem(await codeOf());
    expectError(await post("/revoke", { ...production, token: String(body.access_token) }), "unsupported_token_type");
  });

  test.each(["garbage", "a.b.c", "x".repeat(15_500)])("is not ours, and there is nothing to end", async (token) => {
    const { post, github } = startSignIn();
    expect((await post("/revoke", { ...production, token })).status).toBe(200);
    expect(github.calls).toEqual([]);
  });

  test.each([
    ["without a token", production, "invalid_request", 400],
    ["without a client", { token: "x" }, "invalid_client", 401],
    ["of an unknown client", { client_id: "nowhere", token: "x" }, "invalid_client", 401],
    ["with a wrong secret", { client_id: "argocd", client_secret: "x", token: "x" }, "invalid_client", 401],
  ])("a request %s is refused", async (_, form, error, status) => {
    const { post } = startSignIn();
    expectError(await post("/revoke", form), error, status);
  });
});
