// Memberships as the installed app sees them: it asks by names, and compares numbers.
import { describe, expect, test } from "vitest";
import {
  acme,
  error,
  globex,
  globexBody,
  json,
  membershipBody,
  notFound,
  pinnedAcme,
  type ScriptedAnswer,
} from "../support.ts";
import {
  appView,
  graphqlBody,
  graphqlPath,
  installationBody,
  installationsPath,
  membershipPath,
  teamNode,
  tokenAnswer,
  tokenPath,
} from "./installed-app-support.ts";

const notAMember = { kind: "none", nameTakenBy: null, isProven: true };
const unavailable = (reason: string) => ({ kind: "unavailable", reason });
const inconsistentResponses = unavailable("github_inconsistent_responses");
const appUnavailable = unavailable("github_app_unavailable");
const member = (teams: object[] = []) => ({ kind: "active", id: 1234, login: "Acme", role: "member", teams });

describe("a membership", () => {
  test("is loaded with the token of the installation, under the names as GitHub writes them", async () => {
    const seen: { authorization: string | null; body: unknown }[] = [];
    const recording =
      (answer: ScriptedAnswer): ScriptedAnswer =>
      (call) => {
        seen.push({ authorization: call.authorization, body: call.body === "" ? null : JSON.parse(call.body) });
        return answer(call);
      };
    const { load, tokens } = appView({
      [membershipPath()]: recording(json(membershipBody({ role: "admin" }))),
      [graphqlPath]: recording(json(graphqlBody([teamNode(55, "platform")]))),
    });
    expect(await load()).toEqual([{ ...member([{ id: 55, slug: "platform" }]), role: "admin" }]);
    const query = expect.stringMatching(/userLogins:\[\$login\].*ancestors/s);
    expect(seen).toEqual([
      { authorization: `Bearer ${tokens[0]}`, body: null },
      {
        authorization: `Bearer ${tokens[0]}`,
        body: { query, variables: { org: "Acme", login: "octocat", after: null } },
      },
    ]);
  });

  test("is pending for a user who is invited", async () => {
    const { load } = appView({ [membershipPath()]: json(membershipBody({ state: "pending" })) });
    expect(await load()).toEqual([{ kind: "pending", id: 1234, login: "Acme" }]);
  });

  test("is none for an outsider", async () => {
    expect(await appView({ [membershipPath()]: notFound }).load()).toEqual([notAMember]);
  });

  test("costs two calls a review, once list and token are there", async () => {
    const { load, github } = appView();
    await load();
    expect(github.calls).toEqual([installationsPath, tokenPath(77), membershipPath(), graphqlPath]);
    github.calls.length = 0;
    await load();
    expect(github.calls).toEqual([membershipPath(), graphqlPath]);
  });

  test.each<[string, ScriptedAnswer, object]>([
    ["a token that is no longer valid", error(401, "Bad credentials"), appUnavailable],
    ["a permission that is missing", error(403, "Resource not accessible by integration"), appUnavailable],
    ["a spent quota", error(403, "API rate limit exceeded", { "x-ratelimit-remaining": "0" }), appUnavailable],
    ["an outage", error(502, ""), unavailable("github_server_error")],
    ["a redirect", () => new Response(null, { status: 302 }), unavailable("github_redirect")],
    ["a page", () => new Response("<h1>"), unavailable("github_invalid_response")],
    ["a wrong shape", json(membershipBody({ state: "maybe" })), unavailable("github_invalid_response")],
  ])("is not known in case of %s", async (_, answer, outcome) => {
    expect(await appView({ [membershipPath()]: answer }).load()).toEqual(outcome);
    if (!("reason" in outcome) || outcome.reason === "github_invalid_response") return;
    expect(await appView({ [graphqlPath]: answer }).load()).toEqual(outcome);
  });

  test("is not known where the app is not installed, and no call about the user is made", async () => {
    const { load, github } = appView({ [installationsPath]: json([]) });
    expect(await load()).toEqual(appUnavailable);
    expect(github.calls).toEqual([installationsPath]);
  });

  test("in several organisations is known for all or not at all", async () => {
    const { load, github, now } = appView({
      [installationsPath]: json([installationBody(), installationBody(78, globexBody)]),
      [membershipPath("Globex")]: notFound,
    });
    github.script[tokenPath(78)] = tokenAnswer(now);
    github.script[graphqlPath] = ({ body }) => {
      const isGlobex = JSON.parse(body).variables.org === "Globex";
      return Response.json(graphqlBody([], { organisationId: isGlobex ? 5678 : 1234 }));
    };
    expect(await load([globex, acme])).toEqual([notAMember, member()]);
    github.script[membershipPath("Globex")] = error(500, "");
    // octocat is known to be no member of Globex for some seconds yet.
    expect(await load([globex, pinnedAcme])).toEqual([notAMember, member()]);
    github.script[membershipPath()] = error(500, "");
    expect(await load([globex, acme])).toEqual(unavailable("github_server_error"));
  });
});

describe("a token that GitHub no longer accepts", () => {
  test.each([membershipPath(), graphqlPath])("is dropped after a 401 of %s", async (path) => {
    const { load, github, tokens } = appView({ [path]: error(401, "Bad credentials") });
    expect(await load()).toEqual(appUnavailable);
    github.script[path] = json(path === graphqlPath ? graphqlBody() : membershipBody());
    expect(await load()).toEqual([member()]);
    expect(tokens).toHaveLength(2);
  });

  test("is kept after any other answer", async () => {
    const { load, github, tokens } = appView({ [membershipPath()]: error(403, "No"), [graphqlPath]: error(403, "No") });
    await load();
    github.script[membershipPath()] = json(membershipBody());
    github.script[graphqlPath] = json(graphqlBody());
    await load();
    expect(tokens).toHaveLength(1);
  });
});

describe("names that change hands between two calls", () => {
  test.each<[string, Record<string, ScriptedAnswer>]>([
    ["the login belongs to another user by now", { [membershipPath()]: json(membershipBody({ user: { id: 1 } })) }],
    ["no user is named", { [membershipPath()]: json(membershipBody({ user: null })) }],
    [
      "the name belongs to another organisation by now",
      { [membershipPath()]: json(membershipBody({ organization: globexBody })) },
    ],
    ["the teams belong to another user", { [graphqlPath]: json(graphqlBody([teamNode(1, "admins")], { userId: 1 })) }],
    ["the teams belong to another organisation", { [graphqlPath]: json(graphqlBody([], { organisationId: 5678 })) }],
  ])("never borrow a membership or teams: %s", async (_, script) => {
    expect(await appView(script).load()).toEqual(inconsistentResponses);
  });

  test("make no outsider of a member who was renamed after GET /user", async () => {
    const renamedAway = graphqlBody([], { userId: 99 });
    const { load, github } = appView({ [membershipPath()]: notFound, [graphqlPath]: json(renamedAway) });
    expect(await load()).toEqual(inconsistentResponses);
    github.script[graphqlPath] = json({ data: { organization: null, user: null }, errors: [{ type: "NOT_FOUND" }] });
    expect(await load()).toEqual(appUnavailable);
    // Nor is the account kept as one of no member.
    github.script[membershipPath()] = json(membershipBody());
    github.script[graphqlPath] = json(graphqlBody());
    expect(await load()).toEqual([member()]);
  });
});
