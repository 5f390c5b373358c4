import { describe, expect, test } from "vitest";
import { denied, unauthenticated, undetermined } from "../../../../src/worker/verdict.ts";
import { authorizeQuery, createBrowser, formOf, locationOf, signInAtGitHub, stateOf } from "./support/browser.ts";
import { createTestProvider, decided, issuerUrl } from "./support/provider.ts";

const argocdQuery = authorizeQuery({
  client_id: "argocd",
  redirect_uri: "https://argocd.example.com/auth/callback",
});

describe("an admitted person", () => {
  test("goes back to a listed https address with code, state and iss, and nothing else", async () => {
    const provider = createTestProvider();
    const response = await signInAtGitHub(createBrowser(provider), argocdQuery);
    const address = new URL(locationOf(response));
    expect(response.status).toBe(303);
    expect(locationOf(response)).toMatch(/^https:\/\/argocd\.example\.com\/auth\/callback\?/);
    expect([...address.searchParams.keys()]).toEqual(["code", "state", "iss"]);
    expect(address.searchParams.get("state")).toBe("state-of-the-client");
    expect(address.searchParams.get("iss")).toBe(issuerUrl);
    const code = await provider.sealer.open("code", "argocd", address.searchParams.get("code") ?? "");
    expect(code).toMatchObject({
      kind: "opened",
      endsAt: provider.clock / 1000 + 60,
      value: {
        redirectUri: "https://argocd.example.com/auth/callback",
        nonce: "nonce-of-the-client",
        needsSecret: true,
        token: "a-github-token",
        isShared: true,
      },
    });
  });

  test("gets our page before a code goes to a program on this computer", async () => {
    const response = await signInAtGitHub(createBrowser(createTestProvider()), authorizeQuery());
    expect(response.status).toBe(200);
    expect(response.headers.get("location")).toBeNull();
    expect(await response.text()).toContain("Sign in to production as octocat");
  });

  test("is decided about by the policy of the client, before a code is given out", async () => {
    const provider = createTestProvider();
    await signInAtGitHub(createBrowser(provider), argocdQuery);
    const occasion = { grant: "authorization_code", step: "callback", tokenId: null, nonce: "nonce-of-the-client" };
    expect(provider.asked).toEqual([{ client: "argocd", token: "a-github-token", occasion }]);
  });

  test("sends GitHub the verifier whose digest GitHub got before", async () => {
    const provider = createTestProvider();
    const browser = createBrowser(provider);
    const away = await browser.get(`/authorize?${argocdQuery}`);
    await browser.get(`/callback?code=a-github-code&state=${stateOf(away)}`);
    const [redeemed] = provider.redeemed;
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(redeemed?.verifier));
    expect(redeemed?.code).toBe("a-github-code");
    expect(Buffer.from(digest).toString("base64url")).toBe(new URL(locationOf(away)).searchParams.get("challenge"));
  });

  test("has a session in this browser until GitHub's token ends", async () => {
    const browser = createBrowser(createTestProvider());
    const response = await signInAtGitHub(browser, argocdQuery);
    expect(response.headers.getSetCookie()).toContainEqual(
      expect.stringMatching(/^__Host-session=[A-Za-z0-9_-]+; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=28800$/),
    );
  });

  test("has no session where GitHub's token is too long for a cookie, and is signed in all the same", async () => {
    const provider = createTestProvider();
    provider.gitHubAnswer = { kind: "token", token: "x".repeat(5000), tokenEndsAt: provider.clock / 1000 + 60 };
    const browser = createBrowser(provider);
    const response = await signInAtGitHub(browser, argocdQuery);
    expect(browser.cookies.has("__Host-session")).toBe(false);
    const code = new URL(locationOf(response)).searchParams.get("code") ?? "";
    expect(await provider.sealer.open("code", "argocd", code)).toMatchObject({ value: { isShared: false } });
  });
});

describe("only the browser that set out, once, within ten minutes", () => {
  async function begun() {
    const provider = createTestProvider();
    const browser = createBrowser(provider);
    return { provider, browser, state: stateOf(await browser.get(`/authorize?${argocdQuery}`)) };
  }

  test("another browser gets a page, and GitHub's code is not redeemed", async () => {
    const { provider, state } = await begun();
    const response = await createBrowser(provider).get(`/callback?code=a-github-code&state=${state}`);
    expect([response.status, response.headers.get("location")]).toEqual([400, null]);
    expect(provider.redeemed).toEqual([]);
  });

  test("a browser with a sign-in of its own does not take another one's", async () => {
    const { provider, state } = await begun();
    const other = createBrowser(provider);
    const own = stateOf(await other.get(`/authorize?${argocdQuery}`));
    other.cookies.set(`__Host-sign-in-${state}`, other.cookies.get(`__Host-sign-in-${own}`) ?? "");
    expect((await other.get(`/callback?code=a-github-code&state=${state}`)).status).toBe(400);
    expect(provider.redeemed).toEqual([]);
  });

  test("two tabs come back each to its own client", async () => {
    const { browser, state } = await begun();
    const second = stateOf(await browser.get(`/authorize?${authorizeQuery()}`));
    expect(await formOf(await browser.get(`/callback?code=two&state=${second}`))).not.toBe("");
    expect(locationOf(await browser.get(`/callback?code=one&state=${state}`))).toContain("https://argocd.example.com/");
  });

  test("a second time GitHub's code is not redeemed", async () => {
    const { provider, browser, state } = await begun();
    const cookie = browser.cookies.get(`__Host-sign-in-${state}`) ?? "";
    await browser.get(`/callback?code=a-github-code&state=${state}`);
    expect(browser.cookies.has(`__Host-sign-in-${state}`)).toBe(false);
    browser.cookies.set(`__Host-sign-in-${state}`, cookie);
    expect((await browser.get(`/callback?code=a-github-code&state=${state}`)).status).toBe(400);
    expect(provider.redeemed).toHaveLength(1);
  });

  test("of eight at once one is redeemed", async () => {
    const { provider, browser, state } = await begun();
    const path = `/callback?code=a-github-code&state=${state}`;
    const responses = await Promise.all(Array.from({ length: 8 }, () => browser.get(path)));
    expect(responses.map(({ status }) => status).sort()).toEqual([303, 400, 400, 400, 400, 400, 400, 400]);
    expect(provider.redeemed).toHaveLength(1);
  });

  test.each([
    [599, 303],
    [600, 400],
  ])("after %s seconds the answer is %s", async (seconds, status) => {
    const { provider, browser, state } = await begun();
    provider.clock += seconds * 1000;
    expect((await browser.get(`/callback?code=a-github-code&state=${state}`)).status).toBe(status);
  });

  test.each(["..", "constructor", "%00", "a".repeat(4000), "AAAAAAAAAAAAAAAAAAAAAA"])(
    "a made-up state gets a page: %s",
    async (state) => {
      const { browser } = await begun();
      expect((await browser.get(`/callback?code=x&state=${state}`)).status).toBe(400);
    },
  );

  test("a client whose address was taken out of the configuration meanwhile gets nothing", async () => {
    const { provider, browser, state } = await begun();
    const changed = { ...provider, clients: new Map() };
    const other = createBrowser(changed);
    for (const [name, value] of browser.cookies) other.cookies.set(name, value);
    expect((await other.get(`/callback?code=x&state=${state}`)).status).toBe(400);
    expect(provider.redeemed).toEqual([]);
  });
});

test("after the app was installed, GitHub leads to a friendly page", async () => {
  const response = await createBrowser(createTestProvider()).get("/callback?installation_id=1&setup_action=install");
  expect(response.status).toBe(200);
  expect(await response.text()).toContain("The app is installed");
});

describe("a refused person", () => {
  async function refused(query: string, decision = decided(unauthenticated("not_allowed"))) {
    const provider = createTestProvider();
    provider.decision = decision;
    const browser = createBrowser(provider);
    return { response: await signInAtGitHub(browser, query), browser, provider };
  }

  test("is told in the terminal at once, for a program on this computer", async () => {
    const { response, browser } = await refused(authorizeQuery());
    const { searchParams } = new URL(locationOf(response));
    expect(locationOf(response)).toMatch(/^http:\/\/localhost:8000\?error=access_denied&/);
    expect(searchParams.get("error_description")).toMatch(/not admitted here.*Reference: GITHUBSHA256=of-this-test$/);
    expect([searchParams.get("state"), searchParams.get("iss")]).toEqual(["state-of-the-client", issuerUrl]);
    expect(searchParams.has("code")).toBe(false);
    expect(browser.cookies.has("__Host-session")).toBe(false);
  });

  test("can choose another account at GitHub the next time, until one is admitted", async () => {
    const { browser, provider } = await refused(authorizeQuery());
    const chooses = async () =>
      new URL(locationOf(await browser.get(`/authorize?${argocdQuery}&login_hint=x`))).searchParams.get("select");
    expect(await chooses()).toBe("true");
    provider.decision = decided();
    await signInAtGitHub(browser, argocdQuery);
    expect(await chooses()).toBe("false");
  });

  test("reads a page, with a way back that carries the same error", async () => {
    const { response } = await refused(argocdQuery, decided(denied("account_suspended")));
    const page = await response.text();
    expect(response.status).toBe(403);
    expect(page).toContain("GitHub has suspended this account.");
    expect(page).toContain("GITHUBSHA256=of-this-test");
    expect(page).toMatch(/href="https:\/\/argocd\.example\.com\/auth\/callback\?error=access_denied&amp;/);
  });

  test("is told to try again where nothing could be decided", async () => {
    const { response } = await refused(argocdQuery, decided(undetermined("github_timeout")));
    expect(response.status).toBe(503);
    expect(await response.text()).toContain("error=temporarily_unavailable");
  });
});

describe("GitHub's own no", () => {
  test.each([
    ["error=access_denied", "access_denied", /declined at GitHub/],
    ["error=application_suspended", "temporarily_unavailable", /does not accept the app/],
    ["error=redirect_uri_mismatch", "temporarily_unavailable", /does not accept the app/],
    ["error=made_up", "temporarily_unavailable", /does not accept the app/],
    ["", "temporarily_unavailable", /./],
  ])("%s", async (parameters, error, description) => {
    const provider = createTestProvider();
    const browser = createBrowser(provider);
    const state = stateOf(await browser.get(`/authorize?${authorizeQuery()}`));
    const { searchParams } = new URL(locationOf(await browser.get(`/callback?${parameters}&state=${state}`)));
    expect(searchParams.get("error")).toBe(error);
    expect(searchParams.get("error_description")).toMatch(description);
    expect(provider.redeemed).toEqual([]);
  });

  test("that is the deployment's fault is told to the operator, as the person is told", async () => {
    const provider = createTestProvider();
    const browser = createBrowser(provider);
    const state = stateOf(await browser.get(`/authorize?${authorizeQuery()}`));
    await browser.get(`/callback?error=application_suspended&state=${state}`);
    expect(provider.redirectErrors).toEqual(["application_suspended"]);
    await browser.get(`/callback?error=application_suspended&state=${state}`);
    expect(provider.redirectErrors).toHaveLength(1);
  });

  test.each([
    [{ kind: "refused" }, "access_denied", /does not accept the code/],
    [{ kind: "unverified_email" }, "access_denied", /verified e-mail address/],
    [{ kind: "misconfigured", error: "incorrect_client_credentials" }, "temporarily_unavailable", /accept the app/],
    [{ kind: "unavailable", retryAfterSeconds: 7 }, "temporarily_unavailable", /does not answer as it should/],
  ] as const)("%j to its code", async (answer, error, description) => {
    const provider = createTestProvider();
    provider.gitHubAnswer = answer;
    const { searchParams } = new URL(locationOf(await signInAtGitHub(createBrowser(provider), authorizeQuery())));
    expect(searchParams.get("error")).toBe(error);
    expect(searchParams.get("error_description")).toMatch(description);
    expect(provider.asked).toEqual([]);
  });

  test("says when to try again, on a page", async () => {
    const provider = createTestProvider();
    provider.gitHubAnswer = { kind: "unavailable", retryAfterSeconds: 7 };
    const response = await signInAtGitHub(createBrowser(provider), argocdQuery);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "7"]);
  });

  test("and a person who loads that page again is signed in once GitHub is well", async () => {
    const provider = createTestProvider();
    const { gitHubAnswer } = provider;
    provider.gitHubAnswer = { kind: "unavailable", retryAfterSeconds: 7 };
    const browser = createBrowser(provider);
    const path = `/callback?code=x&state=${stateOf(await browser.get(`/authorize?${argocdQuery}`))}`;
    expect((await browser.get(path)).status).toBe(503);
    provider.gitHubAnswer = gitHubAnswer;
    expect(locationOf(await browser.get(path))).toContain("https://argocd.example.com/auth/callback?code=");
    expect((await browser.get(path)).status).toBe(400);
  });

  test("refused codes are not counted where Cloudflare tells no address", async () => {
    const provider = createTestProvider();
    provider.gitHubAnswer = { kind: "refused" };
    const browser = createBrowser(provider);
    for (let count = 0; count < 25; count += 1) await signInAtGitHub(browser, authorizeQuery());
    expect(provider.redeemed).toHaveLength(25);
  });

  test("after twenty refused codes in a minute, none of that address is redeemed; another address's is", async () => {
    const provider = createTestProvider();
    provider.gitHubAnswer = { kind: "refused" };
    const browser = createBrowser(provider);
    const tryOnce = async (address: string) => {
      const state = stateOf(await browser.get(`/authorize?${authorizeQuery()}`));
      return browser.get(`/callback?code=x&state=${state}`, { "cf-connecting-ip": address });
    };
    for (let count = 0; count < 25; count += 1) await tryOnce(`2001:db8:0:1::${count}`);
    expect(provider.redeemed).toHaveLength(20);
    await tryOnce("2001:db8:0:2::1");
    expect(provider.redeemed).toHaveLength(21);
    provider.clock += 60_000;
    await tryOnce("2001:db8:0:1::1");
    expect(provider.redeemed).toHaveLength(22);
  });
});
