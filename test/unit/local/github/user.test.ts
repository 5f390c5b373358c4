import { describe, expect, test } from "vitest";
import { getUser, start, startWithToken } from "./support.ts";

describe("GET /user", () => {
  test("shows the public profile to a token without scopes", async () => {
    const { askUser } = await startWithToken();
    const response = await askUser();
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
    const body = await response.json();
    expect(body).toMatchObject({ login: "octo-reader", id: 4711, type: "User", user_view_type: "public" });
    expect(body).not.toHaveProperty("two_factor_authentication");
  });

  test.each(["user", "read:user"])("shows the private profile to a token with the scope %s", async (scope) => {
    const { askUser } = await startWithToken({ kind: "classic", scopes: [scope] });
    expect(await (await askUser()).json()).toMatchObject({
      user_view_type: "private",
      two_factor_authentication: true,
    });
  });

  test("shows a renamed account under its new login and its old number", async () => {
    const { account, askUser } = await startWithToken({ kind: "fine_grained" });
    account.login = "after";
    expect(await (await askUser()).json()).toMatchObject({ login: "after", id: account.id });
  });

  test("shows other types of accounts as what they are", async () => {
    const standIn = await start();
    const token = standIn.issueToken(standIn.addAccount({ login: "a-bot[bot]", type: "Bot" }), { kind: "app" });
    expect(await (await getUser(standIn, token)).json()).toMatchObject({ type: "Bot" });
  });

  test("accepts a token that the test made, and both authorization schemes", async () => {
    const { standIn, token } = await startWithToken({ kind: "app", token: "some.other-format" });
    expect(token).toBe("some.other-format");
    for (const scheme of ["Bearer", "token", "bearer"]) {
      const response = await getUser(standIn, null, { headers: { authorization: `${scheme} ${token}` } });
      expect(response.status).toBe(200);
    }
  });

  test("answers HEAD like GET, without the body", async () => {
    const { askUser } = await startWithToken();
    const get = await askUser();
    const head = await askUser({ method: "HEAD" });
    expect(head.status).toBe(200);
    expect(head.headers.get("etag")).toBe(get.headers.get("etag"));
    expect(head.headers.get("content-length")).toBe(get.headers.get("content-length"));
    expect(await head.text()).toBe("");
  });

  test("refuses an installation's token with 403, and counts it in a bucket of its own", async () => {
    const { askUser } = await startWithToken({ kind: "installation" });
    const response = await askUser();
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ message: "Resource not accessible by integration", status: "403" });
    expect(response.headers.get("x-ratelimit-limit")).toBe("5000");
    expect(response.headers.has("x-oauth-scopes")).toBe(false);
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
    const { askUser } = await startWithToken({ kind, scopes });
    const { headers } = await askUser();
    expect(headers.get("x-oauth-scopes")).toBe(expected);
    expect(headers.get("x-accepted-oauth-scopes")).toBe(expected === null ? null : "");
    const permissions = kind === "app" || kind === "fine_grained" ? "allows_permissionless_access=true" : null;
    expect(headers.get("x-accepted-github-permissions")).toBe(permissions);
  });

  test("name the client and the expiry as they were given, and neither where there is none", async () => {
    const given = { oauthClientId: "client-of-a-test", expiration: "2027-01-19 10:23:39 +0100" };
    const { standIn, account, askUser } = await startWithToken({ kind: "oauth", ...given });
    const shown = ({ headers }: Response) =>
      ["x-oauth-client-id", "github-authentication-token-expiration"].map((name) => headers.get(name));
    expect(shown(await askUser())).toEqual(Object.values(given));
    const plain = standIn.issueToken(account, { kind: "classic" });
    expect(shown(await getUser(standIn, plain))).toEqual([null, null]);
  });
});
