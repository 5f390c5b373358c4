import { describe, expect, test } from "vitest";
import { signInAtGitHub } from "../../../../support/github-browser.ts";
import { callbackUrl, codeIn, scene } from "./scene.ts";

describe("a person who lets an app in", () => {
  test("is asked on a page, and goes back to the app with a code and the app's state", async () => {
    const { newBrowser, authorizeUrl } = await scene();
    const browser = newBrowser();
    const state = "a state with & and = in it";
    const page = await browser.open(authorizeUrl({ state }));
    expect(page).toMatchObject({ kind: "page", status: 200, text: expect.stringContaining("Authorize Octogate") });
    const back = await browser.submit(page, "Authorize", { person: "octo-reader" });
    const url = new URL(back.url);
    expect(back.kind).toBe("left");
    expect(url.origin + url.pathname).toBe(callbackUrl);
    expect(url.searchParams.get("state")).toBe(state);
    expect(url.searchParams.get("code")).toMatch(/^[0-9a-f]{20}$/);
  });

  test("is not asked again in the same browser, but in another one", async () => {
    const { newBrowser, authorizeUrl } = await scene();
    const browser = newBrowser();
    const first = await signInAtGitHub(browser, authorizeUrl(), "octo-reader");
    const second = await browser.open(authorizeUrl());
    expect(second.kind).toBe("left");
    expect(codeIn(new URL(second.url))).not.toBe(codeIn(first));
    expect((await newBrowser().open(authorizeUrl())).kind).toBe("page");
  });

  test("is asked again where the app wants its account chosen, or names another account", async () => {
    const { newBrowser, authorizeUrl } = await scene();
    const browser = newBrowser();
    await signInAtGitHub(browser, authorizeUrl(), "octo-reader");
    for (const parameters of [{ prompt: "select_account" }, { login: "octo-writer" }]) {
      expect((await browser.open(authorizeUrl(parameters))).kind).toBe("page");
    }
    for (const login of ["octo-reader", "Octo-Reader"]) {
      expect((await browser.open(authorizeUrl({ login }))).kind).toBe("left");
    }
    const named = await newBrowser().open(authorizeUrl({ login: "OCTO-writer" }));
    const back = await newBrowser().submit(named, "Authorize");
    expect(back.kind).toBe("left");
  });

  test("is asked each time in a browser with two accounts, and by a program with another address than https", async () => {
    const native = "http://127.0.0.1/callback";
    const { newBrowser, authorizeUrl } = await scene({ callbackUrls: [callbackUrl, native] });
    const browser = newBrowser();
    await signInAtGitHub(browser, authorizeUrl({ redirect_uri: native }), "octo-reader");
    expect((await browser.open(authorizeUrl({ redirect_uri: native }))).kind).toBe("page");
    expect((await browser.open(authorizeUrl())).kind).toBe("left");
    await signInAtGitHub(browser, authorizeUrl({ prompt: "select_account" }), "octo-writer");
    expect((await browser.open(authorizeUrl())).kind).toBe("page");
  });

  test("is asked by each app", async () => {
    const { standIn, newBrowser, authorizeUrl } = await scene();
    const other = standIn.addApp({ callbackUrls: [callbackUrl] });
    const browser = newBrowser();
    await signInAtGitHub(browser, authorizeUrl(), "octo-reader");
    expect((await browser.open(authorizeUrl({ client_id: other.clientId }))).kind).toBe("page");
  });

  test("is asked again after ten sign-ins within an hour, until an hour has passed", async () => {
    const { newBrowser, authorizeUrl, signIn, clock } = await scene();
    const browser = newBrowser();
    await signIn(browser, "octo-reader");
    clock.advanceSeconds(60);
    for (let count = 0; count < 8; count += 1) await signIn(browser, "octo-reader");
    expect((await browser.open(authorizeUrl())).kind).toBe("left");
    await signIn(browser, "octo-reader");
    const page = await browser.open(authorizeUrl());
    expect(page).toMatchObject({ kind: "page", text: expect.stringContaining("ten times within an hour") });
    // The page comes in the way of this app alone, and a person can go on from it.
    await signInAtGitHub(browser, authorizeUrl(), "octo-reader");
    clock.advanceSeconds(3540);
    expect((await browser.open(authorizeUrl())).kind).toBe("left");
  });
});

test("a person who cancels goes back with access_denied, and is asked the next time", async () => {
  const { newBrowser, authorizeUrl } = await scene();
  const browser = newBrowser();
  const page = await browser.open(authorizeUrl());
  const back = await browser.submit(page, "Cancel");
  expect(Object.fromEntries(new URL(back.url).searchParams)).toEqual({
    error: "access_denied",
    error_description: "The user has denied your application access.",
    error_uri: expect.stringContaining("#access-denied"),
    state: "s",
  });
  expect((await browser.open(authorizeUrl())).kind).toBe("page");
});

test("a form without a person shows the page again, and leads nowhere", async () => {
  const { newBrowser, authorizeUrl, standIn } = await scene();
  standIn.addAccount({ login: "octo-bot", type: "Bot" });
  const browser = newBrowser();
  const page = await browser.open(authorizeUrl());
  const again = await browser.submit(page, "Authorize");
  expect(again).toMatchObject({ kind: "page", status: 422, text: expect.stringContaining("Choose a person.") });
  await expect(browser.submit(again, "Authorize", { person: "octo-bot" })).rejects.toThrow("no place for");
});

describe("an app that asks wrongly", () => {
  test("is not found if it is unknown or has no callback URL", async () => {
    const { standIn, newBrowser, authorizeUrl } = await scene();
    const { clientId } = standIn.addApp();
    for (const client_id of ["unknown", null, clientId]) {
      const page = await newBrowser().open(authorizeUrl({ client_id }));
      expect(page).toMatchObject({ kind: "page", status: 404, text: expect.stringContaining("Page not found") });
    }
  });

  test.each([
    "https://attacker.example/callback",
    `${callbackUrl}/`,
    `${callbackUrl}?next=x`,
    callbackUrl.toUpperCase(),
    "https://sign-in.example:444/callback",
    "http://sign-in.example/callback",
    "",
  ])("with the redirect URI %j goes back to its registered one with an error", async (redirectUri) => {
    const { newBrowser, authorizeUrl } = await scene();
    const back = new URL((await newBrowser().open(authorizeUrl({ redirect_uri: redirectUri }))).url);
    expect(back.origin + back.pathname).toBe(callbackUrl);
    expect(Object.fromEntries(back.searchParams)).toMatchObject({
      error: "redirect_uri_mismatch",
      error_description: "The redirect_uri MUST match the registered callback URL for this application.",
      state: "s",
    });
  });

  test("with a wrong redirect URI leads to a page where GitHub shows one", async () => {
    const { newBrowser, authorizeUrl } = await scene({}, { showsMismatchPage: true });
    const page = await newBrowser().open(authorizeUrl({ redirect_uri: "https://attacker.example/callback" }));
    const text = expect.stringContaining("The redirect_uri is not associated with this application.");
    expect(page).toMatchObject({ kind: "page", text });
  });

  test("without a redirect URI gets its first one, and any of its others by name", async () => {
    const other = "https://sign-in.example/other";
    const { newBrowser, authorizeUrl } = await scene({ callbackUrls: [callbackUrl, other] });
    const browser = newBrowser();
    const first = await signInAtGitHub(browser, authorizeUrl({ redirect_uri: null, state: null }), "octo-reader");
    expect(first.origin + first.pathname).toBe(callbackUrl);
    expect(first.searchParams.has("state")).toBe(false);
    expect((await browser.open(authorizeUrl({ redirect_uri: other }))).url).toContain(other);
  });

  test("goes back with application_suspended while it is suspended, wherever it wants to go", async () => {
    const { app, newBrowser, authorizeUrl } = await scene();
    app.isSuspended = true;
    for (const redirect_uri of [callbackUrl, "https://attacker.example/callback"]) {
      const back = new URL((await newBrowser().open(authorizeUrl({ redirect_uri }))).url);
      expect(back.origin + back.pathname).toBe(callbackUrl);
      expect(back.searchParams.get("error")).toBe("application_suspended");
    }
  });
});

describe("a private app", () => {
  test("of an organisation is found by its active members alone", async () => {
    const { standIn, newBrowser, authorizeUrl } = await scene();
    const owner = standIn.addOrganisation({ login: "acme" });
    const { clientId } = standIn.addApp({ callbackUrls: [callbackUrl], visibility: "private", owner });
    standIn.addMember(owner, standIn.addAccount({ login: "octo-member" }));
    standIn.addMember(owner, standIn.addAccount({ login: "octo-invited" }), { state: "pending" });
    const url = authorizeUrl({ client_id: clientId });
    expect((await signInAtGitHub(newBrowser(), url, "octo-member")).searchParams.has("code")).toBe(true);
    for (const person of ["octo-reader", "octo-invited"]) {
      const browser = newBrowser();
      await expect(signInAtGitHub(browser, url, person)).rejects.toThrow("GitHub answered 404: Page not found");
      expect(await browser.open(url)).toMatchObject({ kind: "page", status: 404 });
    }
  });

  test("of a person is found by that person alone", async () => {
    const { standIn, newBrowser, authorizeUrl } = await scene();
    const owner = standIn.addAccount({ login: "octo-owner" });
    const { clientId } = standIn.addApp({ callbackUrls: [callbackUrl], visibility: "private", owner });
    const url = authorizeUrl({ client_id: clientId });
    expect((await signInAtGitHub(newBrowser(), url, "octo-owner")).searchParams.has("code")).toBe(true);
    await expect(signInAtGitHub(newBrowser(), url, "octo-reader")).rejects.toThrow("404");
  });
});

test("a page escapes what an app and its request bring, has no script, and can't be framed", async () => {
  const { newBrowser, authorizeUrl } = await scene({ name: "<script>alert(1)</script>" });
  const page = await newBrowser().open(authorizeUrl({ state: `"><script>alert(2)</script>` }));
  if (page.kind !== "page") throw new Error("no page came");
  expect(page.html).not.toContain("<script");
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(page.headers.get("x-frame-options")).toBe("DENY");
  expect(page.text).toContain("a stand-in on this machine");
});

test("other paths and methods are not found", async () => {
  const { standIn } = await scene();
  for (const [method, path] of [
    ["GET", "/"],
    ["GET", "/login/oauth/access_token"],
    ["PUT", "/login/oauth/authorize"],
    ["OPTIONS", "/login/oauth/access_token"],
    ["GET", "/user"],
  ] as const) {
    expect((await fetch(standIn.webUrl + path, { method })).status).toBe(404);
  }
  expect((await fetch(`${standIn.url}/login/device`, { headers: { "user-agent": "octogate" } })).status).toBe(404);
});
