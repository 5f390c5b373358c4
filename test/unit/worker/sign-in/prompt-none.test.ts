// A client that must show the person nothing (prompt=none): it gets a code where this browser is signed in as the right
// person, and an error otherwise.
import { describe, expect, test } from "vitest";
import { unauthenticated, undetermined } from "../../../../src/worker/verdict.ts";
import { authorizeQuery, createBrowser, locationOf, signInAtGitHub } from "./support/browser.ts";
import { createTestProvider, decided, issuerUrl } from "./support/provider.ts";

const listed = "https://headlamp.example.com/oidc-callback";

async function signedIn() {
  const provider = createTestProvider();
  const browser = createBrowser(provider);
  await signInAtGitHub(browser, authorizeQuery({ redirect_uri: listed }));
  return { provider, browser };
}

/** @returns what the client gets */
async function ask(
  browser: ReturnType<typeof createBrowser>,
  changes: Readonly<Record<string, string | null>> = {},
): Promise<Record<string, string>> {
  const query = authorizeQuery({ redirect_uri: listed, prompt: "none", ...changes });
  const response = await browser.get(`/authorize?${query}`);
  expect(response.status).toBe(303);
  expect(response.headers.getSetCookie()).toEqual([]);
  const { origin, pathname, searchParams } = new URL(locationOf(response));
  expect(`${origin}${pathname}`).toBe(changes.redirect_uri ?? listed);
  expect(searchParams.get("iss")).toBe(issuerUrl);
  return Object.fromEntries(searchParams);
}

/** As a client keeps it from an earlier sign-in. */
function idTokenOf(claims: unknown): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256" })}.${part(claims)}.c2lnbmF0dXJl`;
}

describe("a client gets a code", () => {
  test("where this browser is signed in", async () => {
    const { browser } = await signedIn();
    expect(await ask(browser)).toMatchObject({ code: expect.any(String), state: "state-of-the-client" });
  });

  test("where its ID token is of the same person", async () => {
    const { browser } = await signedIn();
    expect(await ask(browser, { id_token_hint: idTokenOf({ sub: "583231" }) })).toHaveProperty("code");
  });
});

describe("a client is told that the person must sign in", () => {
  test("where this browser is not signed in", async () => {
    expect((await ask(createBrowser(createTestProvider()))).error).toBe("login_required");
  });

  test.each([
    ["its ID token is of another person", idTokenOf({ sub: "583232" })],
    ["its ID token says no subject", idTokenOf({ sub: 583231 })],
    ["its ID token is none", "x.%.z"],
    ["its ID token is empty", "."],
  ])("where %s", async (_, idToken) => {
    const { browser } = await signedIn();
    expect((await ask(browser, { id_token_hint: idToken })).error).toBe("login_required");
  });

  test("where it expects another login", async () => {
    const { browser } = await signedIn();
    expect((await ask(browser, { login_hint: "mona" })).error).toBe("login_required");
  });

  test("where it is a program on this computer, before whose code the person is asked", async () => {
    const { browser } = await signedIn();
    expect((await ask(browser, { redirect_uri: "http://localhost:8000/" })).error).toBe("login_required");
  });

  test("where the person is no longer admitted: another account may be", async () => {
    const { provider, browser } = await signedIn();
    provider.decision = decided(unauthenticated("not_allowed"));
    expect((await ask(browser)).error).toBe("login_required");
  });
});

test("a client is told without a page that nothing can be decided", async () => {
  const { provider, browser } = await signedIn();
  provider.decision = decided(undetermined("github_timeout"));
  expect((await ask(browser)).error).toBe("temporarily_unavailable");
});

test("an ID token decides nothing where the person may be asked", async () => {
  const { browser } = await signedIn();
  expect(await ask(browser, { prompt: null, id_token_hint: idTokenOf({ sub: "583232" }) })).toHaveProperty("code");
});
