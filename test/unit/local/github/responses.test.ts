import { type IncomingMessage, request as rawRequest } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { bucketIn, get, getUser, objectIn, start, startWithToken } from "./support.ts";

/** Sends exactly these headers: fetch would add a User-Agent. */
function getWithHeaders(url: string, headers: Record<string, string>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    rawRequest(url, { headers, agent: false }, resolve).on("error", reject).end();
  });
}

describe("the headers of a response", () => {
  test("are those of GitHub", async () => {
    const { askUser } = await startWithToken({ kind: "fine_grained" });
    const { headers } = await askUser({ headers: { "x-github-api-version": "2026-03-10" } });
    expect(headers.get("x-github-media-type")).toBe("github.v3; format=json");
    expect(headers.get("x-github-api-version-selected")).toBe("2026-03-10");
    expect(headers.get("cache-control")).toBe("private, max-age=60, s-maxage=60");
    expect(headers.get("vary")).toContain("Authorization");
    expect(headers.get("etag")).toMatch(/^W\/"[0-9a-f]{64}"$/);
    expect(headers.get("x-github-request-id")).toMatch(/^[0-9A-F]{4}:[0-9A-F]{6}:[0-9A-F]{7}:[0-9A-F]{7}:[0-9A-F]{8}$/);
  });

  test("never repeat a request id", async () => {
    const standIn = await start();
    const responses = await Promise.all(Array.from({ length: 20 }, () => getUser(standIn, null)));
    expect(new Set(responses.map(({ headers }) => headers.get("x-github-request-id"))).size).toBe(20);
  });
});

describe("a request that GitHub refuses", () => {
  test.each([
    ["a token that it never issued", "ghp_never-issued"],
    ["a token that has the format of none", "no-token"],
  ])("with %s gets 401 Bad credentials", async (_, token) => {
    const standIn = await start();
    const response = await getUser(standIn, token);
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({
      message: "Bad credentials",
      documentation_url: "https://docs.github.com/rest",
      status: "401",
    });
    for (const name of ["x-ratelimit-limit", "x-oauth-scopes", "x-github-api-version-selected"]) {
      expect(response.headers.has(name)).toBe(false);
    }
  });

  test("with a revoked token gets 401 from then on", async () => {
    const { standIn, token, askUser } = await startWithToken();
    expect((await askUser()).status).toBe(200);
    standIn.revokeToken(token);
    expect((await askUser()).status).toBe(401);
  });

  test("with a refresh token gets 401: the API does not know it", async () => {
    const { askUser } = await startWithToken({ kind: "refresh" });
    expect((await askUser()).status).toBe(401);
  });

  test("without a token gets 401 Requires authentication", async () => {
    const response = await getUser(await start(), null);
    expect(response.status).toBe(401);
    expect(await objectIn(response)).toMatchObject({ message: "Requires authentication", status: "401" });
  });

  test.each([
    ["GET", "/user/"],
    ["GET", "/users"],
    ["GET", "//user"],
    ["GET", "/"],
    ["POST", "/user"],
    ["DELETE", "/user"],
  ])("as %s %s gets 404, with a good token and without, and 401 with a wrong one", async (method, path) => {
    const { standIn, token } = await startWithToken();
    for (const headers of [{ authorization: `Bearer ${token}` }, {}]) {
      const response = await fetch(standIn.url + path, { method, headers });
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ message: "Not Found", status: "404" });
    }
    const wrong = await fetch(standIn.url + path, { method, headers: { authorization: "Bearer wrong" } });
    expect(wrong.status).toBe(401);
  });

  test("without User-Agent gets an HTML page, with a good token, too", async () => {
    const { standIn, token } = await startWithToken();
    const response = await getWithHeaders(`${standIn.url}/user`, { authorization: `Bearer ${token}` });
    expect(response.statusCode).toBe(403);
    expect(response.headers["content-type"]).toContain("text/html");
    expect(await text(response)).toContain("Request forbidden by administrative rules");
  });

  test("with an API version that does not exist gets 400, with a good token or none, and 401 with a wrong one", async () => {
    const { standIn, askUser } = await startWithToken();
    const init = { headers: { "x-github-api-version": "2021-01-01" } };
    const response = await askUser(init);
    expect(response.status).toBe(400);
    expect(bucketIn(response)).toEqual(["5000", "4999", "1"]);
    expect(await objectIn(response)).toMatchObject({
      message: expect.stringContaining('header, "2021-01-01", is not a supported version.'),
      status: "400",
    });
    expect((await getUser(standIn, null, init)).status).toBe(400);
    expect((await getUser(standIn, "wrong", init)).status).toBe(401);
  });
});

describe("a conditional request", () => {
  async function tagged() {
    const oauth = { kind: "oauth", scopes: ["user"], oauthClientId: "client-of-a-test" } as const;
    const scene = await startWithToken({ ...oauth, expiration: "2027-01-01 00:00:00 UTC" });
    const etag = (await scene.askUser()).headers.get("etag") ?? "";
    return { ...scene, etag, askAgain: () => scene.askUser({ headers: { "if-none-match": etag } }) };
  }

  test("for an unchanged resource is answered with 304 and no body, and costs nothing", async () => {
    const { askUser, etag } = await tagged();
    for (const ifNoneMatch of [etag, etag.replace("W/", ""), `"other", ${etag}`, "*"]) {
      const response = await askUser({ headers: { "if-none-match": ifNoneMatch } });
      expect(response.status).toBe(304);
      expect(await response.text()).toBe("");
      expect(response.headers.get("etag")).toBe(etag.replace("W/", ""));
      expect(response.headers.get("cache-control")).toBe("private, max-age=60, s-maxage=60");
      expect(bucketIn(response)).toEqual(["5000", "4999", "1"]);
    }
  });

  test("for an unchanged resource is told nothing of the token, single sign-on or further pages", async () => {
    const { standIn, account, token } = await tagged();
    const kelp = standIn.addOrganisation({ login: "kelp" });
    standIn.restrictOrganisation(kelp, { sso: {} });
    for (const organisation of [kelp, standIn.addOrganisation({ login: "reef" })]) {
      standIn.addMember(organisation, account);
      for (const name of ["One", "Two"]) standIn.addToTeam(standIn.addTeam(organisation, { name }), account);
    }
    const ask = (headers = {}) => get(standIn, "/user/teams?per_page=1", token, { headers });
    const first = await ask();
    const told = [
      ...["x-oauth-scopes", "x-accepted-oauth-scopes", "x-oauth-client-id", "x-github-sso", "link"],
      ...["github-authentication-token-expiration", "x-github-media-type", "content-type"],
    ];
    expect(told.filter((name) => !first.headers.has(name))).toEqual([]);
    const second = await ask({ "if-none-match": first.headers.get("etag") ?? "" });
    expect(second.status).toBe(304);
    expect(told.filter((name) => second.headers.has(name))).toEqual([]);
  });

  test("does not hear of what headers alone tell", async () => {
    const { standIn, account, etag, askAgain, token } = await tagged();
    standIn.issueToken(account, { kind: "oauth", scopes: ["user", "repo"], token });
    expect((await askAgain()).status).toBe(304);
    standIn.issueToken(account, { kind: "oauth", scopes: [], token });
    expect((await askAgain()).headers.get("etag")).not.toBe(etag);
  });

  test("for a changed account is answered in full", async () => {
    const { account, etag, askAgain } = await tagged();
    account.login = "renamed";
    const response = await askAgain();
    expect(response.status).toBe(200);
    expect(response.headers.get("etag")).not.toBe(etag);
  });

  test("with the tag of another token of the same person is answered in full", async () => {
    const { standIn, account, etag } = await tagged();
    const other = standIn.issueToken(account, { kind: "classic" });
    expect((await getUser(standIn, other, { headers: { "if-none-match": etag } })).status).toBe(200);
  });

  test("with a revoked token gets 401, even with the right tag", async () => {
    const { standIn, token, askAgain } = await tagged();
    standIn.revokeToken(token);
    expect((await askAgain()).status).toBe(401);
  });
});
