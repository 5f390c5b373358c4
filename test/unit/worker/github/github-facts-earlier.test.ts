// Facts about a token that was seen earlier: all calls at once, on the condition that something has changed; and the
// outcome of calls that are inconsistent.
import { describe, expect, test } from "vitest";
import { makeToken } from "../../../../src/local/github/token.ts";
import type { Membership } from "../../../../src/worker/github/facts.ts";
import type { Earlier } from "../../../../src/worker/github/github-facts.ts";
import type { MembershipSource, MembershipsRequest } from "../../../../src/worker/github/memberships/source.ts";
import { userAnswer } from "../support.ts";
import {
  earlierOf,
  error,
  fixedMemberships,
  inAcme,
  loadFacts,
  octocat,
  octocatInAcme,
  octocatReadsOrganisations,
  paths,
  refusals,
  type ScriptedAnswer,
  scriptGitHub,
  scriptOfMember,
} from "./support.ts";

const account = octocat;
const member = octocatInAcme;

/** octocat's token with read:org, as it was found earlier. */
const earlier: Earlier = earlierOf(account);

test.each([
  ["was never seen", null, true],
  ["never let its owner in", { ...earlier, hasAdmitted: false }, true],
  ["let its owner in before", earlier, false],
])("a source of memberships hears that a token %s", async (_, known, isNeverSeen) => {
  const { requests, source } = fixedMemberships(member);
  await loadFacts(scriptGitHub(scriptOfMember()), { memberships: source, earlier: known });
  expect(requests).toMatchObject([{ isNeverSeen }]);
});

describe("a token that was once valid", () => {
  const inconsistentResponses = { kind: "unavailable", reason: "github_inconsistent_responses" };

  test("takes one round trip: all calls are sent before any is answered", async () => {
    const script = scriptOfMember();
    const names = Object.keys(script);
    const open = Promise.withResolvers<void>();
    const called: string[] = [];
    const github = scriptGitHub(
      Object.fromEntries(
        Object.entries(script).map(([name, answer]): [string, ScriptedAnswer] => [
          name,
          async (call) => {
            called.push(name);
            if (called.length === names.length) open.resolve();
            await open.promise;
            return answer(call);
          },
        ]),
      ),
    );
    const { outcome, call } = await loadFacts(github, { earlier });
    expect(outcome).toEqual({
      kind: "found",
      facts: {
        host: "github.test",
        account,
        oauthClientId: null,
        scopes: ["read:org"],
        expiry: { kind: "never" },
        organisations: { acme: member },
      },
    });
    expect(call?.status).toBe(200);
    expect(github.calls.toSorted()).toEqual(names.toSorted());
  });

  test("is looked up by conditional requests: where nothing has changed, all is as it was, at no cost", async () => {
    const ifNoneMatch: (string | null)[] = [];
    const conditional =
      (answer: ScriptedAnswer, etag: string): ScriptedAnswer =>
      async (call) => {
        const known = call.headers.get("if-none-match");
        ifNoneMatch.push(known);
        if (known === etag) return new Response(null, { status: 304 });
        const response = await answer(call);
        response.headers.set("etag", etag);
        return response;
      };
    const github = scriptGitHub(
      Object.fromEntries(
        Object.entries(scriptOfMember()).map(([name, answer], index) => [name, conditional(answer, `"${index}"`)]),
      ),
    );
    const token = makeToken("classic");
    const first = await loadFacts(github, { token });
    expect(Object.keys(first.validators)).toHaveLength(3);
    expect(ifNoneMatch.splice(0)).toEqual([null, null, null]);
    const second = await loadFacts(github, { token, earlier: { ...earlier, validators: first.validators } });
    expect(ifNoneMatch.toSorted()).toEqual(['"0"', '"1"', '"2"']);
    expect(second.outcome).toEqual(first.outcome);
    expect(second.call?.status).toBe(304);
    expect(second.validators).toEqual(first.validators);
  });

  test.each(refusals)("that comes to %s while another call accepts it is inconsistent", async (kind, answer) => {
    const github = scriptGitHub({ ...scriptOfMember(), [paths.user]: answer });
    const { outcome, call } = await loadFacts(github, { earlier });
    expect(outcome).toEqual(inconsistentResponses);
    expect(call?.status).toBe(kind === "refused" ? 401 : 403);
  });

  test.each(refusals)("that comes to %s in every call is that", async (kind, answer) => {
    const github = scriptGitHub({ [paths.user]: answer, [inAcme]: answer, [paths.teams]: answer });
    expect((await loadFacts(github, { earlier })).outcome.kind).toBe(kind);
  });

  test.each(refusals)("that comes to %s is that where no other call accepted it", async (kind, answer) => {
    // With an installed app, with scopes that show nothing, with a policy without organisations, and in an outage.
    const github = scriptGitHub({ [paths.user]: answer });
    const { source } = fixedMemberships(member);
    const byApp: MembershipSource = {
      load: async (request, calls) => ({ ...(await source.load(request, calls)), tookToken: false }),
    };
    expect((await loadFacts(github, { earlier, memberships: byApp })).outcome.kind).toBe(kind);
    expect((await loadFacts(github, { earlier: { ...earlier, scopes: [] } })).outcome.kind).toBe(kind);
    expect((await loadFacts(github, { earlier, request: { organisations: [] } })).outcome.kind).toBe(kind);
    const outage = error(502, "");
    const inOutage = scriptGitHub({ [paths.user]: answer, [inAcme]: outage, [paths.teams]: outage });
    expect((await loadFacts(inOutage, { earlier })).outcome.kind).toBe(kind);
  });

  test.each<[string, ScriptedAnswer, object]>([
    ["a limit", error(429, "You have exceeded a secondary rate limit."), { reason: "github_secondary_limit" }],
    ["an outage", error(502, ""), { reason: "github_server_error" }],
    [
      "a rule that denies it",
      error(403, "forbids access via a personal access tokens (classic)."),
      { kind: "denied", reason: "token_kind_forbidden" },
    ],
  ])("is not inconsistent with %s", async (_, answer, outcome) => {
    const github = scriptGitHub({ ...scriptOfMember(), [paths.user]: answer });
    expect((await loadFacts(github, { earlier })).outcome).toMatchObject(outcome);
  });

  test("is no other account's by now: another number is inconsistent with the earlier one, and no more calls are made", async () => {
    for (const login of ["octocat", "hubot"]) {
      const github = scriptGitHub({
        ...scriptOfMember(),
        [paths.user]: () => userAnswer({ id: 583232, login }, { "x-oauth-scopes": "read:org" }),
      });
      expect((await loadFacts(github, { earlier })).outcome).toEqual(inconsistentResponses);
      expect(github.calls).toHaveLength(3);
    }
  });

  test.each<[string, Partial<Earlier>]>([
    ["a new login", { account: { ...account, login: "octodog" } }],
    ["a login in other letters", { account: { ...account, login: "Octocat" } }],
    ["more scopes", { scopes: [] }],
    ["fewer scopes", { scopes: ["read:org", "repo"] }],
    ["scopes where it had none", { scopes: null }],
  ])("with %s has its memberships looked up again, as it is now", async (_, changes) => {
    const github = scriptGitHub({ [paths.user]: octocatReadsOrganisations });
    const requests: MembershipsRequest[] = [];
    const memberships: MembershipSource = {
      async load(request) {
        requests.push(request);
        const found: Membership[] = [
          requests.length === 1 ? { kind: "none", nameTakenBy: null, isProven: true } : member,
        ];
        return { kind: "known", memberships: found, tookToken: true };
      },
    };
    const before = { ...earlier, ...changes };
    const { outcome } = await loadFacts(github, { earlier: before, memberships });
    expect(requests).toHaveLength(2);
    expect(requests[0]?.owner).toMatchObject({ account: before.account, scopes: before.scopes });
    expect(requests[1]?.owner).toMatchObject({ account, scopes: ["read:org"] });
    expect(outcome).toMatchObject({ kind: "found", facts: { account, organisations: { acme: member } } });
    expect(github.calls).toEqual([paths.user]);
  });

  test("that is as it was has its memberships looked up once", async () => {
    const { source, requests } = fixedMemberships(member);
    const github = scriptGitHub({ [paths.user]: octocatReadsOrganisations });
    await loadFacts(github, { earlier, memberships: source });
    expect(requests).toHaveLength(1);
  });
});

describe("a token whose owner GET /user has just found", () => {
  test.each(refusals)("does not come to %s: a call that says so is inconsistent with it", async (_, answer) => {
    for (const path of [inAcme, paths.teams]) {
      for (const before of [null, earlier]) {
        const github = scriptGitHub({ ...scriptOfMember(), [path]: answer });
        const { outcome } = await loadFacts(github, { earlier: before });
        expect(outcome).toEqual({ kind: "unavailable", reason: "github_inconsistent_responses" });
      }
    }
  });

  test("may have met a limit since, which is not inconsistent: what GitHub did say stands", async () => {
    const limit = error(429, "You have exceeded a secondary rate limit.");
    for (const before of [null, earlier]) {
      const github = scriptGitHub({ ...scriptOfMember(), [paths.teams]: limit });
      expect((await loadFacts(github, { earlier: before })).outcome).toMatchObject({
        kind: "found",
        facts: { organisations: { acme: { kind: "active", teams: [], teamsHidden: "github_secondary_limit" } } },
      });
    }
  });
});

test("a valid token of none of this cluster's clients is refused as such, though another cluster accepted it earlier", async () => {
  const github = scriptGitHub({ "POST /applications/Iv1.a/token": error(404, "Not Found") });
  const { outcome } = await loadFacts(github, {
    earlier,
    memberships: fixedMemberships(member).source,
    clientSecrets: new Map([["Iv1.a", "secret"]]),
    request: { tokenKind: "oauth", oauthClients: ["Iv1.a"] },
    token: makeToken("oauth"),
  });
  expect(outcome).toEqual({ kind: "refused", reason: "token_client_mismatch" });
});
