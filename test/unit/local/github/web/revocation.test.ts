import { describe, expect, test } from "vitest";
import type { StandInApp } from "../../../../../src/local/github/apps.ts";
import { signInAtGitHub } from "../../../../support/github-browser.ts";
import { get, getUser, objectIn, post } from "../support.ts";
import { type Scene, scene } from "./scene.ts";

function basic({ clientId, clientSecret }: Pick<StandInApp, "clientId" | "clientSecret">): string {
  return `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`;
}

function revoke(
  { standIn, app }: Scene,
  what: "token" | "grant",
  token: unknown,
  credentials: string | null = basic(app),
) {
  return fetch(`${standIn.url}/applications/${app.clientId}/${what}`, {
    method: "DELETE",
    headers: { "user-agent": "octogate", ...(credentials === null ? {} : { authorization: credentials }) },
    body: JSON.stringify({ access_token: token }),
  });
}

function check({ standIn, app }: Scene, token: unknown): Promise<Response> {
  return post(standIn, `/applications/${app.clientId}/token`, basic(app), { access_token: token });
}

test("check-token knows an issued token with its owner and its end, until the token ends", async () => {
  const signing = await scene();
  const { access_token: token } = await signing.signIn(signing.newBrowser(), "octo-reader");
  const checked = await check(signing, token);
  expect(checked.status).toBe(200);
  expect(await objectIn(checked)).toMatchObject({
    app: { client_id: signing.app.clientId },
    user: { login: "octo-reader", id: 4711 },
    scopes: [],
    expires_at: "2026-11-20T18:00:00Z",
  });
  signing.clock.advanceSeconds(28_800);
  expect((await check(signing, token)).status).toBe(404);
});

test("an issued token shows the organisations in which the app is installed, and no others", async () => {
  const signing = await scene();
  const { standIn, app } = signing;
  const person = standIn.addAccount({ login: "octo-member" });
  const acme = standIn.addOrganisation({ login: "acme" });
  const elsewhere = standIn.addOrganisation({ login: "elsewhere" });
  for (const organisation of [acme, elsewhere]) standIn.addMember(organisation, person);
  standIn.installApp(app, acme);
  const token = String((await signing.signIn(signing.newBrowser(), "octo-member")).access_token);
  expect((await get(standIn, "/user/memberships/orgs/acme", token)).status).toBe(200);
  expect((await get(standIn, "/user/memberships/orgs/elsewhere", token)).status).toBe(403);
});

describe("an app revokes", () => {
  test("one token, with its refresh token, and the person's other one stays", async () => {
    const signing = await scene();
    const browser = signing.newBrowser();
    const [first, second] = [
      await signing.signIn(browser, "octo-reader"),
      await signing.signIn(browser, "octo-reader"),
    ];
    const response = await revoke(signing, "token", first.access_token);
    expect(response.status).toBe(204);
    expect(await response.text()).toBe("");
    expect((await getUser(signing.standIn, String(first.access_token))).status).toBe(401);
    expect((await check(signing, first.access_token)).status).toBe(404);
    const refresh = { grant_type: "refresh_token", refresh_token: String(first.refresh_token) };
    expect(await objectIn(await signing.requestToken(refresh))).toMatchObject({ error: "bad_refresh_token" });
    expect((await getUser(signing.standIn, String(second.access_token))).status).toBe(200);
    // The person has let the app in as before.
    expect((await browser.open(signing.authorizeUrl())).kind).toBe("left");
    expect((await revoke(signing, "token", first.access_token)).status).toBe(404);
  });

  test("all tokens of the person at once, and the person is asked again", async () => {
    const saved: string[] = [];
    const signing = await scene({}, { onSignInsChange: (json) => saved.push(json) });
    const browser = signing.newBrowser();
    const mine = [await signing.signIn(browser, "octo-reader"), await signing.signIn(browser, "octo-reader")];
    const other = await signing.signIn(signing.newBrowser(), "octo-writer");
    expect((await revoke(signing, "grant", mine[0]?.access_token)).status).toBe(204);
    expect(saved.at(-1)).not.toContain(String(mine[1]?.access_token));
    for (const { access_token: token } of mine)
      expect((await getUser(signing.standIn, String(token))).status).toBe(401);
    expect((await getUser(signing.standIn, String(other.access_token))).status).toBe(200);
    expect((await browser.open(signing.authorizeUrl())).kind).toBe("page");
    await signInAtGitHub(browser, signing.authorizeUrl(), "octo-reader");
  });

  test.each(["token", "grant"] as const)("nothing but its own: %s", async (what) => {
    const signing = await scene();
    const { standIn, app } = signing;
    const { access_token: token } = await signing.signIn(signing.newBrowser(), "octo-reader");
    const other = standIn.addApp();
    const account = standIn.addAccount({ login: "octo-other" });
    const personal = standIn.issueToken(account, { kind: "classic" });
    const foreign = standIn.issueToken(account, { kind: "app", oauthClientId: other.clientId });
    for (const [shown, credentials, status] of [
      [token, null, 401],
      [token, basic({ clientId: app.clientId, clientSecret: "wrong" }), 401],
      [token, basic(other), 404],
      [personal, basic(app), 404],
      [foreign, basic(app), 404],
      [foreign, basic(other), 404],
      ["made up", basic(app), 404],
      ["", basic(app), 422],
      [7, basic(app), 422],
    ] as const) {
      expect((await revoke(signing, what, shown, credentials)).status).toBe(status);
    }
    for (const kept of [String(token), personal, foreign]) expect((await getUser(standIn, kept)).status).toBe(200);
  });
});
