// Memberships as the installed app sees them: names are asked for, numbers are compared.
import { describe, expect, test } from "vitest";
import type { OrganisationReference } from "../../../../../src/worker/config/organisations.ts";
import { createAppMemberships } from "../../../../../src/worker/github/memberships/installed-app.ts";
import { createNonMembers } from "../../../../../src/worker/github/memberships/non-members.ts";
import {
  acme,
  api,
  error,
  globex,
  globexBody,
  inTime,
  json,
  membershipBody,
  notFound,
  pinnedAcme,
  type ScriptedAnswer,
  type ScriptedGitHub,
} from "../support.ts";
import {
  graphqlBody,
  graphqlPath,
  installationBody,
  installationsPath,
  installedApp,
  membershipPath,
  ownToken,
  secondMs,
  startMs,
  teamNode,
  tokenAnswer,
  tokenPath,
} from "./installed-app-support.ts";

const octocat = { id: 583231, login: "octocat", type: "User" };
const notAMember = { kind: "none", nameTakenBy: null };
const unavailable = (reason: string) => ({ kind: "unavailable", reason });
const contradiction = unavailable("github_inconsistent_responses");
const appUnavailable = unavailable("github_app_unavailable");
const member = (teams: object[] = []) => ({ kind: "active", id: 1234, login: "Acme", role: "member", teams });

/** The app's view, with octocat in Acme unless the script says otherwise. */
function appView(changes: Record<string, ScriptedAnswer> = {}) {
  const app = installedApp({
    [membershipPath()]: json(membershipBody()),
    [graphqlPath]: json(graphqlBody()),
    ...changes,
  });
  const source = createAppMemberships({
    client: app.github.client,
    api,
    credentials: app.credentials,
    nonMembers: createNonMembers(app.now),
  });
  const ask = async (organisations: readonly OrganisationReference[] = [acme], account = octocat) => {
    const answer = await source.load(
      {
        token: "never sent by this source",
        client: ownToken,
        owner: { account, scopes: [] },
        organisations,
        isFineGrained: false,
        hasScopes: true,
      },
      inTime(),
    );
    // Whatever the app sees, it says nothing about the person's token: that one may be revoked.
    if (answer.kind === "known") expect(answer.tookToken).toBe(false);
    return answer.kind === "known" ? answer.standings : answer.asked.outcome;
  };
  return { ...app, ask };
}

const count = (github: ScriptedGitHub, name: string) => github.calls.filter((call) => call === name).length;

describe("somebody's standing", () => {
  test("is asked for with the installation's token, names as GitHub writes them", async () => {
    const seen: { authorization: string | null; body: unknown }[] = [];
    const recording =
      (answer: ScriptedAnswer): ScriptedAnswer =>
      (call) => {
        seen.push({ authorization: call.authorization, body: call.body === "" ? null : JSON.parse(call.body) });
        return answer(call);
      };
    const { ask, tokens } = appView({
      [membershipPath()]: recording(json(membershipBody({ role: "admin" }))),
      [graphqlPath]: recording(json(graphqlBody([teamNode(55, "platform")]))),
    });
    expect(await ask()).toEqual([{ ...member([{ id: 55, slug: "platform" }]), role: "admin" }]);
    const query = expect.stringMatching(/userLogins:\[\$login\].*ancestors/s);
    expect(seen).toEqual([
      { authorization: `Bearer ${tokens[0]}`, body: null },
      {
        authorization: `Bearer ${tokens[0]}`,
        body: { query, variables: { org: "Acme", login: "octocat", after: null } },
      },
    ]);
  });

  test("is pending for whoever is invited", async () => {
    const { ask } = appView({ [membershipPath()]: json(membershipBody({ state: "pending" })) });
    expect(await ask()).toEqual([{ kind: "pending", id: 1234, login: "Acme" }]);
  });

  test("is none for a stranger", async () => {
    expect(await appView({ [membershipPath()]: notFound }).ask()).toEqual([notAMember]);
  });

  test("costs two calls a review, once list and token are there", async () => {
    const { ask, github } = appView();
    await ask();
    expect(github.calls).toEqual([installationsPath, tokenPath(77), membershipPath(), graphqlPath]);
    github.calls.length = 0;
    await ask();
    expect(github.calls).toEqual([membershipPath(), graphqlPath]);
  });

  test.each<[string, ScriptedAnswer, object]>([
    ["a token that is no good any more", error(401, "Bad credentials"), appUnavailable],
    ["a permission that is missing", error(403, "Resource not accessible by integration"), appUnavailable],
    ["a spent quota", error(403, "API rate limit exceeded", { "x-ratelimit-remaining": "0" }), appUnavailable],
    ["an outage", error(502, ""), unavailable("github_server_error")],
    ["a redirect", () => new Response(null, { status: 302 }), unavailable("github_redirect")],
    ["a page", () => new Response("<h1>"), unavailable("github_invalid_response")],
    ["a wrong shape", json(membershipBody({ state: "maybe" })), unavailable("github_invalid_response")],
  ])("is not known by %s", async (_, answer, outcome) => {
    expect(await appView({ [membershipPath()]: answer }).ask()).toEqual(outcome);
    if (!("reason" in outcome) || outcome.reason === "github_invalid_response") return;
    expect(await appView({ [graphqlPath]: answer }).ask()).toEqual(outcome);
  });

  test("is not known where the app is not installed, and nothing is asked about the person", async () => {
    const { ask, github } = appView({ [installationsPath]: json([]) });
    expect(await ask()).toEqual(appUnavailable);
    expect(github.calls).toEqual([installationsPath]);
  });

  test("in several organisations is known for all or not at all", async () => {
    const { ask, github, now } = appView({
      [installationsPath]: json([installationBody(), installationBody(78, globexBody)]),
      [membershipPath("Globex")]: notFound,
    });
    github.script[tokenPath(78)] = tokenAnswer(now);
    github.script[graphqlPath] = ({ body }) => {
      const isGlobex = JSON.parse(body).variables.org === "Globex";
      return Response.json(graphqlBody([], { organisationId: isGlobex ? 5678 : 1234 }));
    };
    expect(await ask([globex, acme])).toEqual([notAMember, member()]);
    github.script[membershipPath("Globex")] = error(500, "");
    expect(await ask([globex, pinnedAcme], { ...octocat, id: 583231 })).toEqual([notAMember, member()]);
    github.script[membershipPath()] = error(500, "");
    expect(await ask([globex, acme])).toEqual(unavailable("github_server_error"));
  });
});

describe("a token that GitHub no longer takes", () => {
  test.each([membershipPath(), graphqlPath])("is dropped after a 401 of %s", async (path) => {
    const { ask, github, tokens } = appView({ [path]: error(401, "Bad credentials") });
    expect(await ask()).toEqual(appUnavailable);
    github.script[path] = json(path === graphqlPath ? graphqlBody() : membershipBody());
    expect(await ask()).toEqual([member()]);
    expect(tokens).toHaveLength(2);
  });

  test("is kept after any other answer", async () => {
    const { ask, github, tokens } = appView({ [membershipPath()]: error(403, "No"), [graphqlPath]: error(403, "No") });
    await ask();
    github.script[membershipPath()] = json(membershipBody());
    github.script[graphqlPath] = json(graphqlBody());
    await ask();
    expect(tokens).toHaveLength(1);
  });
});

describe("names that change hands between two calls", () => {
  test.each<[string, Record<string, ScriptedAnswer>]>([
    ["the login is another person's by now", { [membershipPath()]: json(membershipBody({ user: { id: 1 } })) }],
    ["nobody is named", { [membershipPath()]: json(membershipBody({ user: null })) }],
    [
      "the organisation's name is another one's by now",
      { [membershipPath()]: json(membershipBody({ organization: globexBody })) },
    ],
    ["the teams are another person's", { [graphqlPath]: json(graphqlBody([teamNode(1, "admins")], { userId: 1 })) }],
    ["the teams are another organisation's", { [graphqlPath]: json(graphqlBody([], { organisationId: 5678 })) }],
  ])("borrow nobody's membership or teams: %s", async (_, script) => {
    expect(await appView(script).ask()).toEqual(contradiction);
  });

  test("make no stranger of a member who was renamed after GET /user", async () => {
    const renamedAway = graphqlBody([], { userId: 99 });
    const { ask, github } = appView({ [membershipPath()]: notFound, [graphqlPath]: json(renamedAway) });
    expect(await ask()).toEqual(contradiction);
    github.script[graphqlPath] = json({ data: { organization: null, user: null }, errors: [{ type: "NOT_FOUND" }] });
    expect(await ask()).toEqual(appUnavailable);
    // Nor is that remembered.
    github.script[membershipPath()] = json(membershipBody());
    github.script[graphqlPath] = json(graphqlBody());
    expect(await ask()).toEqual([member()]);
  });
});

describe("strangers", () => {
  test("are remembered for ten seconds and cost the app's quota no more than two calls in that time", async () => {
    const { ask, github, clock } = appView({ [membershipPath()]: notFound });
    for (let review = 0; review < 100; review += 1) expect(await ask()).toEqual([notAMember]);
    expect(github.calls).toEqual([installationsPath, tokenPath(77), membershipPath(), graphqlPath]);
    clock.time = startMs + 10 * secondMs;
    github.script[membershipPath()] = json(membershipBody());
    expect(await ask()).toEqual([member()]);
    expect(count(github, membershipPath())).toBe(2);
  });

  test("are remembered one by one; members and invited ones are not", async () => {
    const { ask, github } = appView({
      [membershipPath()]: notFound,
      [membershipPath("Acme", "hubot")]: json(membershipBody({ user: { id: 2 }, state: "pending" })),
    });
    const hubot = { id: 2, login: "hubot", type: "User" };
    await ask();
    github.script[graphqlPath] = json(graphqlBody([], { userId: 2 }));
    await ask([acme], hubot);
    await ask([acme], hubot);
    expect(count(github, membershipPath())).toBe(1);
    expect(count(github, membershipPath("Acme", "hubot"))).toBe(2);
  });

  test("are none, and not remembered, where the no did not arrive whole", async () => {
    const broken = () =>
      new Response(new ReadableStream({ pull: (controller) => controller.error(new TypeError("reset")) }), {
        status: 404,
      });
    const { ask, github } = appView({ [membershipPath()]: broken });
    expect(await ask()).toEqual(unavailable("github_unreachable"));
    github.script[membershipPath()] = json(membershipBody());
    expect(await ask()).toEqual([member()]);
  });
});
