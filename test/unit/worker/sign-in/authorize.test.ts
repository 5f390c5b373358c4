import { describe, expect, test } from "vitest";
import { unauthenticated, undetermined } from "../../../../src/worker/verdict.ts";
import { authorizeQuery, createBrowser, formOf, locationOf, signInAtGitHub, stateOf } from "./support/browser.ts";
import { client, createTestProvider, decided, githubWebUrl, issuerUrl } from "./support/provider.ts";

/** @returns the query of the address to which a client gets its error */
function errorOf(response: Response): Record<string, string> {
  return Object.fromEntries(new URL(locationOf(response)).searchParams);
}

describe("a right request", () => {
  test("leads to GitHub with a state and a challenge of its own, and no word of the client's", async () => {
    const browser = createBrowser(createTestProvider());
    const response = await browser.get(`/authorize?${authorizeQuery()}`);
    const address = new URL(locationOf(response));
    expect(response.status).toBe(303);
    expect(`${address.origin}${address.pathname}`).toBe(`${githubWebUrl}/login/oauth/authorize`);
    expect(address.searchParams.get("state")).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(address.searchParams.get("challenge")).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(address.searchParams.get("challenge")).not.toBe("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    expect(locationOf(response)).not.toContain("state-of-the-client");
  });

  test("keeps the request in a cookie that no sibling hostname can set and no script can read", async () => {
    const response = await createBrowser(createTestProvider()).get(`/authorize?${authorizeQuery()}`);
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^__Host-sign-in-[A-Za-z0-9_-]{22}=[A-Za-z0-9_-]+; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=600$/,
      ),
    ]);
  });

  test("works as a form, too, which becomes the same request as an address", async () => {
    const browser = createBrowser(createTestProvider());
    const changes = { login_hint: "octocat", prompt: "login", state: "a b&c=d" };
    const response = await browser.post("/authorize", authorizeQuery(changes), { "sec-fetch-site": "cross-site" });
    const address = new URL(locationOf(response));
    expect([response.status, `${address.origin}${address.pathname}`]).toEqual([303, `${issuerUrl}/authorize`]);
    const away = await browser.get(`/authorize${address.search}`);
    const { searchParams } = new URL(locationOf(away));
    expect([searchParams.get("login"), searchParams.get("select")]).toEqual(["octocat", "true"]);
    const page = await browser.get(`/callback?code=x&state=${stateOf(away)}`);
    const back = await browser.post("/consent", `form=${await formOf(page)}&choice=sign_in`);
    expect(new URL(locationOf(back)).searchParams.get("state")).toBe("a b&c=d");
  });

  test("a form of another site, which comes without cookies, sets none: no page can fill a browser with them", async () => {
    const browser = createBrowser(createTestProvider());
    const response = await browser.post("/authorize", authorizeQuery(), { "sec-fetch-site": "cross-site" });
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  test.each([
    "http://localhost:8085/cb?tenant=1",
    "http://localhost:8085/a%20b",
    "http://127.9.9.9:8085/cb",
    "https://localhost:9000/callback",
  ])("a person is asked before a code goes to the listed %s, for any program can listen there", async (redirectUri) => {
    const provider = createTestProvider([client("dev", { kind: "application", redirectUris: [redirectUri] })]);
    const query = authorizeQuery({ client_id: "dev", redirect_uri: redirectUri });
    const page = await signInAtGitHub(createBrowser(provider), query);
    expect([page.status, await formOf(page)]).toEqual([200, expect.stringMatching(/./)]);
  });

  test.each([
    ["login_hint", "octocat", "login", "octocat"],
    ["login_hint", "-old-name", "login", "-old-name"],
    ["login_hint", "not a login", "login", ""],
    ["prompt", "login", "select", "true"],
    ["prompt", "select_account", "select", "true"],
    ["prompt", null, "select", "false"],
    ["acr_values", "1", "select", "false"],
    ["id_token_hint", "x.y.z", "select", "false"],
    ["scope", "openid email made-up", "select", "false"],
  ])("%s=%s goes to GitHub as %s=%s", async (name, value, githubName, githubValue) => {
    const response = await createBrowser(createTestProvider()).get(`/authorize?${authorizeQuery({ [name]: value })}`);
    expect(new URL(locationOf(response)).searchParams.get(githubName)).toBe(githubValue);
  });

  test("a browser keeps six sign-ins, and the oldest goes", async () => {
    const provider = createTestProvider();
    const browser = createBrowser(provider);
    const states: string[] = [];
    for (let count = 0; count < 8; count += 1) {
      states.push(stateOf(await browser.get(`/authorize?${authorizeQuery()}`)));
      provider.clock += 1000;
    }
    const kept = [...browser.cookies.keys()].map((name) => name.slice("__Host-sign-in-".length));
    expect(kept).toEqual(states.slice(2));
  });
});

describe("without a known client and one of its addresses there is a page, and no way on", () => {
  test.each([
    ["an unknown client", { client_id: "other" }],
    ["no client", { client_id: null }],
    ["a client named by a prototype's member", { client_id: "constructor" }],
    ["no redirect URI", { redirect_uri: null }],
    ["an address of an attacker", { redirect_uri: "https://evil.example/" }],
    ["an address of another client", { redirect_uri: "https://argocd.example.com/auth/callback" }],
    ["a near miss", { redirect_uri: "https://headlamp.example.com/oidc-callback/" }],
  ])("%s", async (_, changes) => {
    const response = await createBrowser(createTestProvider()).get(`/authorize?${authorizeQuery(changes)}`);
    expect(response.status).toBe(400);
    expect(response.headers.get("location")).toBeNull();
    expect(await response.text()).not.toContain("<a ");
  });

  test.each(["client_id=production", "redirect_uri=http://localhost:8000", "redirect_uri=https://evil.example"])(
    "%s a second time",
    async (twice) => {
      const response = await createBrowser(createTestProvider()).get(`/authorize?${authorizeQuery()}&${twice}`);
      expect(response.status).toBe(400);
    },
  );

  test.each([
    ["JSON", "application/json", "{}"],
    ["no type", "", authorizeQuery()],
    ["over 16 KB", "application/x-www-form-urlencoded", `${authorizeQuery()}&x=${"x".repeat(17_000)}`],
  ])("a body that is %s", async (_, type, body) => {
    const browser = createBrowser(createTestProvider());
    expect((await browser.post("/authorize", body, { "content-type": type })).status).toBe(400);
  });
});

describe("a wrong request goes back to the client as an error, with state and iss", () => {
  test.each([
    ["invalid_request", { response_type: null }],
    ["unsupported_response_type", { response_type: "token" }],
    ["unsupported_response_type", { response_type: "code id_token" }],
    ["invalid_request", { response_mode: "fragment" }],
    ["request_not_supported", { request: "x.y.z" }],
    ["request_uri_not_supported", { request_uri: "https://evil.example/request" }],
    ["invalid_request", { code_challenge: null, code_challenge_method: null }],
    ["invalid_request", { code_challenge_method: "plain" }],
    ["invalid_request", { code_challenge_method: null }],
    ["invalid_request", { code_challenge: "short" }],
    ["invalid_request", { code_challenge: null }],
    ["login_required", { prompt: "none" }],
    ["invalid_request", { prompt: "none login" }],
    ["login_required", { max_age: "0" }],
    ["login_required", { max_age: "3600" }],
    ["invalid_request", { nonce: "n".repeat(513) }],
  ])("%s for %j", async (error, changes) => {
    const response = await createBrowser(createTestProvider()).get(`/authorize?${authorizeQuery(changes)}`);
    expect(response.status).toBe(303);
    expect(locationOf(response)).toMatch(/^http:\/\/localhost:8000\?/);
    expect(errorOf(response)).toMatchObject({ error, state: "state-of-the-client", iss: issuerUrl });
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  test.each(["state=again", "scope=again", "nonce=%ff", "x=1&x=2"])("invalid_request for %s", async (more) => {
    const response = await createBrowser(createTestProvider()).get(`/authorize?${authorizeQuery()}&${more}`);
    expect(errorOf(response)).toMatchObject({ error: "invalid_request", iss: issuerUrl });
  });

  test.each(["%1b%5b31mred", "%22", "a".repeat(50)])(
    "the name %j, which is there twice, is not quoted: a terminal prints the error",
    async (name) => {
      const query = `${authorizeQuery()}&${name}=1&${name}=2`;
      const response = await createBrowser(createTestProvider()).get(`/authorize?${query}`);
      expect(errorOf(response).error_description).toBe("A parameter is there twice");
    },
  );

  test("a state of more than 2 KB is not sent back", async () => {
    const query = authorizeQuery({ state: "s".repeat(2049) });
    const response = await createBrowser(createTestProvider()).get(`/authorize?${query}`);
    expect(errorOf(response)).not.toHaveProperty("state");
    expect(errorOf(response).error).toBe("invalid_request");
  });

  test("what does not fit into a cookie is refused", async () => {
    const query = authorizeQuery({ state: "é".repeat(2048), nonce: "é".repeat(512) });
    const response = await createBrowser(createTestProvider()).get(`/authorize?${query}`);
    expect(errorOf(response).error).toBe("invalid_request");
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  test("a state of 2 KB comes back byte for byte", async () => {
    const state = "a/+&=%20 é".repeat(150);
    const provider = createTestProvider();
    const query = authorizeQuery({
      client_id: "argocd",
      redirect_uri: "https://argocd.example.com/auth/callback",
      state,
    });
    const response = await signInAtGitHub(createBrowser(provider), query);
    expect(new URL(locationOf(response)).searchParams.get("state")).toBe(state);
  });
});

test("a client with a secret needs no PKCE at its https address, and does on loopback", async () => {
  const plain = { client_id: "argocd", code_challenge: null, code_challenge_method: null };
  const browser = createBrowser(createTestProvider());
  const https = authorizeQuery({ ...plain, redirect_uri: "https://argocd.example.com/auth/callback" });
  expect(stateOf(await browser.get(`/authorize?${https}`))).toMatch(/^.{22}$/);
  const loopback = authorizeQuery({ ...plain, redirect_uri: "http://localhost:8085/auth/callback" });
  expect(errorOf(await browser.get(`/authorize?${loopback}`)).error).toBe("invalid_request");
});

describe("a browser that has signed in before", () => {
  async function signedIn() {
    const provider = createTestProvider();
    const browser = createBrowser(provider);
    await signInAtGitHub(browser, authorizeQuery());
    provider.asked.length = 0;
    return { provider, browser };
  }

  test("gets our page without GitHub, for the same GitHub token", async () => {
    const { provider, browser } = await signedIn();
    const response = await browser.get(`/authorize?${authorizeQuery()}`);
    expect(await formOf(response)).not.toBe("");
    expect(provider.asked).toMatchObject([{ client: "production", token: "a-github-token" }]);
    expect(provider.redeemed).toHaveLength(1);
  });

  test.each([
    ["the client expects another login", { login_hint: "mona" }],
    ["the client asks for GitHub's page", { prompt: "select_account" }],
  ])("goes to GitHub where %s", async (_, changes) => {
    const { provider, browser } = await signedIn();
    expect(stateOf(await browser.get(`/authorize?${authorizeQuery(changes)}`))).not.toBe("");
    expect(provider.asked).toEqual([]);
  });

  test("need not go to GitHub where the client expects its login in another case", async () => {
    const { browser } = await signedIn();
    expect((await browser.get(`/authorize?${authorizeQuery({ login_hint: "OctoCat" })}`)).status).toBe(200);
  });

  test("goes to GitHub, where another account can be chosen, if the session's is refused", async () => {
    const { provider, browser } = await signedIn();
    provider.decision = decided(unauthenticated("not_allowed"));
    expect(stateOf(await browser.get(`/authorize?${authorizeQuery()}`))).not.toBe("");
  });

  test("is told at once where nothing can be decided", async () => {
    const { provider, browser } = await signedIn();
    provider.decision = decided(undetermined("github_timeout"));
    const response = await browser.get(`/authorize?${authorizeQuery()}`);
    expect(errorOf(response)).toMatchObject({ error: "temporarily_unavailable", state: "state-of-the-client" });
  });

  test("goes to GitHub once the eight hours are over", async () => {
    const { provider, browser } = await signedIn();
    provider.clock += 8 * 3600 * 1000;
    expect(stateOf(await browser.get(`/authorize?${authorizeQuery()}`))).not.toBe("");
  });
});
