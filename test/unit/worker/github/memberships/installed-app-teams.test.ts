// Teams as the installed app sees them by GraphQL, which reports most trouble with a 200.
import { describe, expect, test } from "vitest";
import { createAppMemberships } from "../../../../../src/worker/github/memberships/installed-app.ts";
import { createNonMembers } from "../../../../../src/worker/github/memberships/non-members.ts";
import { acme, api, inTime, json, membershipBody, type ScriptedAnswer } from "../support.ts";
import { graphqlBody, graphqlPath, installedApp, membershipPath, ownToken, teamNode } from "./installed-app-support.ts";

const appUnavailable = { kind: "unavailable", reason: "github_app_unavailable" };
const tooLarge = { kind: "unavailable", reason: "github_too_large" };

async function teamsBy(answer: ScriptedAnswer) {
  const { github, credentials, now } = installedApp({
    [membershipPath()]: json(membershipBody()),
    [graphqlPath]: answer,
  });
  const source = createAppMemberships({ client: github.client, api, credentials, nonMembers: createNonMembers(now) });
  const answered = await source.load(
    {
      token: "",
      client: ownToken,
      owner: { account: { id: 583231, login: "octocat", type: "User" }, scopes: null },
      organisations: [acme],
      isFineGrained: false,
      hasScopes: false,
    },
    inTime(),
  );
  const calls = github.calls.filter((call) => call === graphqlPath).length;
  if (answered.kind === "failed") return { outcome: answered.asked.outcome, calls };
  const [standing] = answered.standings;
  return { outcome: standing?.kind === "active" ? standing.teams : standing, calls };
}

/** Pages of teams, each called for by the cursor that the one before names. */
function pages(...teams: unknown[][]): ScriptedAnswer {
  return ({ body }) => {
    const after: unknown = JSON.parse(body).variables.after;
    const index = after === null ? 0 : Number(String(after).replace("cursor-", ""));
    const hasNextPage = index + 1 < teams.length;
    const pageInfo = { hasNextPage, endCursor: hasNextPage ? `cursor-${index + 1}` : null };
    return Response.json(graphqlBody(teams[index], { pageInfo }));
  };
}

describe("the teams", () => {
  test("are the direct ones and all of their ancestors, each once", async () => {
    const { outcome, calls } = await teamsBy(
      json(
        graphqlBody([
          teamNode(55, "platform", { engineering: 7, all: 8 }),
          teamNode(56, "infra", { engineering: 7, all: 8 }),
          teamNode(8, "all"),
        ]),
      ),
    );
    expect(outcome).toEqual([
      { id: 55, slug: "platform" },
      { id: 7, slug: "engineering" },
      { id: 8, slug: "all" },
      { id: 56, slug: "infra" },
    ]);
    expect(calls).toBe(1);
  });

  test("go over all pages", async () => {
    const teams = Array.from({ length: 3 }, (_, page) => [teamNode(page + 1, `t${page}`, { [`p${page}`]: page + 11 })]);
    const { outcome, calls } = await teamsBy(pages(...teams));
    expect(outcome).toEqual(
      [0, 1, 2].flatMap((page) => [
        { id: page + 1, slug: `t${page}` },
        { id: page + 11, slug: `p${page}` },
      ]),
    );
    expect(calls).toBe(3);
  });

  test("of twenty pages are complete, of more they are too many", async () => {
    const teams = (length: number) => Array.from({ length }, (_, page) => [teamNode(page + 1, `t${page}`)]);
    expect((await teamsBy(pages(...teams(20)))).outcome).toHaveLength(20);
    expect(await teamsBy(pages(...teams(21)))).toEqual({ outcome: tooLarge, calls: 20 });
  });

  test("go on without saying where: no list", async () => {
    const pageInfo = { hasNextPage: true, endCursor: null };
    expect(await teamsBy(json(graphqlBody([teamNode(55, "platform")], { pageInfo })))).toEqual({
      outcome: tooLarge,
      calls: 1,
    });
  });

  test("of a later page that fails are no list", async () => {
    const first = pages([teamNode(1, "a")], [teamNode(2, "b")]);
    const outcomeWith = async (second: Response) =>
      (await teamsBy((call) => (JSON.parse(call.body).variables.after === null ? first(call) : second))).outcome;
    expect(await outcomeWith(new Response(null, { status: 502 }))).toEqual({
      kind: "unavailable",
      reason: "github_server_error",
    });
    expect(await outcomeWith(Response.json(graphqlBody([], { userId: 1 })))).toEqual({
      kind: "unavailable",
      reason: "github_inconsistent_responses",
    });
  });
});

describe("a 200 that is no answer about the teams", () => {
  const errors = (type: string, data: unknown = null) => ({ data, errors: [{ type, message: "No" }] });
  const withTeams = graphqlBody([teamNode(55, "platform")]);

  test.each<[string, unknown]>([
    ["the rate limit", errors("RATE_LIMITED")],
    ["scopes", errors("INSUFFICIENT_SCOPES")],
    ["a missing permission", errors("FORBIDDEN")],
    ["an IP allow list", errors("FORBIDDEN", { organization: null, user: { databaseId: 583231 } })],
    ["no organisation", { data: { organization: null, user: { databaseId: 583231 } } }],
    ["no user", { data: { organization: { databaseId: 1234 }, user: null } }],
    ["errors beside data that would be complete", { ...withTeams, errors: [{ type: "SOMETHING" }] }],
    ["no data", {}],
    ["null", null],
    ["a list", [withTeams]],
    ["another page's state that is none", graphqlBody([], { pageInfo: { hasNextPage: "no", endCursor: null } })],
    ["no page's state", graphqlBody([], { pageInfo: null })],
    ["a team without a number", graphqlBody([teamNode(null, "platform")])],
    ["a team with an impossible slug", graphqlBody([teamNode(55, "system:masters")])],
    ["a team that may not be seen", graphqlBody([null])],
    ["an ancestor without a number", graphqlBody([teamNode(55, "platform", { all: null })])],
    ["an ancestor with an impossible slug", graphqlBody([teamNode(55, "platform", { "a/b": 1 })])],
    ["no ancestors", graphqlBody([{ databaseId: 55, slug: "platform" }])],
    [
      "more ancestors than it shows",
      graphqlBody([{ databaseId: 55, slug: "platform", ancestors: { pageInfo: { hasNextPage: true }, nodes: [] } }]),
    ],
    ["an organisation's number that is none", graphqlBody([], { organisationId: "1234" })],
    ["a person's number that is none", graphqlBody([], { userId: "583231" })],
  ])("%s", async (_, body) => {
    expect(await teamsBy(json(body))).toEqual({ outcome: appUnavailable, calls: 1 });
  });

  test("is not one that says more than was asked for", async () => {
    expect((await teamsBy(json({ ...withTeams, extensions: {} }))).outcome).toHaveLength(1);
  });
});
