// Real responses of api.github.com, read by the code of Octogate that reads responses.
import { describe, expect, test } from "vitest";
import { readers } from "../../published/github/readers.ts";
import { missingMembers, recordingOf, recordings } from "../../published/github/recordings.ts";

const ok = { kind: "ok" };

describe.skipIf(recordings === null)("a recorded response is read:", () => {
  test("17 of them are there", () => {
    expect(recordings).toHaveLength(17);
  });

  test.each([
    ["the account of a token", "GET /user", ok],
    ["memberships in organisations", "GET /user/memberships/orgs", ok],
    ["teams of the account, page 1", "GET /user/teams", ok],
    ["teams of the account, page 2", "GET /user/teams", ok],
    ["teams of an account in several organisations", "GET /user/teams", ok],
    ["a team", "GET /orgs/{org}/teams/{team_slug}", ok],
    ["a membership", "GET /orgs/{org}/memberships/{username}", ok],
    ["installations of an app", "GET /app/installations", ok],
    ["an installation token", "POST /app/installations/{installation_id}/access_tokens", ok],
    ["a bad app JWT", "GET /user", { kind: "refused", reason: "token_refused" }],
    ["a bad app JWT", "GET /app/installations", { kind: "unavailable", reason: "github_app_unavailable" }],
    ["a spent bucket, another", "GET /user", { kind: "limited", reason: "github_rate_limit" }],
    ["is no member", "GET /orgs/{org}/memberships/{username}", { kind: "absent" }],
    // Octogate calls no endpoint that answers so: such a response must at least never be taken for a good one.
    ["is a member", "GET /orgs/{org}/memberships/{username}", { kind: "unavailable" }],
    ["to the public members", "GET /user", { kind: "unavailable" }],
    // To a request without a condition.
    ["not modified", "GET /user", { kind: "unavailable", reason: "github_redirect" }],
  ])("%s, as from %s", async (name, endpoint, outcome) => {
    const { status, headers, body } = recordingOf(name);
    const text = body === null ? "" : JSON.stringify(body);
    expect(await readers[endpoint]?.({ status, headers, text })).toMatchObject(outcome);
  });

  test("organisations of the account, each as the one of a membership", async () => {
    const memberships = listIn("organisations of the account").map((organization) => ({
      state: "active",
      role: "member",
      organization,
    }));
    const text = JSON.stringify(memberships);
    expect(memberships.length).toBeGreaterThan(1);
    expect(await readers["GET /user/memberships/orgs"]?.({ status: 200, text })).toMatchObject(ok);
  });

  test("members of an organisation, each as the account of a token", async () => {
    const members = listIn("members of an organisation");
    expect(members.length).toBeGreaterThan(1);
    for (const member of members) {
      expect(await readers["GET /user"]?.({ status: 200, text: JSON.stringify(member) })).toMatchObject(ok);
    }
  });
});

function listIn(name: string): readonly unknown[] {
  const { body } = recordingOf(name);
  return Array.isArray(body) ? body : [];
}

test.each([
  ["nothing, where all are there", { a: 1, b: { c: null } }, { a: "x", b: { c: 2, d: 3 } }, []],
  ["a member", { a: 1, b: 2 }, { b: 2 }, ["/a"]],
  ["a member of a member", { a: { b: 1 } }, { a: {} }, ["/a/b"]],
  ["a member of any element of a list", [{ a: 1 }, { b: 1 }, { b: 2 }], [{ a: 1 }], ["[]/b"]],
  ["nothing, where one of the two is null", { a: null, b: { c: 1 } }, { a: { c: 1 }, b: null }, []],
])("missing members: %s", (_, recorded, body, missing) => {
  expect(missingMembers(recorded, body)).toEqual(missing);
});
