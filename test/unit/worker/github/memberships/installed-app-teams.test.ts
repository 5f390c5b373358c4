// Teams as the installed app sees them by GraphQL, which reports most failures with a 200.
import { describe, expect, test } from "vitest";
import { json, type ScriptedAnswer } from "../support.ts";
import { appView, graphqlBody, graphqlPath, teamNode } from "./installed-app-support.ts";

const appUnavailable = { kind: "unavailable", reason: "github_app_unavailable" };
const tooLarge = { kind: "unavailable", reason: "github_too_large" };

async function teamsBy(answer: ScriptedAnswer) {
  const { github, load } = appView({ [graphqlPath]: answer });
  const result = await load();
  const calls = github.calls.filter((call) => call === graphqlPath).length;
  if ("kind" in result) return { outcome: result, calls };
  const [membership] = result;
  return { outcome: membership?.kind === "active" ? membership.teams : membership, calls };
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

  test("that go on, without a cursor, are no list", async () => {
    const pageInfo = { hasNextPage: true, endCursor: null };
    expect(await teamsBy(json(graphqlBody([teamNode(55, "platform")], { pageInfo })))).toEqual({
      outcome: tooLarge,
      calls: 1,
    });
  });

  test("are no list where a later page fails", async () => {
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

describe("a 200 that does not show the teams: the app is unavailable", () => {
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
    ["a user's number that is none", graphqlBody([], { userId: "583231" })],
  ])("%s", async (_, body) => {
    expect(await teamsBy(json(body))).toEqual({ outcome: appUnavailable, calls: 1 });
  });

  test("further fields beside the teams do no harm", async () => {
    expect((await teamsBy(json({ ...withTeams, extensions: {} }))).outcome).toHaveLength(1);
  });
});
