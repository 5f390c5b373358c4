import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { messageIn, objectIn, post, start } from "./support.ts";

const path = "/applications/client-of-a-test/token";

function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
}

async function registered() {
  const standIn = await start();
  const app = standIn.addApp({ clientId: "client-of-a-test" });
  const account = standIn.addAccount({ login: "octo-reader", id: 4711 });
  const credentials = basic(app.clientId, app.clientSecret);
  const check = (token: string) => post(standIn, path, credentials, { access_token: token });
  return { standIn, app, account, credentials, check };
}

test("an app's token is shown with its owner, its app, its scopes and its end", async () => {
  const { standIn, account, check } = await registered();
  const token = standIn.issueToken(account, {
    kind: "oauth",
    scopes: ["read:org"],
    oauthClientId: "client-of-a-test",
    expiration: "2027-01-19 10:23:39 +0100",
  });
  const response = await check(token);
  expect(response.status).toBe(200);
  // The app's own bucket, not that of its address or of the person.
  expect(response.headers.get("x-ratelimit-remaining")).toBe("4999");
  expect(response.headers.has("x-oauth-scopes")).toBe(false);
  expect(await objectIn(response)).toMatchObject({
    app: { client_id: "client-of-a-test" },
    user: { login: "octo-reader", id: 4711, type: "User" },
    scopes: ["read:org"],
    token,
    token_last_eight: token.slice(-8),
    hashed_token: createHash("sha256").update(token).digest("hex"),
    expires_at: "2027-01-19T09:23:39Z",
  });
});

test("a GitHub App's token has no scopes, and a token without an end has none", async () => {
  const { standIn, account, check } = await registered();
  const options = { kind: "app", scopes: ["ignored"], oauthClientId: "client-of-a-test" } as const;
  expect(await objectIn(await check(standIn.issueToken(account, options)))).toMatchObject({
    scopes: [],
    expires_at: null,
  });
  const utc = standIn.issueToken(account, { ...options, expiration: "2027-01-19 10:23:39 UTC" });
  expect(await objectIn(await check(utc))).toMatchObject({ expires_at: "2027-01-19T10:23:39Z" });
  const unreadable = standIn.issueToken(account, { ...options, expiration: "some day" });
  expect(await objectIn(await check(unreadable))).toMatchObject({ expires_at: "some day" });
});

test("another app's token, a personal, a revoked and an unknown one are all not found", async () => {
  const { standIn, account, check } = await registered();
  const other = standIn.issueToken(account, { kind: "oauth", oauthClientId: standIn.addApp().clientId });
  const personal = standIn.issueToken(account, { kind: "classic" });
  const revoked = standIn.issueToken(account, { kind: "oauth", oauthClientId: "client-of-a-test" });
  standIn.revokeToken(revoked);
  for (const token of [other, personal, revoked, "unknown"]) {
    const response = await check(token);
    expect(response.status).toBe(404);
    expect(await messageIn(response)).toBe("Not Found");
  }
});

test("a wrong secret, an unknown client and no credentials are 401, another app's name is not found", async () => {
  const { standIn, app } = await registered();
  const other = standIn.addApp();
  const body = { access_token: "unknown" };
  for (const credentials of [basic(app.clientId, "wrong"), basic("unknown", app.clientSecret), "Bearer x", null]) {
    const response = await post(standIn, path, credentials, body);
    expect(response.status).toBe(401);
    expect(response.headers.get("x-ratelimit-limit")).toBe(credentials === null ? "60" : null);
  }
  expect((await post(standIn, path, basic(other.clientId, other.clientSecret), body)).status).toBe(404);
});

test("a request that names no token is not processable", async () => {
  const { standIn, credentials } = await registered();
  for (const body of [undefined, {}, { access_token: "" }, { access_token: 7 }]) {
    expect((await post(standIn, path, credentials, body)).status).toBe(422);
  }
});

test("an app has the client id and secret that the test gives", async () => {
  const standIn = await start();
  const app = standIn.addApp({ clientId: "mine", clientSecret: "with:colon" });
  expect(app).toMatchObject({ clientId: "mine", clientSecret: "with:colon" });
  const response = await post(standIn, "/applications/mine/token", basic("mine", "with:colon"), { access_token: "x" });
  expect(response.status).toBe(404);
});
