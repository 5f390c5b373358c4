// The device flow: a code from GitHub, polls that are passed on once an interval, and what a client is told meanwhile.
import { describe, expect, test } from "vitest";
import { type Answer, expectError, startSeconds, startSignIn } from "./support/app.ts";

const deviceCodeType = "urn:ietf:params:oauth:grant-type:device_code";

async function begin(changes: Record<string, unknown> = {}) {
  const app = startSignIn(changes);
  const started = await app.post("/device_authorization", { client_id: "production", scope: "openid" });
  const deviceCode = String(started.body.device_code);
  const poll = (form: Record<string, string | undefined> = {}): Promise<Answer> =>
    app.post("/token", { grant_type: deviceCodeType, client_id: "production", device_code: deviceCode, ...form });
  const wait = (seconds: number) => {
    app.clock.nowMs += seconds * 1000;
  };
  const polls = () => app.github.calls.filter((call) => call === "POST /login/oauth/access_token").length;
  const approve = () => {
    const token = app.github.addToken();
    app.github.tokenAnswer = { access_token: token, expires_in: 28_800, token_type: "bearer" };
  };
  return { ...app, started, poll, wait, polls, approve };
}

describe("POST /device_authorization", () => {
  test("answers with GitHub's code and page, and an interval that is never too short", async () => {
    const { started } = await begin();
    expect(started.status).toBe(200);
    expect(started.headers.get("cache-control")).toBe("no-store");
    expect(started.body).toEqual({
      device_code: expect.stringMatching(/^[A-Za-z0-9_-]+$/),
      user_code: "WDJB-MJHT",
      verification_uri: "https://github.com/login/device",
      expires_in: 900,
      interval: 7,
    });
  });

  test.each([
    ["a client without device_flow", { client_id: "staging" }, "unauthorized_client", 400],
    ["an unknown client", { client_id: "nowhere" }, "invalid_client", 401],
    ["no client", {}, "invalid_client", 401],
    ["a secret of a client that has none", { client_id: "production", client_secret: "x" }, "invalid_client", 401],
  ])("refuses %s, and GitHub hears nothing", async (_, form, error, status) => {
    const { post, github } = startSignIn();
    expectError(await post("/device_authorization", form), error, status);
    expect(github.calls).toEqual([]);
  });

  test.each([
    ["is down", { isDown: true }],
    ["has the device flow turned off", { deviceAnswer: { error: "device_flow_disabled" } }],
    ["answers what cannot be valid", { deviceAnswer: { device_code: 7 } }],
    [
      "names a page that is none",
      { deviceAnswer: { device_code: "x", user_code: "y", verification_uri: "javascript:0", expires_in: 9 } },
    ],
  ])("asks to try again where GitHub %s", async (_, changes) => {
    const { post, github } = startSignIn();
    Object.assign(github, changes);
    const answer = await post("/device_authorization", { client_id: "production" });
    expectError(answer, "temporarily_unavailable", 503);
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
  });
});

describe("a poll", () => {
  test("in the first seconds is answered without GitHub", async () => {
    const { poll, polls, wait } = await begin();
    expectError(await poll(), "authorization_pending");
    wait(5.9);
    expectError(await poll(), "authorization_pending");
    expect(polls()).toBe(0);
    wait(0.2);
    expectError(await poll(), "authorization_pending");
    expect(polls()).toBe(1);
  });

  test("is passed on once an interval, however many come", async () => {
    const { poll, polls, wait } = await begin();
    for (let second = 0; second < 70; second += 1) {
      wait(1);
      await Promise.all([poll(), poll()]);
    }
    expect(polls()).toBeLessThanOrEqual(Math.floor(70 / 6));
    expect(polls()).toBeGreaterThan(8);
  });

  test("becomes tokens once the person has approved, with a refresh token", async () => {
    const { poll, wait, approve, claimsOf, refresh, decisions } = await begin();
    approve();
    wait(7);
    const { status, body } = await poll();
    expect(status).toBe(200);
    const { payload } = await claimsOf(body.id_token);
    expect(payload).toMatchObject({ sub: "583231", iat: startSeconds + 7 });
    expect(payload).not.toHaveProperty("nonce");
    expect(decisions()).toMatchObject([{ grant: "device_code", step: "token", tokenId: payload.jti }]);
    expect((await refresh(String(body.refresh_token))).status).toBe(200);
  });

  test.each([
    [{ error: "access_denied" }, "access_denied", 400],
    [{ error: "expired_token" }, "expired_token", 400],
    [{ error: "token_expired" }, "expired_token", 400],
    [{ error: "incorrect_device_code" }, "expired_token", 400],
    [{ error: "slow_down", interval: 10 }, "slow_down", 400],
    [{ error: "authorization_pending" }, "authorization_pending", 400],
    [{ error: "unverified_user_email" }, "access_denied", 400],
    [{ error: "device_flow_disabled" }, "temporarily_unavailable", 503],
    [{ error: "something_new" }, "authorization_pending", 400],
    ["nothing", "authorization_pending", 400],
    [{ access_token: "" }, "authorization_pending", 400],
  ])("that GitHub answers with %j is %s", async (tokenAnswer, error, status) => {
    const { poll, wait, github } = await begin();
    github.tokenAnswer = tokenAnswer;
    wait(7);
    expectError(await poll(), error, status);
  });

  test("waits longer after GitHub has asked for it", async () => {
    const { poll, polls, wait, github } = await begin();
    github.tokenAnswer = { error: "slow_down", interval: 10 };
    wait(7);
    expectError(await poll(), "slow_down");
    wait(7);
    expectError(await poll(), "authorization_pending");
    expect(polls()).toBe(1);
    wait(5);
    expectError(await poll(), "slow_down");
    expect(polls()).toBe(2);
  });

  test("is pending while GitHub is down, until the code's own end", async () => {
    const { poll, wait, approve, github } = await begin();
    approve();
    github.isDown = true;
    wait(7);
    expectError(await poll(), "authorization_pending");
    wait(7);
    github.isDown = false;
    expect((await poll()).status).toBe(200);
  });

  test("is pending while nothing can be decided, and the token that GitHub gives out once is not lost", async () => {
    const { poll, polls, wait, approve, github } = await begin();
    approve();
    github.isApiDown = true;
    wait(7);
    expectError(await poll(), "authorization_pending");
    github.isApiDown = false;
    github.tokenAnswer = { error: "incorrect_device_code" };
    wait(60);
    expect((await poll()).status).toBe(200);
    expect(polls()).toBe(1);
    // Given out once, as GitHub does.
    wait(60);
    expectError(await poll(), "expired_token");
  });

  test("of a person whom the policy refuses is denied, with the reason that may be told", async () => {
    const { poll, wait, github } = await begin();
    const token = github.addToken("app", { login: "hubot", id: 2, type: "User" });
    github.tokenAnswer = { access_token: token, expires_in: 28_800 };
    wait(7);
    const answer = await poll();
    expectError(answer, "access_denied");
    expect(answer.body.error_description).toMatch(/^This GitHub account is not admitted here/);
  });

  test("ends with the code", async () => {
    const { poll, wait, polls } = await begin();
    wait(900);
    expectError(await poll(), "expired_token");
    expect(polls()).toBe(0);
  });

  test.each([
    ["another client's name", { client_id: "staging" }, "unauthorized_client"],
    ["no code", { device_code: undefined }, "invalid_request"],
    ["GitHub's own code", { device_code: "a".repeat(40) }, "invalid_grant"],
  ])("with %s is refused, and GitHub hears nothing", async (_, form, error) => {
    const { poll, wait, polls } = await begin();
    wait(7);
    expectError(await poll(form), error);
    expect(polls()).toBe(0);
  });
});
