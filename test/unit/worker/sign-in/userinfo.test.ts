// GET and POST /userinfo: who the person is now, and what an access token is not good for.
import { describe, expect, test } from "vitest";
import { expectError, startSignIn } from "./support/app.ts";

async function signedIn(changes: Record<string, unknown> = {}) {
  const app = startSignIn(changes);
  const { body } = await app.redeem(await app.codeOf());
  const accessToken = String(body.access_token);
  const bearer = { headers: { authorization: `Bearer ${accessToken}` } };
  return { ...app, body, accessToken, bearer };
}

describe("an access token", () => {
  test("tells who the person is, by GET and POST alike, with the subject of the ID token", async () => {
    const { ask, post, bearer, accessToken } = await signedIn();
    const expected = {
      sub: "583231",
      username: "octocat:583231",
      groups: [],
      preferred_username: "octocat",
      name: "octocat",
      github_host: "github.com",
      credential_id: expect.stringMatching(/^GITHUBSHA256=/),
      credential_kind: "app",
      door: "sign-in",
    };
    const byGet = await ask("/userinfo", bearer);
    expect(byGet).toMatchObject({ status: 200 });
    expect(byGet.body).toEqual(expected);
    expect(byGet.headers.get("cache-control")).toBe("no-store");
    expect((await ask("/userinfo", { ...bearer, method: "POST" })).body).toEqual(expected);
    expect((await post("/userinfo", { access_token: accessToken })).body).toEqual(expected);
  });

  test("ends with its ID token", async () => {
    const { ask, bearer, clock, body } = await signedIn();
    clock.nowMs += Number(body.expires_in) * 1000 - 1;
    expect((await ask("/userinfo", bearer)).status).toBe(200);
    clock.nowMs += 1;
    expectError(await ask("/userinfo", bearer), "invalid_token", 401);
  });

  test("tells nothing of a person who is out", async () => {
    const { ask, bearer, clock, github } = await signedIn();
    github.owners.clear();
    clock.nowMs += 130_000;
    const answer = await ask("/userinfo", bearer);
    expectError(answer, "invalid_token", 401);
    expect(answer.body.error_description).toMatch(/sign in again/);
    expect(answer.headers.get("www-authenticate")).toMatch(
      /^Bearer error="invalid_token", error_description="[^"\\]+"$/,
    );
  });

  test("asks to try again while GitHub is down and no grace is left", async () => {
    const { ask, bearer, clock, github } = await signedIn({ OUTAGE_GRACE_SECONDS: 0 });
    github.isDown = true;
    clock.nowMs += 130_000;
    expectError(await ask("/userinfo", bearer), "temporarily_unavailable", 503);
  });

  test("must come, and in one way alone", async () => {
    const { ask, post, accessToken, bearer } = await signedIn();
    const none = await ask("/userinfo");
    expectError(none, "invalid_token", 401);
    expect(none.headers.get("www-authenticate")).toBe("Bearer");
    expectError(await ask(`/userinfo?access_token=${accessToken}`), "invalid_token", 401);
    expectError(await post("/userinfo", { access_token: accessToken }, bearer.headers), "invalid_request");
    expectError(await ask("/userinfo", { headers: { authorization: `Basic ${accessToken}` } }), "invalid_token", 401);
  });

  test.each(["id_token", "refresh_token"])("is nothing else: the %s is refused", async (name) => {
    const { ask, body } = await signedIn();
    const answer = await ask("/userinfo", { headers: { authorization: `Bearer ${body[name]}` } });
    expectError(answer, "invalid_token", 401);
  });

  test("of a client that is no more tells nothing", async () => {
    const { accessToken, env, github } = await signedIn();
    const without = startSignIn({ ...env, CLUSTER_PRODUCTION: undefined }, github);
    const answer = await without.ask("/userinfo", { headers: { authorization: `Bearer ${accessToken}` } });
    expectError(answer, "invalid_token", 401);
  });
});
