import { describe, expect, test } from "vitest";
import { createRecorder } from "../../../../../src/cli/commands/explain/recorded-calls.ts";
import { makeToken } from "../../../../../src/local/github/token.ts";
import type { GitHubReply, GitHubRequest } from "../../../../../src/worker/github/client.ts";

const token = makeToken("classic");
const restUrl = "https://ghes.test/api/v3";
const graphqlUrl = "https://ghes.test/api/graphql";

const answered = (status: number, body: unknown, headers: Record<string, string> = {}): GitHubReply => ({
  kind: "answered",
  status,
  headers: new Headers(headers),
  text: typeof body === "string" ? body : JSON.stringify(body),
});

/** What is recorded of one call; each look at the clock takes 5 ms. */
async function recorded(request: Partial<GitHubRequest>, reply: GitHubReply) {
  let time = 0;
  const now = () => {
    time += 5;
    return time;
  };
  const { client, calls } = createRecorder({ client: { send: async () => reply }, restUrl, graphqlUrl, token, now });
  expect(await client.send({ url: `${restUrl}/user`, authorization: `Bearer ${token}`, ...request })).toBe(reply);
  return calls();
}

describe("a call that is recorded", () => {
  test("shows what was asked, what came, and how long it took", async () => {
    expect(await recorded({}, answered(200, {}, { "x-oauth-scopes": "read:org", server: "github.com" }))).toEqual([
      {
        method: "GET",
        path: "/user",
        status: 200,
        outcome: "ok",
        reason: null,
        durationMs: 5,
        headers: { "x-oauth-scopes": "read:org" },
        message: null,
      },
    ]);
  });

  test.each<[string, "GET" | "POST", GitHubReply, string, string | null]>([
    ["/user", "GET", answered(401, { message: "Bad credentials" }), "refused", "token_refused"],
    ["/user", "GET", answered(404, {}), "unavailable", "github_unexpected_status"],
    ["/user", "GET", answered(403, {}, { "x-ratelimit-limit": "60" }), "unrecognised", null],
    ["/user/teams?per_page=100", "GET", answered(404, {}), "absent", null],
    ["/user/memberships/orgs/acme", "GET", answered(403, {}), "hidden", "organisation_forbidden"],
    ["/orgs/acme/teams/platform", "GET", answered(404, {}), "absent", null],
    ["/orgs/acme/memberships/ada", "GET", answered(404, {}), "absent", null],
    ["/orgs/acme/memberships/ada", "GET", answered(403, {}), "unavailable", "github_app_unavailable"],
    ["/app/installations?per_page=100", "GET", answered(404, {}), "unavailable", "github_app_unavailable"],
    ["/app/installations/1/access_tokens", "POST", answered(201, {}), "ok", null],
    ["/app/installations/1/access_tokens", "POST", answered(200, {}), "unavailable", "github_unexpected_status"],
    ["/applications/Iv23/token", "POST", answered(404, {}), "absent", null],
    ["/applications/Iv23/token", "POST", answered(401, {}), "unavailable", "oauth_client_secret"],
  ])("%s by %s is sorted as the Worker does: %j", async (path, method, reply, outcome, reason) => {
    expect(await recorded({ url: restUrl + path, method }, reply)).toMatchObject([{ path, method, outcome, reason }]);
  });

  test("names GraphQL by its own path", async () => {
    const call = await recorded({ url: graphqlUrl, method: "POST" }, answered(403, {}));
    expect(call).toMatchObject([{ path: "/api/graphql", reason: "github_app_unavailable" }]);
  });

  test("has no status where no answer came", async () => {
    const reply: GitHubReply = { kind: "failed", reason: "github_timeout", status: null, headers: null };
    expect(await recorded({}, reply)).toMatchObject([
      { status: null, outcome: "unavailable", reason: "github_timeout", headers: {}, message: null },
    ]);
  });

  test("never repeats the token, nor anything that could control a terminal", async () => {
    const headers = { "x-github-request-id": `id-${token}`, "x-github-sso": "required; url=\u001b[2J" };
    const url = `${restUrl}/user?${token}`;
    const calls = await recorded({ url }, answered(403, { message: `no ${token}\u001b[31m\n` }, headers));
    expect(JSON.stringify(calls)).not.toContain(token);
    expect(calls).toMatchObject([{ path: "/user?[the token]", message: "no [the token]?[31m?" }]);
    expect(calls[0]?.headers["x-github-sso"]).toBe("required; url=?[2J");
  });

  test("shows what GitHub says is wrong, if it says so in its own form", async () => {
    expect(await recorded({}, answered(503, { message: "down" }))).toMatchObject([{ message: "down" }]);
    for (const body of ["<html>", "null", "[]", '{"error":1}']) {
      expect(await recorded({}, answered(503, body))).toMatchObject([{ message: null }]);
    }
  });
});

test("calls stand in the order in which they began", async () => {
  const ends: (() => void)[] = [];
  const { client, calls } = createRecorder({
    client: {
      send: () =>
        new Promise((resolve) => {
          ends.push(() => resolve(answered(200, {})));
        }),
    },
    restUrl,
    graphqlUrl,
    token,
    now: () => 0,
  });
  const both = ["/a", "/b"].map((path) => client.send({ url: restUrl + path, authorization: null }));
  ends[1]?.();
  await both[1];
  expect(calls().map(({ path }) => path)).toEqual(["/b"]);
  ends[0]?.();
  await both[0];
  expect(calls().map(({ path }) => path)).toEqual(["/a", "/b"]);
});
