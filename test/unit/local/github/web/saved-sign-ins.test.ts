import { expect, test } from "vitest";
import { getUser, objectIn } from "../support.ts";
import { type Scene, scene } from "./scene.ts";

/** Another start with the same app, people and clock. */
async function restarted({ app, clock }: Scene, json: string) {
  const later = await scene({ clientId: app.clientId, clientSecret: app.clientSecret }, { now: clock.now });
  return { later, isRead: later.standIn.restoreSignIns(json) };
}

async function saving() {
  const saved = { json: "" };
  const onSignInsChange = (json: string) => {
    saved.json = json;
  };
  return { signing: await scene({}, { onSignInsChange }), saved };
}

test("tokens, their ends, refresh tokens and what people authorised outlive a restart", async () => {
  const { signing, saved } = await saving();
  const browser = signing.newBrowser();
  const first = await signing.signIn(browser, "octo-reader");
  const second = await signing.signIn(browser, "octo-reader");
  const { later, isRead } = await restarted(signing, saved.json);
  expect(isRead).toBe(true);
  const user = await getUser(later.standIn, String(first.access_token));
  expect(await objectIn(user)).toMatchObject({ login: "octo-reader" });
  expect(user.headers.get("x-oauth-client-id")).toBe(signing.app.clientId);
  expect(user.headers.get("github-authentication-token-expiration")).toBe("2026-11-20 18:00:00 UTC");
  const refresh = { grant_type: "refresh_token", refresh_token: String(second.refresh_token) };
  expect(await objectIn(await later.requestToken(refresh))).toHaveProperty("access_token");
  signing.clock.advanceSeconds(28_800);
  expect((await getUser(later.standIn, String(first.access_token))).status).toBe(401);
});

test("a browser is signed in after a restart as before, and is asked nothing that it has answered", async () => {
  const { signing, saved } = await saving();
  const session = await sessionOf(signing);
  const { later } = await restarted(signing, saved.json);
  const ask = (cookie: string) => fetch(later.authorizeUrl(), { headers: { cookie }, redirect: "manual" });
  expect((await ask(session)).status).toBe(302);
  expect((await ask("github_stand_in=another")).status).toBe(200);
});

/** The cookie of a browser whose person has let the app in. */
async function sessionOf({ authorizeUrl }: Scene): Promise<string> {
  const body = new URLSearchParams(new URL(authorizeUrl()).search);
  body.set("person", "octo-reader");
  body.set("authorize", "1");
  const url = new URL(authorizeUrl());
  const response = await fetch(url.origin + url.pathname, { method: "POST", body, redirect: "manual" });
  return response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
}

test("a revoked token does not come back, and neither does that of an app or a person that is gone", async () => {
  const { signing, saved } = await saving();
  const [revoked, kept] = [
    String((await signing.signIn(signing.newBrowser(), "octo-reader")).access_token),
    String((await signing.signIn(signing.newBrowser(), "octo-writer")).access_token),
  ];
  signing.standIn.revokeToken(revoked);
  const { later } = await restarted(signing, saved.json);
  expect((await getUser(later.standIn, revoked)).status).toBe(401);
  expect((await getUser(later.standIn, kept)).status).toBe(200);
  const without = await scene({ clientId: "another" });
  expect(without.standIn.restoreSignIns(saved.json.replaceAll("4711", "1"))).toBe(true);
  expect((await getUser(without.standIn, kept)).status).toBe(401);
});

test.each(["", "{", "[]", "{}", '{"authorisations": [], "browsers": 7}'])("%j restores nothing", async (json) => {
  const { isRead } = await restarted(await scene(), json);
  expect(isRead).toBe(false);
});
