import { describe, expect, test } from "vitest";
import type { LookedUp } from "../../../../../src/cli/commands/pin/looked-up.ts";
import { createLookup } from "../../../../../src/cli/commands/pin/lookup.ts";
import type { Named } from "../../../../../src/cli/commands/pin/named-entries.ts";
import type { GitHubReply, GitHubRequest } from "../../../../../src/worker/github/client.ts";

const ada: Named = { kind: "user", login: "ada", id: null };
const acme: Named = { kind: "organisation", login: "acme", id: null };
const platform: Named = { kind: "team", organisation: "acme", slug: "platform", id: null };

const answered = (status: number, body: unknown, headers: Record<string, string> = {}): GitHubReply => ({
  kind: "answered",
  status,
  headers: new Headers(headers),
  text: JSON.stringify(body),
});
const person = { id: 7, login: "Ada", type: "User" };
const team = { id: 55, slug: "platform", organization: { id: 1234, login: "Acme" } };

/** Every question gets the same answer; what was asked is kept. */
function asking(reply: GitHubReply, token: string | null = null) {
  const requests: GitHubRequest[] = [];
  const client = {
    send(request: GitHubRequest) {
      requests.push(request);
      return Promise.resolve(reply);
    },
  };
  return { requests, lookup: createLookup({ client, restUrl: "https://github.test", token }) };
}

describe("a name", () => {
  test.each<[Named, string]>([
    [ada, "/users/ada"],
    [acme, "/orgs/acme"],
    [platform, "/orgs/acme/teams/platform"],
    [{ ...platform, slug: "ent:ops" }, "/orgs/acme/teams/ent%3Aops"],
  ])("%j is asked for at %s", async (named, path) => {
    const { lookup, requests } = asking(answered(404, {}), "a-token");
    await lookup(named);
    expect(requests).toMatchObject([
      { method: "GET", url: `https://github.test${path}`, authorization: "Bearer a-token" },
    ]);
  });

  test("is asked for without a token where there is none, and once only", async () => {
    const { lookup, requests } = asking(answered(200, person));
    expect(await lookup(ada)).toEqual({ kind: "found", pin: "#7", organisationId: null });
    expect(await lookup({ ...ada, id: 7 })).toEqual({ kind: "found", pin: "#7", organisationId: null });
    expect(requests).toMatchObject([{ method: "GET", url: "https://github.test/users/ada", authorization: null }]);
  });

  test("of a team is not asked for without a token", async () => {
    const { lookup, requests } = asking(answered(200, team));
    expect(await lookup(platform)).toEqual({ kind: "needs_token" });
    expect(requests).toEqual([]);
  });
});

describe("what GitHub says of it", () => {
  test.each<[string, Named, GitHubReply, LookedUp["kind"]]>([
    ["a person", ada, answered(200, person), "found"],
    ["an organisation", acme, answered(200, { id: 9, login: "Acme", type: "Organization" }), "found"],
    ["a team", platform, answered(200, team), "found"],
    ["no account", ada, answered(404, { message: "Not Found" }), "unknown_name"],
    ["an organisation where a person is named", ada, answered(200, { ...person, type: "Organization" }), "unsuitable"],
    ["an app's account", ada, answered(200, { ...person, type: "Bot" }), "unsuitable"],
    ["another account than was asked for", ada, answered(200, { ...person, login: "eve" }), "failed"],
    [
      "a team of another organisation",
      platform,
      answered(200, { ...team, organization: { id: 1, login: "eve" } }),
      "failed",
    ],
    ["another team", platform, answered(200, { ...team, slug: "other" }), "failed"],
    ["a number that is none", ada, answered(200, { ...person, id: 0 }), "failed"],
    ["what has no form", ada, answered(200, []), "failed"],
    ["single sign-on", platform, answered(403, {}, { "x-github-sso": "required; url=https://x" }), "failed"],
    ["a wrong token", ada, answered(401, { message: "Bad credentials" }), "stopped"],
    ["no quota without a token", ada, answered(403, {}, { "x-ratelimit-limit": "60" }), "stopped"],
    ["no quota", ada, answered(403, {}, { "x-ratelimit-limit": "5000", "x-ratelimit-remaining": "0" }), "stopped"],
    ["a secondary limit", ada, answered(429, {}), "stopped"],
    ["an outage", ada, answered(503, {}), "stopped"],
    ["a redirect", ada, answered(301, {}), "stopped"],
    ["nothing", ada, { kind: "failed", reason: "github_unreachable", status: null, headers: null }, "stopped"],
  ])("%s", async (_, named, reply, kind) => {
    expect((await asking(reply, "a-token").lookup(named)).kind).toBe(kind);
  });

  test("how long to wait, where it says so", async () => {
    const reply = answered(403, {}, { "x-ratelimit-limit": "60", "retry-after": "90" });
    expect(await asking(reply).lookup(ada)).toMatchObject({
      message: "GitHub answers this address no more requests without a token; again in 2 min",
      hint: expect.stringContaining("GITHUB_TOKEN"),
    });
  });

  test("ends all further requests where they would get the same answer", async () => {
    const { lookup, requests } = asking(answered(503, {}), "a-token");
    expect(await lookup(ada)).toEqual(await lookup(acme));
    expect(await lookup(platform)).toMatchObject({ kind: "stopped" });
    expect(requests).toHaveLength(1);
  });
});
