import { describe, expect, test } from "vitest";
import { signInAtGitHub } from "../../../../support/github-browser.ts";
import { getUser, objectIn } from "../support.ts";
import { callbackUrl, codeIn, type Scene, scene, verifier } from "./scene.ts";

/** A scene in which a person has let the app in, with the code that came back. */
async function withCode(parameters: Readonly<Record<string, string | null>> = {}) {
  const signing = await scene();
  const code = codeIn(await signInAtGitHub(signing.newBrowser(), signing.authorizeUrl(parameters), "octo-reader"));
  const redeem = async (more: Readonly<Record<string, string | null>> = {}) => {
    return signing.requestToken({ code, redirect_uri: callbackUrl, code_verifier: verifier, ...more });
  };
  return { ...signing, code, redeem };
}

/** An error of the token endpoint: its status is that of a good answer. */
async function errorIn(response: Response): Promise<unknown> {
  expect(response.status).toBe(200);
  const body = await objectIn(response);
  expect(body).toEqual({ error: body.error, error_description: expect.any(String), error_uri: expect.any(String) });
  expect(JSON.stringify(body)).not.toContain('access_token"');
  return body.error;
}

describe("a code", () => {
  test("gives a token of the person for the app, with its end and a refresh token", async () => {
    const { standIn, app, redeem } = await withCode();
    const response = await redeem();
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
    const body = await objectIn(response);
    expect(body).toEqual({
      access_token: expect.stringMatching(/^ghu_[A-Za-z0-9]{36}$/),
      expires_in: 28_800,
      refresh_token: expect.stringMatching(/^ghr_[A-Za-z0-9]{76}$/),
      refresh_token_expires_in: 15_811_200,
      scope: "",
      token_type: "bearer",
    });
    const user = await getUser(standIn, String(body.access_token));
    expect(await objectIn(user)).toMatchObject({ login: "octo-reader", id: 4711 });
    expect(user.headers.get("x-oauth-client-id")).toBe(app.clientId);
    expect(user.headers.get("x-oauth-scopes")).toBe("");
    expect(user.headers.get("github-authentication-token-expiration")).toBe("2026-11-20 18:00:00 UTC");
  });

  test("gives a token without an end and without a refresh token where the app's tokens do not end", async () => {
    const { app, standIn, clock, redeem } = await withCode();
    app.expiringTokens = false;
    const body = await objectIn(await redeem());
    expect(Object.keys(body)).toEqual(["access_token", "scope", "token_type"]);
    clock.advanceSeconds(365 * 86_400);
    expect((await getUser(standIn, String(body.access_token))).status).toBe(200);
  });

  test("is good for one token", async () => {
    const { redeem } = await withCode();
    expect(await objectIn(await redeem())).toHaveProperty("access_token");
    expect(await errorIn(await redeem())).toBe("bad_verification_code");
  });

  test("is good once of many times at once", async () => {
    const { redeem } = await withCode();
    const bodies = await Promise.all(Array.from({ length: 8 }, async () => objectIn(await redeem())));
    expect(bodies.filter((body) => "access_token" in body)).toHaveLength(1);
  });

  test("ends after ten minutes", async () => {
    const { clock, redeem } = await withCode();
    clock.advanceSeconds(599);
    const later = await withCode();
    later.clock.advanceSeconds(600);
    expect(await objectIn(await redeem())).toHaveProperty("access_token");
    expect(await errorIn(await later.redeem())).toBe("bad_verification_code");
  });

  test.each<[string, Record<string, string | null>, string]>([
    ["a wrong secret", { client_secret: "wrong" }, "incorrect_client_credentials"],
    ["no secret", { client_secret: null }, "incorrect_client_credentials"],
    ["an unknown client", { client_id: "unknown" }, "incorrect_client_credentials"],
    ["no client", { client_id: null }, "incorrect_client_credentials"],
    ["a wrong code", { code: "0".repeat(20) }, "bad_verification_code"],
    ["an empty code", { code: "" }, "bad_verification_code"],
    ["another redirect URI", { redirect_uri: `${callbackUrl}/` }, "redirect_uri_mismatch"],
    ["a wrong verifier", { code_verifier: `${verifier}x` }, "bad_verification_code"],
    ["no verifier", { code_verifier: null }, "bad_verification_code"],
    ["another grant", { grant_type: "password" }, "unsupported_grant_type"],
    ["a grant by the name of a member that each object has", { grant_type: "constructor" }, "unsupported_grant_type"],
  ])("is refused with %s, and stays good for the app that has all of it", async (_, parameters, error) => {
    const { redeem } = await withCode();
    expect(await errorIn(await redeem(parameters))).toBe(error);
    expect(await objectIn(await redeem())).toHaveProperty("access_token");
  });

  test("of another app is refused", async () => {
    const { standIn, redeem } = await withCode();
    const other = standIn.addApp();
    const credentials = { client_id: other.clientId, client_secret: other.clientSecret };
    expect(await errorIn(await redeem(credentials))).toBe("bad_verification_code");
  });

  test("that was asked for without PKCE is refused with a verifier, and good without one", async () => {
    const { redeem } = await withCode({ code_challenge: null, code_challenge_method: null });
    expect(await errorIn(await redeem())).toBe("bad_verification_code");
    expect(await objectIn(await redeem({ code_verifier: null }))).toHaveProperty("access_token");
  });

  test("that was asked for with a plain challenge is good for nothing", async () => {
    const { redeem } = await withCode({ code_challenge: verifier, code_challenge_method: "plain" });
    expect(await errorIn(await redeem())).toBe("bad_verification_code");
  });

  test("of a person without a verified e-mail address says so", async () => {
    const { standIn, newBrowser, authorizeUrl, requestToken } = await scene();
    standIn.addAccount({ login: "octo-new", hasVerifiedEmail: false });
    const code = codeIn(await signInAtGitHub(newBrowser(), authorizeUrl(), "octo-new"));
    const response = await requestToken({ code, redirect_uri: callbackUrl, code_verifier: verifier });
    expect(await errorIn(response)).toBe("unverified_user_email");
  });
});

test("the answer is a form for a client that asks for nothing else, and JSON also for a request in JSON", async () => {
  const { standIn, app, code, redeem } = await withCode();
  const wrong = await fetch(`${standIn.webUrl}/login/oauth/access_token?client_id=${app.clientId}`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ client_secret: app.clientSecret, code: "wrong", redirect_uri: 7 }),
  });
  expect(await errorIn(wrong)).toBe("bad_verification_code");
  const parameters = { code, redirect_uri: callbackUrl, code_verifier: verifier, client_secret: app.clientSecret };
  const response = await fetch(`${standIn.webUrl}/login/oauth/access_token?client_id=${app.clientId}`, {
    method: "POST",
    body: new URLSearchParams(parameters),
  });
  expect(response.headers.get("content-type")).toBe("application/x-www-form-urlencoded; charset=utf-8");
  const form = new URLSearchParams(await response.text());
  expect(form.get("access_token")).toMatch(/^ghu_/);
  expect(form.get("scope")).toBe("");
  const refused = new URLSearchParams(await (await redeem()).text());
  expect(refused.size).toBeGreaterThan(0);
});

describe("a request that is no request", () => {
  test.each([
    ["an empty body", ""],
    ["a broken JSON", "{"],
    ["a JSON list", "[]"],
    ["JSON null", "null"],
    ["bytes", "\u0000\u00ff"],
  ])("with %s is refused as one of an unknown client", async (_, body) => {
    const { standIn } = await scene();
    const headers = { "content-type": "application/json", accept: "application/json" };
    const response = await fetch(`${standIn.webUrl}/login/oauth/access_token`, { method: "POST", headers, body });
    expect(await errorIn(response)).toBe("incorrect_client_credentials");
  });
});

describe("a token", () => {
  test("ends after eight hours", async () => {
    const { standIn, clock, newBrowser, signIn } = await scene();
    const token = String((await signIn(newBrowser(), "octo-reader")).access_token);
    clock.advanceSeconds(28_799);
    expect((await getUser(standIn, token)).status).toBe(200);
    clock.advanceSeconds(1);
    expect((await getUser(standIn, token)).status).toBe(401);
  });

  test("of ten others ends the one that was never used, and else the one that was used longest ago", async () => {
    const { standIn, clock, newBrowser, signIn } = await scene();
    const browser = newBrowser();
    const signInAgain = async () => {
      clock.advanceSeconds(600);
      return String((await signIn(browser, "octo-reader")).access_token);
    };
    const tokens: string[] = [];
    for (let count = 0; count < 10; count += 1) tokens.push(await signInAgain());
    // All are used, the fourth one last but for the third, which never was.
    for (const index of [0, 1, 4, 5, 6, 7, 8, 9, 3]) {
      clock.advanceSeconds(1);
      expect((await getUser(standIn, tokens[index] ?? "")).status).toBe(200);
    }
    tokens.push(await signInAgain());
    // The eleventh was not used either. It is not what its own sign-in ends, but the next one does.
    tokens.push(await signInAgain());
    expect(await statusesOf(standIn, tokens)).toEqual([200, 200, 401, 200, 200, 200, 200, 200, 200, 200, 401, 200]);
    tokens.push(await signInAgain());
    expect((await getUser(standIn, tokens[0] ?? "")).status).toBe(401);
  });

  test("of another person or another app does not count among the ten", async () => {
    const { standIn, clock, newBrowser, signIn } = await scene();
    const browser = newBrowser();
    const first = String((await signIn(browser, "octo-reader")).access_token);
    for (let count = 0; count < 10; count += 1) {
      clock.advanceSeconds(600);
      await signIn(newBrowser(), "octo-writer");
    }
    expect((await getUser(standIn, first)).status).toBe(200);
  });
});

async function statusesOf(standIn: Scene["standIn"], tokens: readonly string[]): Promise<number[]> {
  const statuses: number[] = [];
  for (const token of tokens) statuses.push((await getUser(standIn, token)).status);
  return statuses;
}

describe("a refresh token", () => {
  const grant = { grant_type: "refresh_token" };

  test("gives another pair once, and ends the old one at once", async () => {
    const { standIn, newBrowser, signIn, requestToken } = await scene();
    const old = await signIn(newBrowser(), "octo-reader");
    const refresh = async () => requestToken({ ...grant, refresh_token: String(old.refresh_token) });
    const body = await objectIn(await refresh());
    expect(body).toMatchObject({ expires_in: 28_800, scope: "", token_type: "bearer" });
    expect((await getUser(standIn, String(old.access_token))).status).toBe(401);
    expect(await objectIn(await getUser(standIn, String(body.access_token)))).toMatchObject({ login: "octo-reader" });
    expect(await errorIn(await refresh())).toBe("bad_refresh_token");
    const again = await requestToken({ ...grant, refresh_token: String(body.refresh_token) });
    expect(await objectIn(again)).toHaveProperty("access_token");
  });

  test("outlives its token, and ends after half a year", async () => {
    const { clock, newBrowser, signIn, requestToken } = await scene();
    const first = await signIn(newBrowser(), "octo-reader");
    const second = await signIn(newBrowser(), "octo-writer");
    clock.advanceSeconds(15_811_199);
    const refreshed = await requestToken({ ...grant, refresh_token: String(first.refresh_token) });
    expect(await objectIn(refreshed)).toHaveProperty("access_token");
    clock.advanceSeconds(1);
    const late = await requestToken({ ...grant, refresh_token: String(second.refresh_token) });
    expect(await errorIn(late)).toBe("bad_refresh_token");
  });

  test("is refused with a wrong secret, at another app, after its token was revoked, and made up", async () => {
    const { standIn, newBrowser, signIn, requestToken } = await scene();
    const { access_token: token, refresh_token: refreshToken } = await signIn(newBrowser(), "octo-reader");
    const good = { ...grant, refresh_token: String(refreshToken) };
    const other = standIn.addApp();
    for (const [parameters, error] of [
      [{ client_secret: "wrong" }, "incorrect_client_credentials"],
      [{ client_secret: null }, "incorrect_client_credentials"],
      [{ client_id: other.clientId, client_secret: other.clientSecret }, "bad_refresh_token"],
      [{ refresh_token: "made up" }, "bad_refresh_token"],
      [{ refresh_token: null }, "bad_refresh_token"],
    ] as const) {
      expect(await errorIn(await requestToken({ ...good, ...parameters }))).toBe(error);
    }
    standIn.revokeToken(String(token));
    expect(await errorIn(await requestToken(good))).toBe("bad_refresh_token");
  });

  test("is no token for the API", async () => {
    const { standIn, newBrowser, signIn } = await scene();
    const { refresh_token: refreshToken } = await signIn(newBrowser(), "octo-reader");
    expect((await getUser(standIn, String(refreshToken))).status).toBe(401);
  });
});

test("an app has a number of token requests in an hour, good and bad ones, and then meets a page with 429", async () => {
  const { standIn, clock, newBrowser, signIn, requestToken } = await scene({}, { tokenRequestLimit: 3 });
  await signIn(newBrowser(), "octo-reader");
  expect(await errorIn(await requestToken({ code: "wrong" }))).toBe("bad_verification_code");
  expect(await errorIn(await requestToken({ grant_type: "wrong" }))).toBe("unsupported_grant_type");
  const limited = await requestToken({ code: "wrong" });
  expect(limited.status).toBe(429);
  expect(limited.headers.get("retry-after")).toBe("60");
  expect(limited.headers.get("content-type")).toMatch(/^text\/html/);
  expect(await limited.text()).toContain("You have exceeded a secondary rate limit.");
  const other = standIn.addApp();
  const ofOther = { client_id: other.clientId, client_secret: other.clientSecret, code: "wrong" };
  expect(await errorIn(await requestToken(ofOther))).toBe("bad_verification_code");
  clock.advanceSeconds(3600);
  expect(await errorIn(await requestToken({ code: "wrong" }))).toBe("bad_verification_code");
});
