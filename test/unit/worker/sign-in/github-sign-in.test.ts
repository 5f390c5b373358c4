import { describe, expect, test } from "vitest";
import { createGitHubClient } from "../../../../src/worker/github/client.ts";
import { createGitHubSignIn } from "../../../../src/worker/sign-in/github-sign-in.ts";
import { settings } from "./support/provider.ts";

const now = Date.parse("2026-11-27T10:00:00Z");

function gitHubThat(
  answer: (request: Request) => Response | Promise<Response>,
  changes: Partial<typeof settings> = {},
) {
  const requests: Request[] = [];
  const warnings: string[] = [];
  const fetch = async (input: string | URL | Request, init?: RequestInit) => {
    // Workers know this mode of the cache; Node's Request does, too.
    const request = new Request(input, init);
    requests.push(request.clone());
    return answer(request);
  };
  const gitHub = createGitHubSignIn({
    settings: { ...settings, ...changes },
    restUrl: "https://api.github.example.com",
    client: createGitHubClient({ fetch }),
    now: () => now,
    writeWarning: (text) => warnings.push(text),
  });
  return { gitHub, requests, warnings };
}

const json = (body: unknown, status = 200, headers = {}) => Response.json(body, { status, headers });
const down = () => {
  throw new TypeError("the connection broke");
};

test("the authorize page gets our client, callback, state and challenge, and the hint where there is one", () => {
  const { gitHub } = gitHubThat(down);
  const request = { state: "s", challenge: "c", loginHint: "octocat", selectAccount: true };
  const full = new URL(gitHub.authorizeAddress(request));
  expect(full.origin + full.pathname).toBe("https://github.example.com/login/oauth/authorize");
  expect(Object.fromEntries(full.searchParams)).toEqual({
    client_id: "Iv23example",
    redirect_uri: "https://login.example.com/callback",
    state: "s",
    allow_signup: "false",
    code_challenge: "c",
    code_challenge_method: "S256",
    login: "octocat",
    prompt: "select_account",
  });
  const plain = new URL(gitHub.authorizeAddress({ ...request, loginHint: null, selectAccount: false }));
  expect([plain.searchParams.has("login"), plain.searchParams.has("prompt")]).toEqual([false, false]);
});

test("an OAuth app asks for the scope that shows memberships, on the page and for a device", async () => {
  const clientId = "Ov23liExample";
  const { gitHub, requests } = gitHubThat(() => json({ error: "made_up" }), { githubClientId: clientId });
  const request = { state: "s", challenge: "c", loginHint: null, selectAccount: false };
  expect(new URL(gitHub.authorizeAddress(request)).searchParams.get("scope")).toBe("read:org");
  await gitHub.startDevice();
  expect(await requests[0]?.json()).toEqual({ client_id: clientId, scope: "read:org" });
});

describe("a code", () => {
  test("is redeemed with the secret, the callback and the verifier", async () => {
    const { gitHub, requests } = gitHubThat(() => json({ access_token: "t", expires_in: 28800 }));
    expect(await gitHub.redeemCode("code", "verifier")).toEqual({
      kind: "token",
      token: "t",
      tokenEndsAt: now / 1000 + 28800,
    });
    const [request] = requests;
    expect([request?.method, request?.url]).toEqual(["POST", "https://github.example.com/login/oauth/access_token"]);
    expect(request?.headers.get("accept")).toBe("application/json");
    expect(request?.headers.get("authorization")).toBeNull();
    expect(await request?.json()).toEqual({
      client_id: "Iv23example",
      client_secret: "a-secret-of-this-test",
      code: "code",
      redirect_uri: "https://login.example.com/callback",
      code_verifier: "verifier",
    });
  });

  test.each([
    [undefined, 28800],
    [3600, 3600],
    [15_811_200, 28800],
  ])("whose token ends in %s seconds gives a session of %s", async (seconds, session) => {
    const { gitHub } = gitHubThat(() => json({ access_token: "t", expires_in: seconds }));
    expect(await gitHub.redeemCode("code", "verifier")).toMatchObject({ tokenEndsAt: now / 1000 + session });
  });

  test.each([
    ["bad_verification_code", { kind: "refused" }],
    ["unverified_user_email", { kind: "unverified_email" }],
    ["incorrect_client_credentials", { kind: "misconfigured", error: "incorrect_client_credentials" }],
    ["redirect_uri_mismatch", { kind: "misconfigured", error: "redirect_uri_mismatch" }],
    ["application_suspended", { kind: "misconfigured", error: "application_suspended" }],
    ["authorization_pending", { kind: "unavailable", retryAfterSeconds: 10 }],
    ["constructor", { kind: "unavailable", retryAfterSeconds: 10 }],
    ["made_up", { kind: "unavailable", retryAfterSeconds: 10 }],
  ])("that GitHub answers with 200 and %s", async (error, answer) => {
    const { gitHub, warnings } = gitHubThat(() => json({ error, error_description: "x", error_uri: "y" }));
    expect(await gitHub.redeemCode("code", "verifier")).toEqual(answer);
    expect(warnings).toHaveLength(answer.kind === "misconfigured" ? 1 : 0);
  });

  test.each([
    ["a broken connection", down, 10],
    ["a server error", () => json({}, 500), 10],
    ["a page", () => new Response("<html>", { headers: { "content-type": "text/html" } }), 10],
    ["half of an answer", () => new Response('{"access_token":'), 10],
    ["no token", () => json({}), 10],
    ["a list", () => json([]), 10],
    ["null", () => json(null), 10],
    ["a token that is a number", () => json({ access_token: 1 }), 10],
    ["an empty token", () => json({ access_token: "" }), 10],
    ["a token with a line's end", () => json({ access_token: "a\nb" }), 10],
    ["a token over 8 KB", () => json({ access_token: "x".repeat(8193) }), 10],
    ["a token that has ended", () => json({ access_token: "t", expires_in: 0 }), 10],
    ["an end that is no number", () => json({ access_token: "t", expires_in: "soon" }), 10],
    ["a limit", () => json({}, 429, { "retry-after": "77" }), 77],
    ["a limit without a time", () => json({}, 403), 10],
    ["a time that is none", () => json({}, 429, { "retry-after": "soon" }), 10],
    ["more than a megabyte", () => json({ access_token: "t", x: "x".repeat(1_100_000) }), 10],
    ["a redirect", () => new Response(null, { status: 302, headers: { location: "https://evil.example" } }), 10],
  ] as const)("is not redeemed by %s", async (_, answer, retryAfterSeconds) => {
    const { gitHub, requests } = gitHubThat(answer);
    expect(await gitHub.redeemCode("code", "verifier")).toEqual({ kind: "unavailable", retryAfterSeconds });
    expect(requests).toHaveLength(1);
  });

  test("of a client that GitHub does not know is a fault of the configuration", async () => {
    const { gitHub, warnings } = gitHubThat(() => new Response("Not Found", { status: 404 }));
    expect(await gitHub.redeemCode("code", "verifier")).toEqual({ kind: "misconfigured", error: "unknown_client" });
    expect(warnings).toEqual(["GITHUB_CLIENT_ID: GitHub signs no one in: unknown_client"]);
  });
});

describe("a device", () => {
  const started = {
    device_code: "d".repeat(40),
    user_code: "WDJB-MJHT",
    verification_uri: "https://github.example.com/login/device",
    expires_in: 900,
    interval: 5,
  };

  test("gets GitHub's code and address", async () => {
    const { gitHub, requests } = gitHubThat(() => json(started));
    expect(await gitHub.startDevice()).toEqual({
      kind: "started",
      deviceCode: started.device_code,
      userCode: "WDJB-MJHT",
      verificationUri: started.verification_uri,
      expiresInSeconds: 900,
      intervalSeconds: 5,
    });
    expect(requests[0]?.url).toBe("https://github.example.com/login/device/code");
    expect(await requests[0]?.json()).toEqual({ client_id: "Iv23example" });
  });

  test.each([
    ["device_flow_disabled", "misconfigured"],
    ["made_up", "unavailable"],
  ])("is not started by %s", async (error, kind) => {
    expect(await gitHubThat(() => json({ error })).gitHub.startDevice()).toMatchObject({ kind });
  });

  test.each([
    { ...started, verification_uri: "javascript:alert(1)" },
    { ...started, user_code: `<b>${"x".repeat(64)}` },
    { ...started, expires_in: -1 },
    { ...started, interval: 0 },
    { ...started, device_code: undefined },
  ])("is not started by an odd answer (%#)", async (answer) => {
    expect(await gitHubThat(() => json(answer)).gitHub.startDevice()).toMatchObject({ kind: "unavailable" });
  });

  test.each([
    [{ access_token: "t" }, "token"],
    [{ error: "authorization_pending" }, "pending"],
    [{ error: "slow_down", interval: 10 }, "slow_down"],
    [{ error: "access_denied" }, "declined"],
    [{ error: "expired_token" }, "ended"],
    [{ error: "token_expired" }, "ended"],
    [{ error: "incorrect_device_code" }, "ended"],
    [{ error: "device_flow_disabled" }, "misconfigured"],
    [{ error: "made_up" }, "unavailable"],
  ])("that is asked about, %j is %s", async (answer, kind) => {
    const { gitHub, requests } = gitHubThat(() => json(answer));
    expect(await gitHub.pollDevice("device-code")).toMatchObject({ kind });
    expect(await requests[0]?.json()).toEqual({
      client_id: "Iv23example",
      device_code: "device-code",
      grant_type: "urn:ietf:params:oauth:grant-type:device_code",
    });
  });
});

test("what GitHub tells a browser is a warning once, and no text that a browser makes up", () => {
  const { gitHub, warnings } = gitHubThat(down);
  const made = ["made_up", "access_denied", "constructor", "a\nline", ""];
  for (const error of ["redirect_uri_mismatch", "redirect_uri_mismatch", ...made]) gitHub.noteRedirectError(error);
  expect(warnings).toEqual(["GITHUB_CLIENT_ID: GitHub signs no one in: redirect_uri_mismatch"]);
});

describe("a token", () => {
  test("is ended at the API, with the client's own credentials", async () => {
    const { gitHub, requests } = gitHubThat(() => new Response(null, { status: 204 }));
    expect(await gitHub.endToken("a-token")).toBe("ended");
    const [request] = requests;
    expect([request?.method, request?.url]).toEqual([
      "DELETE",
      "https://api.github.example.com/applications/Iv23example/token",
    ]);
    expect(request?.headers.get("authorization")).toBe(`Basic ${btoa("Iv23example:a-secret-of-this-test")}`);
    expect(await request?.json()).toEqual({ access_token: "a-token" });
  });

  test.each([
    [404, "gone"],
    [422, "gone"],
    [401, "unavailable"],
    [403, "unavailable"],
    [500, "unavailable"],
    [200, "unavailable"],
  ])("that GitHub answers with %s is %s", async (status, answer) => {
    expect(await gitHubThat(() => json({}, status)).gitHub.endToken("t")).toBe(answer);
  });

  test("that GitHub does not end because of a wrong client secret is a warning", async () => {
    const { gitHub, warnings } = gitHubThat(() => json({}, 401));
    await gitHub.endToken("t");
    expect(warnings).toEqual(["GITHUB_CLIENT_ID: GitHub signs no one in: incorrect_client_credentials"]);
  });

  test("is not ended by a broken connection", async () => {
    expect(await gitHubThat(down).gitHub.endToken("t")).toBe("unavailable");
  });
});
