import { describe, expect, test } from "vitest";
import type { Behaviour } from "../../../../src/local/github/behaviour.ts";
import { getUser, messageIn, objectIn, start } from "./support.ts";

/** A stand-in that behaves like this towards one token, and that token. */
async function misbehaving(behaviour: Behaviour) {
  const standIn = await start();
  const account = standIn.addAccount({ login: "octo-reader", id: 4711 });
  const token = standIn.issueToken(account, { kind: "classic" });
  standIn.setBehaviour(token, behaviour);
  return { standIn, account, token, ask: () => getUser(standIn, token) };
}

const limitOf = ({ headers }: Response) => [headers.get("x-ratelimit-limit"), headers.get("x-ratelimit-remaining")];

describe("errors by their message", () => {
  test.each<[Behaviour, number, string]>([
    [{ kind: "suspended" }, 403, "Sorry. Your account was suspended"],
    [{ kind: "resource_not_accessible" }, 403, "Resource not accessible by integration"],
    [{ kind: "ip_allow_list" }, 403, "IP allow list enabled"],
    [{ kind: "lockout" }, 403, "Maximum number of login attempts exceeded. Please try again later."],
    [{ kind: "gone" }, 410, "no longer supported"],
  ])("%j", async (behaviour, status, message) => {
    const { ask } = await misbehaving(behaviour);
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
    standIn.setBehaviour(token, { kind: "resource_not_accessible" });
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

describe("setBehaviour", () => {
  test("for everyone reaches every token, known or not, and none at all, until it is taken back", async () => {
    const { standIn, account } = await misbehaving({ kind: "gone" });
    const other = standIn.issueToken(account, { kind: "fine_grained" });
    standIn.setBehaviour("everyone", { kind: "server_error", status: 503, body: "json" });
    for (const token of [other, "unknown", null]) expect((await getUser(standIn, token)).status).toBe(503);
    standIn.setBehaviour("everyone", null);
    expect((await getUser(standIn, other)).status).toBe(200);
  });

  test("for a token wins over that for everyone and reaches no other token", async () => {
    const { standIn, account, token, ask } = await misbehaving({ kind: "suspended" });
    const other = standIn.issueToken(account, { kind: "classic" });
    expect((await getUser(standIn, other)).status).toBe(200);
    standIn.setBehaviour("everyone", { kind: "gone" });
    expect((await ask()).status).toBe(403);
    standIn.setBehaviour(token, null);
    expect((await ask()).status).toBe(410);
  });
});
