import { describe, expect, test } from "vitest";
import { answerConsent } from "../../../../src/worker/sign-in/consent.ts";
import { authorizeQuery, createBrowser, formOf, locationOf, signInAtGitHub } from "./support/browser.ts";
import { createTestProvider, issuerUrl } from "./support/provider.ts";

interface Changes {
  readonly cookie?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly seconds?: number;
  readonly choice?: string;
  readonly form?: string;
}

async function atOurPage() {
  const provider = createTestProvider();
  const browser = createBrowser(provider);
  const form = await formOf(await signInAtGitHub(browser, authorizeQuery()));
  return { provider, browser, form };
}

describe("our page before a code for a program on this computer", () => {
  test("leads to the program with a code, state and iss", async () => {
    const { provider, browser, form } = await atOurPage();
    const response = await browser.post("/consent", `form=${form}&choice=sign_in`);
    const { searchParams } = new URL(locationOf(response));
    expect(response.status).toBe(303);
    expect(locationOf(response)).toMatch(/^http:\/\/localhost:8000\?code=/);
    expect([searchParams.get("state"), searchParams.get("iss")]).toEqual(["state-of-the-client", issuerUrl]);
    expect(await provider.sealer.open("code", "production", searchParams.get("code") ?? "")).toMatchObject({
      value: { token: "a-github-token", needsSecret: false },
    });
  });

  test("leads to GitHub's choice of accounts with the other button, and back to the same program", async () => {
    const { browser, form } = await atOurPage();
    const away = await browser.post("/consent", `form=${form}&choice=another_account`);
    const address = new URL(locationOf(away));
    expect(address.searchParams.get("select")).toBe("true");
    const back = await browser.get(`/callback?code=x&state=${address.searchParams.get("state")}`);
    const end = await browser.post("/consent", `form=${await formOf(back)}&choice=sign_in`);
    expect(locationOf(end)).toMatch(/^http:\/\/localhost:8000\?code=/);
  });

  test.each([
    ["of another browser", { cookie: "other" }],
    ["without this browser's cookie", { cookie: null }],
    ["from another site", { headers: { "sec-fetch-site": "cross-site" } }],
    ["from a sibling hostname", { headers: { "sec-fetch-site": "same-site" } }],
    ["typed into the address bar", { headers: { "sec-fetch-site": "none" } }],
    ["after ten minutes", { seconds: 600 }],
    ["without a button", { choice: "" }],
    ["with a button that is not there", { choice: "all" }],
    ["as JSON", { headers: { "content-type": "application/json" } }],
    ["with another sealed value", { form: "A".repeat(80) }],
  ] as [string, Changes][])("gives no code %s", async (_, changes) => {
    const { provider, browser, form } = await atOurPage();
    if (changes.cookie === null) browser.cookies.delete("__Host-browser");
    else if (changes.cookie !== undefined) browser.cookies.set("__Host-browser", changes.cookie);
    provider.clock += (changes.seconds ?? 0) * 1000;
    const body = `form=${changes.form ?? form}&choice=${changes.choice ?? "sign_in"}`;
    const response = await browser.post("/consent", body, changes.headers);
    expect([response.status, response.headers.get("location")]).toEqual([400, null]);
  });

  test("works in a browser that is too old to say where a form comes from", async () => {
    const { provider, browser, form } = await atOurPage();
    const request = new Request(`${issuerUrl}/consent`, {
      method: "POST",
      body: `form=${form}&choice=sign_in`,
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        cookie: `__Host-browser=${browser.cookies.get("__Host-browser")}`,
        origin: "null",
      },
    });
    expect((await answerConsent(request, provider)).status).toBe(303);
  });
});

describe("signing out", () => {
  test("is asked for first, and ends nothing by a link", async () => {
    const { provider, browser } = await atOurPage();
    const response = await browser.get("/sign-out");
    expect(response.status).toBe(200);
    expect(provider.ended).toEqual([]);
    expect(browser.cookies.has("__Host-session")).toBe(true);
  });

  test("ends the session of this browser, and its token at GitHub", async () => {
    const { provider, browser } = await atOurPage();
    const response = await browser.post("/sign-out", `form=${await formOf(await browser.get("/sign-out"))}`);
    expect(await response.text()).toContain("You are signed out");
    expect(provider.ended).toEqual(["a-github-token"]);
    expect(browser.cookies.has("__Host-session")).toBe(false);
  });

  test("lets the person choose an account at GitHub the next time, whose own session goes on", async () => {
    const { browser } = await atOurPage();
    await browser.post("/sign-out", `form=${await formOf(await browser.get("/sign-out"))}`);
    const next = await browser.get(`/authorize?${authorizeQuery()}`);
    expect(new URL(locationOf(next)).searchParams.get("select")).toBe("true");
  });

  test("says so where GitHub can't be reached, and keeps the session for another try", async () => {
    const { provider, browser } = await atOurPage();
    provider.endAnswer = "unavailable";
    const response = await browser.post("/sign-out", `form=${await formOf(await browser.get("/sign-out"))}`);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "10"]);
    expect(browser.cookies.has("__Host-session")).toBe(true);
  });

  test("works without a session", async () => {
    const provider = createTestProvider();
    const browser = createBrowser(provider);
    const response = await browser.post("/sign-out", `form=${await formOf(await browser.get("/sign-out"))}`);
    expect(response.status).toBe(200);
    expect(provider.ended).toEqual([]);
  });

  test.each([
    ["from a sibling hostname", { "sec-fetch-site": "same-site" }],
    ["from another site", { "sec-fetch-site": "cross-site" }],
  ])("does nothing %s", async (_, headers) => {
    const { provider, browser } = await atOurPage();
    const form = await formOf(await browser.get("/sign-out"));
    expect((await browser.post("/sign-out", `form=${form}`, headers)).status).toBe(400);
    expect(provider.ended).toEqual([]);
  });

  test("does nothing with the form of our other page", async () => {
    const { provider, browser, form } = await atOurPage();
    expect((await browser.post("/sign-out", `form=${form}`)).status).toBe(400);
    expect(provider.ended).toEqual([]);
  });
});
