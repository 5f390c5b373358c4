import { type IncomingMessage, request as rawRequest } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { bucketIn, getUser, objectIn, start, startWithToken } from "./support.ts";

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
    expect(response.headers.get("x-ratelimit-limit")).toBe("60");
    expect(response.headers.has("x-oauth-scopes")).toBe(false);
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

  test("with an API version that does not exist gets 400", async () => {
    const { askUser } = await startWithToken();
    const response = await askUser({ headers: { "x-github-api-version": "2021-01-01" } });
    expect(response.status).toBe(400);
    expect(await objectIn(response)).toMatchObject({ status: "400" });
  });
});

describe("a conditional request", () => {
  async function tagged() {
    const scene = await startWithToken({ kind: "classic", expiration: "2027-01-01 00:00:00 UTC" });
    const etag = (await scene.askUser()).headers.get("etag") ?? "";
    return { ...scene, etag, askAgain: () => scene.askUser({ headers: { "if-none-match": etag } }) };
  }

  test("for an unchanged resource is answered with 304 and no body, and costs nothing", async () => {
    const { askUser, etag } = await tagged();
    for (const ifNoneMatch of [etag, etag.replace("W/", ""), `"other", ${etag}`, "*"]) {
      const response = await askUser({ headers: { "if-none-match": ifNoneMatch } });
      expect(response.status).toBe(304);
      expect(await response.text()).toBe("");
      expect(response.headers.get("etag")).toBe(etag);
      expect(response.headers.has("content-type")).toBe(false);
      expect(bucketIn(response)).toEqual(["5000", "4999", "1"]);
      expect(response.headers.get("github-authentication-token-expiration")).toBe("2027-01-01 00:00:00 UTC");
    }
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
