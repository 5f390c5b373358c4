// Limits by the caller's address, and what must not use them up.
import { describe, expect, test } from "vitest";
import { makeToken } from "../../../../src/local/github/token.ts";
import { makeSecret } from "../config/sign-in-environment.ts";
import { argocdSecret, argocdUri, basic, expectError, type SignInApp, startSignIn } from "./support/app.ts";

describe("limits by address", () => {
  const from = (address: string) => ({ "cf-connecting-ip": address });
  const office = from("192.0.2.1");
  const refuses = (keys: string[]) => ({
    limit: async ({ key }: { key: string }) => {
      keys.push(key);
      return { success: false };
    },
  });

  test("/authorize and /device_authorization are for addresses that are within them", async () => {
    const keys: string[] = [];
    const { send, post, github } = startSignIn({ AUTHORIZE_LIMIT: refuses(keys), DEVICE_LIMIT: refuses(keys) });
    const page = await send("/authorize?client_id=production", { headers: from("2001:db8:1:2:3:4:5:6") });
    expect(page.status).toBe(429);
    expect(page.headers.get("retry-after")).toBe("60");
    const answer = await post("/device_authorization", { client_id: "production" }, from("192.0.2.1"));
    expectError(answer, "temporarily_unavailable", 429);
    expect(keys).toEqual(["2001:db8:1:2", "192.0.2.1"]);
    expect(github.calls).toEqual([]);
  });

  test("failures are counted after they happened, and the address is refused for the rest of the minute", async () => {
    const keys: string[] = [];
    const { refresh, refreshTokenOf, clock, settled } = startSignIn({ TOKEN_FAILURE_LIMIT: refuses(keys) });
    const right = await refreshTokenOf();
    expectError(await refresh("made-up", {}, from("192.0.2.1")), "invalid_grant");
    await settled();
    expect(keys).toEqual(["192.0.2.1"]);
    const answer = await refresh(right, {}, from("192.0.2.1"));
    expectError(answer, "temporarily_unavailable", 429);
    expect(answer.headers.get("retry-after")).toBe("60");
    expect((await refresh(right, {}, from("192.0.2.2"))).status).toBe(200);
    clock.nowMs += 60_000;
    expect((await refresh(right, {}, from("192.0.2.1"))).status).toBe(200);
  });

  test("where Cloudflare tells no address there is none of them: any caller could lock out all others", async () => {
    const keys: string[] = [];
    const limits = { AUTHORIZE_LIMIT: refuses(keys), DEVICE_LIMIT: refuses(keys), TOKEN_FAILURE_LIMIT: refuses(keys) };
    const { send, post, refresh, refreshTokenOf, settled } = startSignIn(limits);
    expect((await send("/authorize?client_id=unknown")).status).toBe(400);
    expect((await post("/device_authorization", { client_id: "production" })).status).toBe(200);
    expectError(await refresh("made-up"), "invalid_grant");
    await settled();
    expect((await refresh(await refreshTokenOf())).status).toBe(200);
    expect(keys).toEqual([]);
  });

  test("what succeeds, waits, has ended or is refused by the policy is no failure: an office is one address", async () => {
    const keys: string[] = [];
    const { refresh, refreshTokenOf, github, post, clock, settled } = startSignIn({
      TOKEN_FAILURE_LIMIT: refuses(keys),
    });
    const ended = await refreshTokenOf();
    clock.nowMs += 8 * 3_600_000;
    await refresh(ended, {}, office);
    const end = clock.nowMs / 1000 + 3_600;
    await refresh(await refreshTokenOf({ tokenEndsAt: end }), {}, office);
    const hubot = github.addToken("app", { login: "hubot", id: 2, type: "User" });
    expectError(await refresh(await refreshTokenOf({ token: hubot, tokenEndsAt: end }), {}, office), "invalid_grant");
    const { body } = await post("/device_authorization", { client_id: "production" }, office);
    const poll = { grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code: String(body.device_code) };
    expectError(await post("/token", { client_id: "production", ...poll }, office), "authorization_pending");
    github.isDown = true;
    await refresh(await refreshTokenOf({ tokenEndsAt: end }), {}, office);
    await settled();
    expect(keys).toEqual([]);
  });

  test.each(["cross-site", "same-site"])(
    "a page (%s) that a person has open cannot use up those of their office",
    async (site) => {
      const keys: string[] = [];
      const { post, refresh, refreshTokenOf, settled, github } = startSignIn({
        DEVICE_LIMIT: refuses(keys),
        TOKEN_FAILURE_LIMIT: refuses(keys),
      });
      const page = { ...office, "sec-fetch-site": site };
      expectError(await refresh("made-up", {}, page), "invalid_request", 403);
      expectError(await post("/device_authorization", { client_id: "production" }, page), "invalid_request", 403);
      expectError(await post("/revoke", { client_id: "production", token: "made-up" }, page), "invalid_request", 403);
      await settled();
      expect([keys, github.calls]).toEqual([[], []]);
      expect((await refresh(await refreshTokenOf(), {}, office)).status).toBe(200);
    },
  );

  test("a made-up code that a visitor gives to a web application with a secret is no failure of the application", async () => {
    const keys: string[] = [];
    const { redeem, settled } = startSignIn({ TOKEN_FAILURE_LIMIT: refuses(keys) });
    const application = { client_id: undefined, redirect_uri: argocdUri };
    expectError(await redeem("made-up", application, { ...office, ...basic("argocd", argocdSecret) }), "invalid_grant");
    await settled();
    expect(keys).toEqual([]);
    const wrong = await redeem("made-up", application, { ...office, ...basic("argocd", "x".repeat(32)) });
    expectError(wrong, "invalid_client", 401);
    await settled();
    expect(keys).toEqual(["192.0.2.1"]);
  });

  describe.each([
    ["/token", { grant_type: "refresh_token", refresh_token: "made-up" }],
    ["/revoke", { token: "made-up" }],
    ["/device_authorization", {}],
  ])("%s says whether a client's secret is right, so", (path, form) => {
    const ask = (app: SignInApp, secret: string, address: string) =>
      app.post(path, form, { ...from(address), ...basic("argocd", secret) });

    test("a guess is a failure, and the address is refused at each of them for the rest of the minute", async () => {
      const keys: string[] = [];
      const app = startSignIn({ TOKEN_FAILURE_LIMIT: refuses(keys) });
      expectError(await ask(app, makeSecret(), "192.0.2.1"), "invalid_client", 401);
      await app.settled();
      expect(keys).toEqual(["192.0.2.1"]);
      for (const [other, otherForm] of Object.entries({ "/token": {}, "/revoke": {}, "/device_authorization": {} })) {
        const answer = await app.post(other, otherForm, { ...office, ...basic("argocd", makeSecret()) });
        expectError(answer, "temporarily_unavailable", 429);
      }
      app.clock.nowMs += 60_000;
      expectError(await ask(app, makeSecret(), "192.0.2.1"), "invalid_client", 401);
    });

    test("an outsider's guesses leave the client itself alone, which has another address", async () => {
      const app = startSignIn({ TOKEN_FAILURE_LIMIT: refuses([]) });
      expectError(await ask(app, makeSecret(), "192.0.2.1"), "invalid_client", 401);
      await app.settled();
      expect((await ask(app, argocdSecret, "192.0.2.2")).status).not.toBe(429);
    });

    test("no failure of a client that has shown its secret counts: what it sends on may be any visitor's", async () => {
      const keys: string[] = [];
      const app = startSignIn({ TOKEN_FAILURE_LIMIT: refuses(keys) });
      const answer = await app.post(path, { grant_type: "unknown" }, { ...office, ...basic("argocd", argocdSecret) });
      expect(answer.status).toBe(400);
      await app.settled();
      expect(keys).toEqual([]);
    });
  });

  test("a token that a visitor gives to a client with a secret, for an exchange, is no failure of the client", async () => {
    const keys: string[] = [];
    const { exchange, settled } = startSignIn({ TOKEN_FAILURE_LIMIT: refuses(keys) });
    const sent = { ...office, ...basic("argocd", argocdSecret) };
    expectError(await exchange(makeToken("classic"), {}, sent), "invalid_request");
    await settled();
    expect(keys).toEqual([]);
  });

  test("a token that a caller makes up for an exchange is a failure", async () => {
    const keys: string[] = [];
    const { exchange, settled } = startSignIn({ TOKEN_FAILURE_LIMIT: refuses(keys) });
    expectError(await exchange(makeToken("classic"), {}, office), "invalid_request");
    await settled();
    expect(keys).toEqual(["192.0.2.1"]);
  });

  test("a limiter that is missing limits nothing, which is said once", async () => {
    const { refresh, errors } = startSignIn({ TOKEN_FAILURE_LIMIT: undefined });
    for (let time = 0; time < 100; time += 1) expectError(await refresh("made-up", {}, office), "invalid_grant");
    expect(errors).toEqual([expect.stringMatching(/^TOKEN_FAILURE_LIMIT is not bound/)]);
  });
});
