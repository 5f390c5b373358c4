// A token that was asked about earlier: everything at once, on the condition that it has changed, and what calls that disagree come to.
import { describe, expect, test } from "vitest";
import { makeToken } from "../../../../src/local/github/token.ts";
import type { Membership } from "../../../../src/worker/github/facts.ts";
import type { Earlier } from "../../../../src/worker/github/github-facts.ts";
import type { MembershipSource, MembershipsRequest } from "../../../../src/worker/github/memberships/source.ts";
import { userAnswer } from "../support.ts";
import {
  askFacts,
  error,
  inAcme,
  membershipsSaying,
  octocat,
  octocatInAcme,
  octocatReadsOrganisations,
  paths,
  refusalAnswers,
  type ScriptedAnswer,
  scriptGitHub,
  scriptOfMember,
} from "./support.ts";

const account = octocat;
const member = octocatInAcme;

/** octocat's token with read:org, as it was asked about earlier. */
const earlier: Earlier = { account, scopes: ["read:org"], validators: {} };

describe("a token that was once good", () => {
  const contradiction = { kind: "unavailable", reason: "github_inconsistent_responses" };

  test("is asked about in one round trip: all calls are out before any is answered", async () => {
    const script = scriptOfMember();
    const names = Object.keys(script);
    const open = Promise.withResolvers<void>();
    const asked: string[] = [];
    const github = scriptGitHub(
      Object.fromEntries(
        Object.entries(script).map(([name, answer]): [string, ScriptedAnswer] => [
          name,
          async (call) => {
            asked.push(name);
            if (asked.length === names.length) open.resolve();
            await open.promise;
            return answer(call);
          },
        ]),
      ),
    );
    const { outcome, responseInfo } = await askFacts(github, { earlier });
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
    expect(responseInfo.githubStatus).toBe(200);
    expect(github.calls.toSorted()).toEqual(names.toSorted());
  });

  test("is asked about on the condition that it has changed: if not, all is as it was, at no cost", async () => {
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
    const first = await askFacts(github, { token });
    expect(Object.keys(first.validators)).toHaveLength(3);
    expect(ifNoneMatch.splice(0)).toEqual([null, null, null]);
    const second = await askFacts(github, { token, earlier: { ...earlier, validators: first.validators } });
    expect(ifNoneMatch.toSorted()).toEqual(['"0"', '"1"', '"2"']);
    expect(second.outcome).toEqual(first.outcome);
    expect(second.responseInfo.githubStatus).toBe(304);
    expect(second.validators).toEqual(first.validators);
  });

  test.each(refusalAnswers)("that comes to %s while another call takes it contradicts itself", async (kind, answer) => {
    const github = scriptGitHub({ ...scriptOfMember(), [paths.user]: answer });
    const { outcome, responseInfo } = await askFacts(github, { earlier });
    expect(outcome).toEqual(contradiction);
    expect(responseInfo.githubStatus).toBe(kind === "refused" ? 401 : 403);
  });

  test.each(refusalAnswers)("that comes to %s wherever it is asked is that", async (kind, answer) => {
    const github = scriptGitHub({ [paths.user]: answer, [inAcme]: answer, [paths.teams]: answer });
    expect((await askFacts(github, { earlier })).outcome.kind).toBe(kind);
  });

  test.each(refusalAnswers)("that comes to %s is that where no other call took it", async (kind, answer) => {
    // By an installed app, by scopes that see nothing, by trouble, and by a policy without organisations.
    const github = scriptGitHub({ [paths.user]: answer });
    const { source } = membershipsSaying(member);
    const byApp: MembershipSource = {
      load: async (question, deadline) => ({ ...(await source.load(question, deadline)), tookToken: false }),
    };
    expect((await askFacts(github, { earlier, memberships: byApp })).outcome.kind).toBe(kind);
    expect((await askFacts(github, { earlier: { ...earlier, scopes: [] } })).outcome.kind).toBe(kind);
    expect((await askFacts(github, { earlier, question: { organisations: [] } })).outcome.kind).toBe(kind);
    const trouble = error(502, "");
    const troubled = scriptGitHub({ [paths.user]: answer, [inAcme]: trouble, [paths.teams]: trouble });
    expect((await askFacts(troubled, { earlier })).outcome.kind).toBe(kind);
  });

  test.each<[string, ScriptedAnswer, object]>([
    ["a limit", error(429, "You have exceeded a secondary rate limit."), { reason: "github_secondary_limit" }],
    ["trouble", error(502, ""), { reason: "github_server_error" }],
  ])("is not contradicted by %s", async (_, answer, outcome) => {
    const github = scriptGitHub({ ...scriptOfMember(), [paths.user]: answer });
    expect((await askFacts(github, { earlier })).outcome).toMatchObject(outcome);
  });

  test("is nobody else's by now: another number contradicts the earlier one, and nothing more is asked", async () => {
    for (const login of ["octocat", "hubot"]) {
      const github = scriptGitHub({
        ...scriptOfMember(),
        [paths.user]: () => userAnswer({ id: 583232, login }, { "x-oauth-scopes": "read:org" }),
      });
      expect((await askFacts(github, { earlier })).outcome).toEqual(contradiction);
      expect(github.calls).toHaveLength(3);
    }
  });

  test.each<[string, Partial<Earlier>]>([
    ["a new login", { account: { ...account, login: "octodog" } }],
    ["a login in other letters", { account: { ...account, login: "Octocat" } }],
    ["more scopes", { scopes: [] }],
    ["fewer scopes", { scopes: ["read:org", "repo"] }],
    ["scopes where it had none", { scopes: null }],
  ])("with %s is asked about its memberships again, as it is now", async (_, changes) => {
    const github = scriptGitHub({ [paths.user]: octocatReadsOrganisations });
    const questions: MembershipsRequest[] = [];
    const memberships: MembershipSource = {
      async load(question) {
        questions.push(question);
        const standings: Membership[] = [questions.length === 1 ? { kind: "none", nameTakenBy: null } : member];
        return { kind: "known", standings, tookToken: true };
      },
    };
    const before = { ...earlier, ...changes };
    const { outcome } = await askFacts(github, { earlier: before, memberships });
    expect(questions).toHaveLength(2);
    expect(questions[0]?.owner).toMatchObject({ account: before.account, scopes: before.scopes });
    expect(questions[1]?.owner).toMatchObject({ account, scopes: ["read:org"] });
    expect(outcome).toMatchObject({ kind: "found", facts: { account, organisations: { acme: member } } });
    expect(github.calls).toEqual([paths.user]);
  });

  test("that is as it was is asked about its memberships once", async () => {
    const { source, questions } = membershipsSaying(member);
    const github = scriptGitHub({ [paths.user]: octocatReadsOrganisations });
    await askFacts(github, { earlier, memberships: source });
    expect(questions).toHaveLength(1);
  });
});

describe("a token that GET /user has just found", () => {
  test.each(refusalAnswers)("does not come to %s: whichever call says so contradicts it", async (_, answer) => {
    for (const path of [inAcme, paths.teams]) {
      for (const before of [null, earlier]) {
        const github = scriptGitHub({ ...scriptOfMember(), [path]: answer });
        const { outcome } = await askFacts(github, { earlier: before });
        expect(outcome).toEqual({ kind: "unavailable", reason: "github_inconsistent_responses" });
      }
    }
  });

  test("may have met a limit since, which is no contradiction", async () => {
    const limit = error(429, "You have exceeded a secondary rate limit.");
    for (const before of [null, earlier]) {
      const github = scriptGitHub({ ...scriptOfMember(), [paths.teams]: limit });
      expect((await askFacts(github, { earlier: before })).outcome).toEqual({
        kind: "limited",
        reason: "github_secondary_limit",
      });
    }
  });
});

test("a good token of none of this cluster's clients is told so, though it was once good for another cluster", async () => {
  const github = scriptGitHub({ "POST /applications/Iv1.a/token": error(404, "Not Found") });
  const { outcome } = await askFacts(github, {
    earlier,
    memberships: membershipsSaying(member).source,
    clientSecrets: new Map([["Iv1.a", "secret"]]),
    question: { tokenKind: "oauth", oauthClients: ["Iv1.a"] },
    token: makeToken("oauth"),
  });
  expect(outcome).toEqual({ kind: "refused", reason: "token_client_mismatch" });
});
