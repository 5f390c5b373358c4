import { describe, expect, test } from "vitest";
import { showCall } from "../../../../../src/cli/commands/explain/explain.ts";
import { makeToken } from "../../../../../src/local/github/token.ts";
import { apiAddressOf } from "../../../../../src/worker/github/api-address.ts";
import { createCalls } from "../../../../../src/worker/github/calls.ts";
import type { GitHubReply } from "../../../../../src/worker/github/client.ts";
import {
  checkToken,
  installations,
  installationToken,
  membershipOfUser,
  ownMembership,
  ownTeams,
  team,
  teamsOfUser,
  user,
} from "../../../../../src/worker/github/endpoints.ts";
import { createTrace, type TracedCall } from "../../../../../src/worker/github/trace.ts";

const token = makeToken("classic");
const api = apiAddressOf("https://ghes.test/api/v3");

const answered = (status: number, body: unknown, headers: Record<string, string> = {}): GitHubReply => ({
  kind: "answered",
  status,
  headers: new Headers(headers),
  text: typeof body === "string" ? body : JSON.stringify(body),
});

type Calls = ReturnType<typeof createCalls>;
const options = { authorization: `Bearer ${token}` };
const callUser = (calls: Calls) => calls.call(user, undefined, options);

/** A call as it is shown, after the Worker's own code has made it; each look at the clock takes 5 ms. */
async function shown(
  reply: GitHubReply,
  make: (calls: Calls) => Promise<unknown> = callUser,
  changes: Partial<TracedCall> = {},
) {
  let time = 0;
  const now = () => {
    time += 5;
    return time;
  };
  const trace = createTrace();
  const client = { send: async () => reply };
  await make(createCalls({ client, api, now, trace, deadline: AbortSignal.timeout(5_000) }));
  return trace.calls().map((call) => showCall({ ...call, ...changes }, api, token))[0];
}

describe("a call that is shown", () => {
  test("says what was called, what came, and how long it took", async () => {
    const account = { id: 1, login: "ada", type: "User" };
    expect(await shown(answered(200, account, { "x-oauth-scopes": "read:org", server: "github.com" }))).toEqual({
      method: "GET",
      path: "/user",
      status: 200,
      outcome: "ok",
      reason: null,
      durationMs: 5,
      headers: { "x-oauth-scopes": "read:org" },
      message: null,
    });
  });

  test("shows the headers about the token, the quota and the request, and no others", async () => {
    const headers = {
      "x-oauth-scopes": "read:org",
      "x-accepted-oauth-scopes": "read:org",
      "x-accepted-github-permissions": "members=read",
      "x-oauth-client-id": "Iv23",
      "github-authentication-token-expiration": "2026-12-01 00:00:00 UTC",
      "x-github-sso": "required",
      "x-ratelimit-limit": "5000",
      "x-ratelimit-remaining": "0",
      "retry-after": "7",
      "x-github-request-id": "A:1",
    };
    expect((await shown(answered(403, {}, { ...headers, etag: "x", "set-cookie": "x" })))?.headers).toEqual(headers);
  });

  const organisation = { organisation: "acme" };
  const ofAda = { organisation: "acme", login: "ada" };
  const installation = { installationId: 1 };
  const tokenOfInstallation = { token: makeToken("installation"), expires_at: "2026-12-01T00:00:00Z" };
  test.each<[string, "GET" | "POST", GitHubReply, (calls: Calls) => Promise<unknown>, string, string | null]>([
    ["/user", "GET", answered(401, { message: "Bad credentials" }), callUser, "refused", "token_refused"],
    ["/user", "GET", answered(404, {}), callUser, "unavailable", "github_unexpected_status"],
    ["/user", "GET", answered(403, {}, { "x-ratelimit-limit": "60" }), callUser, "unrecognised", null],
    [
      "/user/teams?per_page=100",
      "GET",
      answered(404, {}),
      (calls) => calls.call(ownTeams, undefined, options),
      "absent",
      null,
    ],
    [
      "/user/memberships/orgs/acme",
      "GET",
      answered(403, {}),
      (calls) => calls.call(ownMembership, organisation, options),
      "hidden",
      "organisation_forbidden",
    ],
    [
      "/orgs/acme/teams/platform",
      "GET",
      answered(404, {}),
      (calls) =>
        calls.call(team, { organisation: { id: 1, login: "acme" }, team: { id: null, slug: "platform" } }, options),
      "absent",
      null,
    ],
    [
      "/orgs/acme/memberships/ada",
      "GET",
      answered(404, {}),
      (calls) => calls.call(membershipOfUser, ofAda, options),
      "absent",
      null,
    ],
    [
      "/orgs/acme/memberships/ada",
      "GET",
      answered(403, {}),
      (calls) => calls.call(membershipOfUser, ofAda, options),
      "unavailable",
      "github_app_unavailable",
    ],
    [
      "/app/installations?per_page=100",
      "GET",
      answered(404, {}),
      (calls) => calls.call(installations, undefined, options),
      "unavailable",
      "github_app_unavailable",
    ],
    [
      "/app/installations/1/access_tokens",
      "POST",
      answered(201, tokenOfInstallation),
      (calls) => calls.call(installationToken, installation, options),
      "ok",
      null,
    ],
    [
      "/app/installations/1/access_tokens",
      "POST",
      answered(200, tokenOfInstallation),
      (calls) => calls.call(installationToken, installation, options),
      "unavailable",
      "github_unexpected_status",
    ],
    [
      "/applications/Iv23/token",
      "POST",
      answered(404, {}),
      (calls) => calls.call(checkToken, { clientId: "Iv23" }, options),
      "absent",
      null,
    ],
    [
      "/applications/Iv23/token",
      "POST",
      answered(401, {}),
      (calls) => calls.call(checkToken, { clientId: "Iv23" }, options),
      "unavailable",
      "oauth_client_secret",
    ],
    [
      "/api/graphql",
      "POST",
      answered(403, {}),
      (calls) => calls.call(teamsOfUser, undefined, options),
      "unavailable",
      "github_app_unavailable",
    ],
  ])("%s by %s has the Worker's outcome: %j", async (path, method, reply, make, outcome, reason) => {
    expect(await shown(reply, make)).toMatchObject({ path, method, outcome, reason });
  });

  test("has no status where no response came", async () => {
    const reply: GitHubReply = { kind: "failed", reason: "github_timeout", status: null, headers: null };
    expect(await shown(reply)).toMatchObject({
      status: null,
      outcome: "unavailable",
      reason: "github_timeout",
      headers: {},
      message: null,
    });
  });

  test("never repeats the token, nor anything that could control a terminal", async () => {
    const headers = { "x-github-request-id": `id-${token}`, "x-github-sso": "required; url=\u001b[2J" };
    const url = `${api.restUrl}/user?${token}`;
    const call = await shown(answered(403, { message: `no ${token}\u001b[31m\n` }, headers), callUser, { url });
    expect(JSON.stringify(call)).not.toContain(token);
    expect(call).toMatchObject({ path: "/user?[the token]", message: "no [the token]?[31m?" });
    expect(call?.headers["x-github-sso"]).toBe("required; url=?[2J");
  });

  test("is cut where GitHub sends long texts", async () => {
    const long = "x".repeat(1000);
    const reply = answered(403, { message: long }, { "x-github-sso": long });
    const call = await shown(reply, callUser, { url: `${api.restUrl}/${long}` });
    expect([call?.message?.length, call?.headers["x-github-sso"]?.length, call?.path.length]).toEqual([300, 500, 500]);
  });

  test("has the message from GitHub's error, if it has GitHub's own form", async () => {
    expect(await shown(answered(503, { message: "down" }))).toMatchObject({ message: "down" });
    expect(await shown(answered(400, { message: "no" }))).toMatchObject({ message: "no" });
    for (const body of ["<html>", "null", "[]", '{"error":1}', '{"message":""}']) {
      expect(await shown(answered(503, body))).toMatchObject({ message: null });
    }
    for (const status of [200, 302])
      expect(await shown(answered(status, { message: "no" }))).toMatchObject({ message: null });
  });
});
