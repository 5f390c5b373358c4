import { describe, expect, test } from "vitest";
import type { Fault } from "../../../../src/local/github/faults.ts";
import * as sentences from "../../../../src/local/github/sentences.ts";
import { bucketIn, get, getUser, messageIn, objectIn, post, startWithToken } from "./support.ts";

/** A stand-in with this fault for one token, and that token. */
async function failing(fault: Fault) {
  const scene = await startWithToken();
  scene.standIn.setFault(scene.token, fault);
  return scene;
}

const jsonType = "application/json; charset=utf-8";

describe("an error with a message", () => {
  test.each<[Fault, number, string]>([
    [{ kind: "bad_credentials" }, 401, "Bad credentials"],
    [{ kind: "suspended" }, 403, "Sorry. Your account was suspended"],
    [
      { kind: "forbidden", message: sentences.tokenLifetime("enterprise", "Octo Corp") },
      403,
      "The 'Octo Corp' enterprise forbids access via",
    ],
    [{ kind: "legally_blocked" }, 451, "Repository access blocked"],
    [{ kind: "resource_not_accessible" }, 403, "Resource not accessible by integration"],
    [{ kind: "ip_allow_list" }, 403, "IP allow list enabled"],
    [{ kind: "lockout" }, 403, "Maximum number of login attempts exceeded. Please try again later."],
    [{ kind: "gone" }, 410, "no longer supported"],
  ])("comes for %j", async (fault, status, message) => {
    const { askUser } = await failing(fault);
    const response = await askUser();
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe(jsonType);
    expect(await objectIn(response)).toMatchObject({
      message: expect.stringContaining(message),
      status: String(status),
    });
  });

  test("tells a fine-grained token that the resource is not accessible by personal access token", async () => {
    const { standIn, token, askUser } = await startWithToken({ kind: "fine_grained" });
    standIn.setFault(token, { kind: "resource_not_accessible" });
    expect(await messageIn(await askUser())).toBe("Resource not accessible by personal access token");
  });
});

describe.each([403, 429] as const)("a limit with status %i", (status) => {
  test.each([
    ["primary_limit", "full", ["5000", "0", "5000"], null],
    ["primary_limit", "retry_after", [null, null, null], "60"],
    ["primary_limit", "none", [null, null, null], null],
    ["secondary_limit", "full", ["5000", "4999", "1"], null],
    ["secondary_limit", "retry_after", ["5000", "4999", "1"], "60"],
    ["secondary_limit", "none", [null, null, null], null],
  ] as const)("%s with headers %s", async (kind, headers, bucket, retryAfter) => {
    const { askUser } = await failing({ kind, status, headers });
    const response = await askUser();
    expect(response.status).toBe(status);
    expect(bucketIn(response)).toEqual(bucket);
    expect(response.headers.get("retry-after")).toBe(retryAfter);
    const message = kind === "primary_limit" ? "API rate limit exceeded for user ID 4711." : "secondary rate limit";
    expect(await messageIn(response)).toContain(message);
  });

  test("anonymous_limit: that of the caller's address, which says nothing about the token", async () => {
    const { askUser } = await failing({ kind: "anonymous_limit", status });
    const response = await askUser();
    expect(response.status).toBe(status);
    expect(bucketIn(response)).toEqual(["60", "0", "60"]);
    expect(response.headers.get("server")).toBe("Varnish");
    expect(response.headers.has("x-oauth-scopes")).toBe(false);
    expect(await messageIn(response)).toContain("API rate limit exceeded for 127.0.0.1.");
  });
});

describe.each([500, 502, 503, 504] as const)("a server error with status %i", (status) => {
  test.each([
    ["unicorn_html", "text/html; charset=utf-8", "<title>Unicorn! &middot; GitHub</title>"],
    ["json", jsonType, `"status":"${status}"`],
    ["html_labelled_json", jsonType, "<!DOCTYPE html>"],
  ] as const)("comes as %s", async (body, contentType, part) => {
    const { askUser } = await failing({ kind: "server_error", status, body });
    const response = await askUser();
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe(contentType);
    expect(await response.text()).toContain(part);
  });
});

test.each(["RATE_LIMITED", "FORBIDDEN", "INSUFFICIENT_SCOPES", "NOT_FOUND"] as const)(
  "the GraphQL error %s comes with status 200 and without data",
  async (type) => {
    const { standIn, token } = await startWithToken();
    standIn.setFault("everyone", { kind: "graphql_error", type }, { path: /^\/graphql$/ });
    const response = await post(standIn, "/graphql", `Bearer ${token}`, {});
    expect(response.status).toBe(200);
    expect(await objectIn(response)).toEqual({ errors: [{ type, message: expect.any(String) }] });
  },
);

test.each([301, 302, 307, 308] as const)("a redirect with status %i names its target", async (status) => {
  const { askUser } = await failing({ kind: "redirect", status, location: "http://127.0.0.1:9/user" });
  const response = await askUser();
  expect(response.status).toBe(status);
  expect(response.headers.get("location")).toBe("http://127.0.0.1:9/user");
});

describe("a body that the test gives", () => {
  test("comes under the usual headers", async () => {
    const { askUser } = await failing({ kind: "body", status: 200, body: '["wrong shape"]' });
    const response = await askUser();
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(["wrong shape"]);
    expect(bucketIn(response)).toEqual(["5000", "4999", "1"]);
    expect(response.headers.get("x-oauth-scopes")).toBe("");
  });

  test("comes with headers that replace the usual ones, in any case", async () => {
    const headers = { "Content-Type": "text/plain", "X-Extra": "1" };
    const { askUser } = await failing({ kind: "body", status: 418, headers, body: "teapot" });
    const response = await askUser();
    expect(response.status).toBe(418);
    expect(response.headers.get("content-type")).toBe("text/plain");
    expect(response.headers.get("x-extra")).toBe("1");
  });
});

describe("a fault", () => {
  test("for everyone meets every token, known or not, and none at all, until it is taken back", async () => {
    const { standIn, token } = await startWithToken();
    standIn.setFault("everyone", { kind: "server_error", status: 503, body: "json" });
    for (const shown of [token, "unknown", null]) expect((await getUser(standIn, shown)).status).toBe(503);
    standIn.setFault("everyone", null);
    expect((await getUser(standIn, token)).status).toBe(200);
  });

  test("for a token wins over one for everyone and meets no other token", async () => {
    const { standIn, account, token, askUser } = await failing({ kind: "suspended" });
    const other = standIn.issueToken(account, { kind: "classic" });
    expect((await getUser(standIn, other)).status).toBe(200);
    standIn.setFault("everyone", { kind: "gone" });
    expect((await askUser()).status).toBe(403);
    standIn.setFault(token, null);
    expect((await askUser()).status).toBe(410);
  });

  test("for a path meets no other path, and is matched with and without the query", async () => {
    const { standIn, token } = await startWithToken({ kind: "classic", scopes: ["read:org"] });
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

  test("for large pages meets no smaller page, and may come late", async () => {
    const { standIn, token } = await startWithToken({ kind: "classic", scopes: ["read:org"] });
    const fault = { kind: "server_error", status: 502, body: "json", delayMs: 60 } as const;
    standIn.setFault("everyone", fault, { path: /^\/user\/teams/, itemsAbove: 50 });
    const statusOf = async (query: string) => (await get(standIn, `/user/teams${query}`, token)).status;
    const startedAt = performance.now();
    expect(await statusOf("?per_page=51")).toBe(502);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(58);
    expect(await statusOf("?page=1&per_page=100")).toBe(502);
    expect(await statusOf("?per_page=50")).toBe(200);
    expect(await statusOf("")).toBe(200);
  });

  test("for a number of requests ends after them", async () => {
    const { standIn, token, askUser } = await startWithToken();
    standIn.setFault(token, { kind: "bad_credentials" }, { times: 2 });
    const statuses = [await askUser(), await askUser(), await askUser()].map(({ status }) => status);
    expect(statuses).toEqual([401, 401, 200]);
  });

  test("for a path stands beside one for all paths, and wins; the token's own wins over both", async () => {
    const { standIn, token } = await failing({ kind: "gone" });
    const statuses = async () => {
      return Promise.all(["/user", "/user/teams"].map(async (path) => (await get(standIn, path, token)).status));
    };
    standIn.setFault(token, { kind: "suspended" }, { path: /^\/user$/ });
    expect(await statuses()).toEqual([403, 410]);
    standIn.setFault("everyone", { kind: "server_error", status: 503, body: "json" }, { path: /teams/ });
    expect(await statuses()).toEqual([403, 410]);
    standIn.setFault(token, null);
    expect(await statuses()).toEqual([200, 503]);
  });
});

test("extra headers come with every response, of any kind, until they are taken away", async () => {
  const { standIn, account, askUser } = await failing({ kind: "server_error", status: 503, body: "unicorn_html" });
  standIn.extraHeaders = { Deprecation: "Tue, 10 Mar 2026 00:00:00 GMT", Sunset: "Fri, 10 Mar 2028 00:00:00 GMT" };
  const good = standIn.issueToken(account, { kind: "classic" });
  for (const response of [await askUser(), await getUser(standIn, good), await getUser(standIn, "unknown")]) {
    expect(response.headers.get("deprecation")).toBe("Tue, 10 Mar 2026 00:00:00 GMT");
    expect(response.headers.get("sunset")).toBe("Fri, 10 Mar 2028 00:00:00 GMT");
  }
  standIn.extraHeaders = {};
  expect((await askUser()).headers.has("sunset")).toBe(false);
});
