import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { getUser, getWithHeaders, handClock, messageIn, start } from "./support.ts";

describe("GET /user", () => {
  test("shows the public profile to a token without scopes", async () => {
    const standIn = await start();
    const account = standIn.addAccount({ login: "octo-reader", id: 4711 });
    const response = await getUser(standIn, standIn.issueToken(account, { kind: "classic" }));
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
    const body = await response.json();
    expect(body).toMatchObject({ login: "octo-reader", id: 4711, type: "User", user_view_type: "public" });
    expect(body).not.toHaveProperty("two_factor_authentication");
  });

  test.each(["user", "read:user"])("shows the private profile to a token with the scope %s", async (scope) => {
    const standIn = await start();
    const token = standIn.issueToken(standIn.addAccount({ login: "octo-reader" }), {
      kind: "classic",
      scopes: [scope],
    });
    expect(await (await getUser(standIn, token)).json()).toMatchObject({
      user_view_type: "private",
      two_factor_authentication: true,
    });
  });

  test("shows a renamed account under its new login and its old number", async () => {
    const standIn = await start();
    const account = standIn.addAccount({ login: "before" });
    const token = standIn.issueToken(account, { kind: "fine_grained" });
    account.login = "after";
    expect(await (await getUser(standIn, token)).json()).toMatchObject({ login: "after", id: account.id });
  });

  test("shows other types of accounts as what they are", async () => {
    const standIn = await start();
    const token = standIn.issueToken(standIn.addAccount({ login: "a-bot[bot]", type: "Bot" }), { kind: "app" });
    expect(await (await getUser(standIn, token)).json()).toMatchObject({ type: "Bot" });
  });

  test("accepts a token of one's own making and both authorization schemes", async () => {
    const standIn = await start();
    const account = standIn.addAccount({ login: "octo-reader" });
    const token = standIn.issueToken(account, { kind: "app", token: "ghu_some.other-format" });
    for (const scheme of ["Bearer", "token", "bearer"]) {
      const response = await getUser(standIn, null, { headers: { authorization: `${scheme} ${token}` } });
      expect(response.status).toBe(200);
    }
  });

  test("answers HEAD like GET, without the body", async () => {
    const standIn = await start();
    const token = standIn.issueToken(standIn.addAccount({ login: "octo-reader" }), { kind: "classic" });
    const get = await getUser(standIn, token);
    const head = await getUser(standIn, token, { method: "HEAD" });
    expect(head.status).toBe(200);
    expect(head.headers.get("etag")).toBe(get.headers.get("etag"));
    expect(head.headers.get("content-length")).toBe(get.headers.get("content-length"));
    expect(await head.text()).toBe("");
  });
});

describe("the headers about a token", () => {
  test.each([
    ["classic", ["repo", "read:org"], "repo, read:org"],
    ["classic", [], ""],
    ["oauth", ["user"], "user"],
    ["legacy", [], ""],
    ["app", ["ignored"], ""],
    ["fine_grained", [], null],
  ] as const)("name the scopes of a token of kind %s with %j as %j", async (kind, scopes, expected) => {
    const standIn = await start();
    const token = standIn.issueToken(standIn.addAccount({ login: "octo-reader" }), { kind, scopes });
    const { headers } = await getUser(standIn, token);
    expect(headers.get("x-oauth-scopes")).toBe(expected);
    expect(headers.get("x-accepted-oauth-scopes")).toBe(expected === null ? null : "");
    const permissions = kind === "app" || kind === "fine_grained" ? "allows_permissionless_access=true" : null;
    expect(headers.get("x-accepted-github-permissions")).toBe(permissions);
  });

  test("name the client and the expiry when there are any, as they were given", async () => {
    const standIn = await start();
    const account = standIn.addAccount({ login: "octo-reader" });
    const bound = standIn.issueToken(account, {
      kind: "oauth",
      oauthClientId: "client-of-a-test",
      expiration: "2027-01-19 10:23:39 +0100",
    });
    const withClient = await getUser(standIn, bound);
    expect(withClient.headers.get("x-oauth-client-id")).toBe("client-of-a-test");
    expect(withClient.headers.get("github-authentication-token-expiration")).toBe("2027-01-19 10:23:39 +0100");
    const unbound = await getUser(standIn, standIn.issueToken(account, { kind: "classic" }));
    expect(unbound.headers.has("x-oauth-client-id")).toBe(false);
    expect(unbound.headers.has("github-authentication-token-expiration")).toBe(false);
  });

  test("hold what GitHub's answers hold", async () => {
    const standIn = await start();
    const token = standIn.issueToken(standIn.addAccount({ login: "octo-reader" }), { kind: "fine_grained" });
    const { headers } = await getUser(standIn, token, { headers: { "x-github-api-version": "2026-03-10" } });
    expect(headers.get("x-github-media-type")).toBe("github.v3; format=json");
    expect(headers.get("x-github-api-version-selected")).toBe("2026-03-10");
    expect(headers.get("cache-control")).toBe("private, max-age=60, s-maxage=60");
    expect(headers.get("vary")).toContain("Authorization");
    expect(headers.get("etag")).toMatch(/^W\/"[0-9a-f]{64}"$/);
    expect(headers.get("x-github-request-id")).toMatch(/^[0-9A-F]{4}:[0-9A-F]{6}:[0-9A-F]{7}:[0-9A-F]{7}:[0-9A-F]{8}$/);
  });

  test("never repeat a request id", async () => {
    const standIn = await start();
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => (await getUser(standIn, null)).headers.get("x-github-request-id")),
    );
    expect(new Set(ids).size).toBe(20);
  });
});

describe("what is refused", () => {
  test.each([
    ["a token that it never gave out", "ghp_never-given-out"],
    ["a token that is no token at all", "nonsense"],
  ])("%s gets 401 Bad credentials", async (_, token) => {
    const standIn = await start();
    const response = await getUser(standIn, token);
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({
      message: "Bad credentials",
      documentation_url: "https://docs.github.com/rest",
      status: "401",
    });
    expect(response.headers.get("x-ratelimit-limit")).toBe("60");
    expect(response.headers.has("x-oauth-scopes")).toBe(false);
  });

  test("a revoked token gets 401 from then on", async () => {
    const standIn = await start();
    const token = standIn.issueToken(standIn.addAccount({ login: "octo-reader" }), { kind: "classic" });
    expect((await getUser(standIn, token)).status).toBe(200);
    standIn.revokeToken(token);
    expect((await getUser(standIn, token)).status).toBe(401);
  });

  test("a refresh token is no token of the API's", async () => {
    const standIn = await start();
    const token = standIn.issueToken(standIn.addAccount({ login: "octo-reader" }), { kind: "refresh" });
    expect((await getUser(standIn, token)).status).toBe(401);
  });

  test("an installation token gets 403, counted in a bucket of its own", async () => {
    const standIn = await start();
    const account = standIn.addAccount({ login: "octo-reader" });
    const response = await getUser(standIn, standIn.issueToken(account, { kind: "installation" }));
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ message: "Resource not accessible by integration", status: "403" });
    expect(response.headers.get("x-ratelimit-limit")).toBe("5000");
    expect(response.headers.has("x-oauth-scopes")).toBe(false);
  });

  test("no token gets 401 Requires authentication", async () => {
    const standIn = await start();
    const response = await getUser(standIn, null);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ message: "Requires authentication", status: "401" });
  });

  test.each([
    ["GET", "/user/"],
    ["GET", "/users"],
    ["GET", "//user"],
    ["GET", "/"],
    ["POST", "/user"],
    ["DELETE", "/user"],
  ])("%s %s is 404, with a good token and without", async (method, path) => {
    const standIn = await start();
    const token = standIn.issueToken(standIn.addAccount({ login: "octo-reader" }), { kind: "classic" });
    for (const headers of [{ authorization: `Bearer ${token}` }, undefined]) {
      const response = await fetch(standIn.url + path, { method, ...(headers && { headers }) });
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ message: "Not Found", status: "404" });
    }
  });

  test("a path that does not exist is 401 for a wrong token", async () => {
    const standIn = await start();
    const response = await fetch(`${standIn.url}/nowhere`, { headers: { authorization: "Bearer wrong" } });
    expect(response.status).toBe(401);
  });

  test("a request without User-Agent is refused as HTML, good token or not", async () => {
    const standIn = await start();
    const token = standIn.issueToken(standIn.addAccount({ login: "octo-reader" }), { kind: "classic" });
    const response = await getWithHeaders(`${standIn.url}/user`, { authorization: `Bearer ${token}` });
    expect(response.statusCode).toBe(403);
    expect(response.headers["content-type"]).toContain("text/html");
    expect(await text(response)).toContain("Request forbidden by administrative rules");
  });

  test("an API version that does not exist is 400", async () => {
    const standIn = await start();
    const token = standIn.issueToken(standIn.addAccount({ login: "octo-reader" }), { kind: "classic" });
    const response = await getUser(standIn, token, { headers: { "x-github-api-version": "2021-01-01" } });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ status: "400" });
  });
});

describe("conditional requests", () => {
  async function tagged() {
    const standIn = await start();
    const account = standIn.addAccount({ login: "octo-reader" });
    const token = standIn.issueToken(account, { kind: "classic", expiration: "2027-01-01 00:00:00 UTC" });
    const etag = (await getUser(standIn, token)).headers.get("etag") ?? "";
    return { standIn, account, token, etag };
  }

  test("an unchanged answer is 304 without body and costs nothing", async () => {
    const { standIn, token, etag } = await tagged();
    for (const ifNoneMatch of [etag, etag.replace("W/", ""), `"other", ${etag}`, "*"]) {
      const response = await getUser(standIn, token, { headers: { "if-none-match": ifNoneMatch } });
      expect(response.status).toBe(304);
      expect(await response.text()).toBe("");
      expect(response.headers.get("etag")).toBe(etag);
      expect(response.headers.has("content-type")).toBe(false);
      expect(response.headers.get("x-ratelimit-used")).toBe("1");
      expect(response.headers.get("github-authentication-token-expiration")).toBe("2027-01-01 00:00:00 UTC");
    }
  });

  test("a changed account is sent anew", async () => {
    const { standIn, account, token, etag } = await tagged();
    account.login = "renamed";
    const response = await getUser(standIn, token, { headers: { "if-none-match": etag } });
    expect(response.status).toBe(200);
    expect(response.headers.get("etag")).not.toBe(etag);
  });

  test("the tag of one token means nothing with another of the same person", async () => {
    const { standIn, account, etag } = await tagged();
    const other = standIn.issueToken(account, { kind: "classic" });
    expect((await getUser(standIn, other, { headers: { "if-none-match": etag } })).status).toBe(200);
  });

  test("a revoked token gets 401, whatever tag it brings", async () => {
    const { standIn, token, etag } = await tagged();
    standIn.revokeToken(token);
    expect((await getUser(standIn, token, { headers: { "if-none-match": etag } })).status).toBe(401);
  });
});

describe("rate limits", () => {
  const limitsOf = ({ headers }: Response) =>
    ["limit", "remaining", "used", "reset", "resource"].map((name) => headers.get(`x-ratelimit-${name}`));

  test("count all tokens of a person in one bucket, until its hour is over", async () => {
    const clock = handClock();
    const standIn = await start({ now: clock.now });
    const account = standIn.addAccount({ login: "octo-reader" });
    const other = standIn.addAccount({ login: "octo-writer" });
    const reset = String(clock.now().getTime() / 1000 + 3600);
    const token = standIn.issueToken(account, { kind: "classic" });
    expect(limitsOf(await getUser(standIn, token))).toEqual(["5000", "4999", "1", reset, "core"]);
    clock.advanceSeconds(3599);
    const second = standIn.issueToken(account, { kind: "fine_grained" });
    expect(limitsOf(await getUser(standIn, second))).toEqual(["5000", "4998", "2", reset, "core"]);
    expect(limitsOf(await getUser(standIn, standIn.issueToken(other, { kind: "app" })))[2]).toBe("1");
    clock.advanceSeconds(1);
    expect(limitsOf(await getUser(standIn, token))[2]).toBe("1");
  });

  test("refuse a person whose bucket is used up, and nobody else", async () => {
    const standIn = await start({ userLimit: 1 });
    const account = standIn.addAccount({ login: "octo-reader", id: 4711 });
    const token = standIn.issueToken(account, { kind: "classic" });
    await getUser(standIn, token);
    const refused = await getUser(standIn, token);
    expect(refused.status).toBe(403);
    expect(await messageIn(refused)).toContain("API rate limit exceeded for user ID 4711.");
    expect(limitsOf(refused).slice(0, 3)).toEqual(["1", "0", "1"]);
    const other = standIn.issueToken(standIn.addAccount({ login: "octo-writer" }), { kind: "classic" });
    expect((await getUser(standIn, other)).status).toBe(200);
  });

  test("refuse tokens that nobody knows once the bucket of their address is used up, but known ones never", async () => {
    const clock = handClock();
    const standIn = await start({ now: clock.now, anonymousLimit: 2 });
    expect(limitsOf(await getUser(standIn, "wrong-1")).slice(0, 3)).toEqual(["2", "1", "1"]);
    expect((await getUser(standIn, null)).status).toBe(401);
    const refused = await getUser(standIn, "wrong-2");
    expect(refused.status).toBe(403);
    expect(await messageIn(refused)).toContain("API rate limit exceeded for 127.0.0.1.");
    expect(limitsOf(refused).slice(0, 3)).toEqual(["2", "0", "2"]);
    const known = standIn.issueToken(standIn.addAccount({ login: "octo-reader" }), { kind: "classic" });
    expect((await getUser(standIn, known)).status).toBe(200);
    clock.advanceSeconds(3600);
    expect((await getUser(standIn, "wrong-2")).status).toBe(401);
  });

  test("an address has 60 requests an hour unless told otherwise", async () => {
    const standIn = await start();
    expect(limitsOf(await getUser(standIn, "wrong"))[0]).toBe("60");
  });
});
