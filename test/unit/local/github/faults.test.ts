import { describe, expect, test } from "vitest";
import type { Fault } from "../../../../src/local/github/faults.ts";
import { get, getUser, messageIn, objectIn, start } from "./support.ts";

/** A stand-in that behaves like this towards one token, and that token. */
async function misbehaving(fault: Fault) {
  const standIn = await start();
  const account = standIn.addAccount({ login: "octo-reader", id: 4711 });
  const token = standIn.issueToken(account, { kind: "classic" });
  standIn.setFault(token, fault);
  return { standIn, account, token, ask: () => getUser(standIn, token) };
}

const limitOf = ({ headers }: Response) => [headers.get("x-ratelimit-limit"), headers.get("x-ratelimit-remaining")];

describe("errors by their message", () => {
  test.each<[Fault, number, string]>([
    [{ kind: "suspended" }, 403, "Sorry. Your account was suspended"],
    [{ kind: "resource_not_accessible" }, 403, "Resource not accessible by integration"],
    [{ kind: "ip_allow_list" }, 403, "IP allow list enabled"],
    [{ kind: "lockout" }, 403, "Maximum number of login attempts exceeded. Please try again later."],
    [{ kind: "gone" }, 410, "no longer supported"],
  ])("%j", async (fault, status, message) => {
    const { ask } = await misbehaving(fault);
    const response = await ask();
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(await objectIn(response)).toMatchObject({
      message: expect.stringContaining(message),
      status: String(status),
    });
  });

  test("what is not accessible to a fine-grained token is so by personal access token", async () => {
    const { standIn, account } = await misbehaving({ kind: "gone" });
    const token = standIn.issueToken(account, { kind: "fine_grained" });
    standIn.setFault(token, { kind: "resource_not_accessible" });
    expect(await messageIn(await getUser(standIn, token))).toBe("Resource not accessible by personal access token");
  });
});

describe.each([403, 429] as const)("limits with status %i", (status) => {
  test.each([
    ["full", ["5000", "0"], null],
    ["retry_after", [null, null], "60"],
    ["none", [null, null], null],
  ] as const)("a primary limit with headers %s", async (headers, limit, retryAfter) => {
    const { ask } = await misbehaving({ kind: "primary_limit", status, headers });
    const response = await ask();
    expect(response.status).toBe(status);
    expect(limitOf(response)).toEqual(limit);
    expect(response.headers.get("retry-after")).toBe(retryAfter);
    expect(await messageIn(response)).toContain("API rate limit exceeded for user ID 4711.");
  });

  test.each([
    ["full", ["5000", "4999"], null],
    ["retry_after", ["5000", "4999"], "60"],
    ["none", [null, null], null],
  ] as const)("a secondary limit with headers %s", async (headers, limit, retryAfter) => {
    const { ask } = await misbehaving({ kind: "secondary_limit", status, headers });
    const response = await ask();
    expect(response.status).toBe(status);
    expect(limitOf(response)).toEqual(limit);
    expect(response.headers.get("retry-after")).toBe(retryAfter);
    expect(await messageIn(response)).toContain("secondary rate limit");
  });

  test("the limit of the caller's address, which says nothing about the token", async () => {
    const { ask } = await misbehaving({ kind: "anonymous_limit", status });
    const response = await ask();
    expect(response.status).toBe(status);
    expect(limitOf(response)).toEqual(["60", "0"]);
    expect(response.headers.has("x-oauth-scopes")).toBe(false);
    expect(await messageIn(response)).toContain("API rate limit exceeded for 127.0.0.1.");
  });
});

describe.each([500, 502, 503, 504] as const)("server errors with status %i", (status) => {
  test("as an HTML page", async () => {
    const { ask } = await misbehaving({ kind: "server_error", status, body: "unicorn_html" });
    const response = await ask();
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(await response.text()).toContain("<title>Unicorn! &middot; GitHub</title>");
  });

  test("as JSON", async () => {
    const { ask } = await misbehaving({ kind: "server_error", status, body: "json" });
    const response = await ask();
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ status: String(status) });
  });

  test("as HTML that is labelled JSON", async () => {
    const { ask } = await misbehaving({ kind: "server_error", status, body: "html_labelled_json" });
    const response = await ask();
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(await response.text()).toContain("<!DOCTYPE html>");
  });
});

test.each([301, 302, 307, 308] as const)("a redirect with status %i names its target", async (status) => {
  const { ask } = await misbehaving({ kind: "redirect", status, location: "http://127.0.0.1:9/user" });
  const response = await ask();
  expect(response.status).toBe(status);
  expect(response.headers.get("location")).toBe("http://127.0.0.1:9/user");
});

describe("a body of the test's own", () => {
  test("comes under the usual headers", async () => {
    const { ask } = await misbehaving({ kind: "body", status: 200, body: '["wrong shape"]' });
    const response = await ask();
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(["wrong shape"]);
    expect(limitOf(response)).toEqual(["5000", "4999"]);
    expect(response.headers.get("x-oauth-scopes")).toBe("");
  });

  test("comes with headers that replace the usual ones, in any case", async () => {
    const headers = { "Content-Type": "text/plain", "X-Extra": "1" };
    const { ask } = await misbehaving({ kind: "body", status: 418, headers, body: "teapot" });
    const response = await ask();
    expect(response.status).toBe(418);
    expect(response.headers.get("content-type")).toBe("text/plain");
    expect(response.headers.get("x-extra")).toBe("1");
  });
});

describe("setFault", () => {
  test("for everyone reaches every token, known or not, and none at all, until it is taken back", async () => {
    const { standIn, account } = await misbehaving({ kind: "gone" });
    const other = standIn.issueToken(account, { kind: "fine_grained" });
    standIn.setFault("everyone", { kind: "server_error", status: 503, body: "json" });
    for (const token of [other, "unknown", null]) expect((await getUser(standIn, token)).status).toBe(503);
    standIn.setFault("everyone", null);
    expect((await getUser(standIn, other)).status).toBe(200);
  });

  test("for a token wins over that for everyone and reaches no other token", async () => {
    const { standIn, account, token, ask } = await misbehaving({ kind: "suspended" });
    const other = standIn.issueToken(account, { kind: "classic" });
    expect((await getUser(standIn, other)).status).toBe(200);
    standIn.setFault("everyone", { kind: "gone" });
    expect((await ask()).status).toBe(403);
    standIn.setFault(token, null);
    expect((await ask()).status).toBe(410);
  });

  test("for a path reaches no other path, and is matched with and without the query", async () => {
    const { standIn, account } = await misbehaving({ kind: "gone" });
    const token = standIn.issueToken(account, { kind: "classic", scopes: ["read:org"] });
    const statuses = async () => {
      const paths = ["/user", "/user/teams", "/user/teams?page=2"];
      return Promise.all(paths.map(async (path) => (await get(standIn, path, token)).status));
    };
    standIn.setFault(token, { kind: "gone" }, { path: /^\/user\/teams$/ });
    expect(await statuses()).toEqual([200, 410, 410]);
    standIn.setFault(token, null, { path: /^\/user\/teams$/ });
    expect(await statuses()).toEqual([200, 200, 200]);
    standIn.setFault("everyone", { kind: "gone" }, { path: /[?&]page=2$/ });
    expect(await statuses()).toEqual([200, 200, 410]);
  });

  test("for a path stands beside that for all paths, and wins; the token's own wins over both", async () => {
    const { standIn, token } = await misbehaving({ kind: "gone" });
    standIn.setFault(token, { kind: "suspended" }, { path: /^\/user$/ });
    expect((await getUser(standIn, token)).status).toBe(403);
    expect((await get(standIn, "/user/teams", token)).status).toBe(410);
    standIn.setFault("everyone", { kind: "server_error", status: 503, body: "json" }, { path: /teams/ });
    expect((await get(standIn, "/user/teams", token)).status).toBe(410);
    standIn.setFault(token, null);
    expect((await getUser(standIn, token)).status).toBe(200);
    expect((await get(standIn, "/user/teams", token)).status).toBe(503);
  });
});

test("extra headers come with every answer, whatever it is, until they are taken away", async () => {
  const { standIn, account, ask } = await misbehaving({ kind: "server_error", status: 503, body: "unicorn_html" });
  standIn.extraHeaders = { Deprecation: "Tue, 10 Mar 2026 00:00:00 GMT", Sunset: "Fri, 10 Mar 2028 00:00:00 GMT" };
  const good = standIn.issueToken(account, { kind: "classic" });
  for (const response of [await ask(), await getUser(standIn, good), await getUser(standIn, "unknown")]) {
    expect(response.headers.get("deprecation")).toBe("Tue, 10 Mar 2026 00:00:00 GMT");
    expect(response.headers.get("sunset")).toBe("Fri, 10 Mar 2028 00:00:00 GMT");
  }
  standIn.extraHeaders = {};
  expect((await ask()).headers.has("sunset")).toBe(false);
});
