// Teams as the installed app sees them by GraphQL, which reports most failures with a 200. Members make teams and put
// each other into them, so what is odd or too much about them costs those teams alone.
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { error, json, type ScriptedAnswer } from "../support.ts";
import { appView, graphqlBody, graphqlPath, teamNode } from "./installed-app-support.ts";

async function teamsBy(answer: ScriptedAnswer) {
  const { github, load, withOldToken } = appView({ [graphqlPath]: answer });
  await withOldToken();
  const [membership] = await load();
  const calls = github.calls.filter((call) => call === graphqlPath).length;
  if (membership?.kind !== "active") throw new Error("octocat is a member");
  return { teams: membership.teams, teamsHidden: membership.teamsHidden, calls };
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

const platform = { id: 55, slug: "platform" };

describe("the teams", () => {
  test("are the direct ones and all of their ancestors, each once", async () => {
    const answer = graphqlBody([
      teamNode(55, "platform", { engineering: 7, all: 8 }),
      teamNode(56, "infra", { engineering: 7, all: 8 }),
      teamNode(8, "all"),
    ]);
    expect(await teamsBy(json(answer))).toEqual({
      teams: [
        { id: 55, slug: "platform" },
        { id: 7, slug: "engineering" },
        { id: 8, slug: "all" },
        { id: 56, slug: "infra" },
      ],
      teamsHidden: null,
      calls: 1,
    });
  });

  test("go over all pages", async () => {
    const teams = Array.from({ length: 3 }, (_, page) => [teamNode(page + 1, `t${page}`, { [`p${page}`]: page + 11 })]);
    expect(await teamsBy(pages(...teams))).toEqual({
      teams: [0, 1, 2].flatMap((page) => [
        { id: page + 1, slug: `t${page}` },
        { id: page + 11, slug: `p${page}` },
      ]),
      teamsHidden: null,
      calls: 3,
    });
  });

  test("of twenty pages are complete, of more those of the first twenty are known", async () => {
    const teams = (length: number) => Array.from({ length }, (_, page) => [teamNode(page + 1, `t${page}`)]);
    expect(await teamsBy(pages(...teams(20)))).toMatchObject({ teams: { length: 20 }, teamsHidden: null });
    expect(await teamsBy(pages(...teams(21)))).toMatchObject({
      teams: { length: 20 },
      teamsHidden: "too_many_teams",
      calls: 20,
    });
  });

  test("may have a hundred ancestors; of more, those that GitHub shows are known", async () => {
    const nodes = Array.from({ length: 100 }, (_, index) => ({ databaseId: index + 1000, slug: `a${index}` }));
    const node = (hasNextPage: boolean) => ({
      databaseId: 55,
      slug: "platform",
      ancestors: { pageInfo: { hasNextPage }, nodes },
    });
    expect(await teamsBy(json(graphqlBody([node(false)])))).toMatchObject({
      teams: { length: 101 },
      teamsHidden: null,
    });
    expect(await teamsBy(json(graphqlBody([node(true), teamNode(1, "other")])))).toMatchObject({
      teams: { length: 102 },
      teamsHidden: "too_many_teams",
    });
  });

  test("are asked for with a hundred ancestors", async () => {
    const queries: string[] = [];
    await teamsBy(({ body }) => {
      queries.push(JSON.parse(body).query);
      return Response.json(graphqlBody());
    });
    expect(queries).toEqual([expect.stringMatching(/ancestors\(first:100\)/)]);
  });

  test.each<[string, unknown, object]>([
    [
      "go on without a cursor",
      graphqlBody([teamNode(55, "platform")], { pageInfo: { hasNextPage: true, endCursor: null } }),
      platform,
    ],
    [
      "go on, it does not say how",
      graphqlBody([teamNode(55, "platform")], { pageInfo: { hasNextPage: true } }),
      platform,
    ],
  ])("that %s may be more", async (_, body, known) => {
    expect(await teamsBy(json(body))).toEqual({ teams: [known], teamsHidden: "github_invalid_response", calls: 1 });
  });

  test.each<[string, ScriptedAnswer, string]>([
    ["fails", error(451, ""), "github_unexpected_status"],
    ["is another user's", json(graphqlBody([], { userId: 1 })), "github_inconsistent_responses"],
    ["is limited", json({ data: null, errors: [{ type: "RATE_LIMITED" }] }), "shared_quota_spent"],
  ])("of the first page are known where the second one %s", async (_, second, teamsHidden) => {
    const first = pages([teamNode(55, "platform")], [teamNode(2, "b")]);
    const answer: ScriptedAnswer = (call) => (JSON.parse(call.body).variables.after === null ? first : second)(call);
    expect(await teamsBy(answer)).toEqual({ teams: [platform], teamsHidden, calls: 2 });
  });
});

describe("a page that GitHub can't send", () => {
  const sizes = (limit: number, fault: ScriptedAnswer, seen: number[]): ScriptedAnswer => {
    return (call) => {
      const { first } = JSON.parse(call.body).variables;
      seen.push(first);
      return first > limit ? fault(call) : json(graphqlBody([teamNode(55, "platform")]))(call);
    };
  };

  test.each<[string, ScriptedAnswer]>([
    ["a 502", error(502, "")],
    [
      "GraphQL's own words",
      json({ data: null, errors: [{ message: "Something went wrong while executing your query" }] }),
    ],
  ])("for %s is asked for once more with fewer teams", async (_, fault) => {
    const seen: number[] = [];
    expect(await teamsBy(sizes(20, fault, seen))).toMatchObject({ teams: [platform], teamsHidden: null });
    expect(seen).toEqual([100, 20]);
  });

  test("has the time that GitHub gives itself from the second try on", async () => {
    const timeout = vi.spyOn(AbortSignal, "timeout");
    onTestFinished(() => timeout.mockRestore());
    const { load, withOldToken } = appView({ [graphqlPath]: sizes(20, error(502, ""), []) });
    await withOldToken();
    timeout.mockClear();
    await load();
    expect(timeout.mock.calls).toEqual([[3_000], [3_000], [11_000]]);
  });

  test("is not asked for a fourth time", async () => {
    const seen: number[] = [];
    expect(await teamsBy(sizes(0, error(502, ""), seen))).toEqual({
      teams: [],
      teamsHidden: "github_server_error",
      calls: 3,
    });
    expect(seen).toEqual([100, 20, 1]);
  });

  test("but one team at a time is too long a list, and no outage", async () => {
    const seen: number[] = [];
    const pageInfo = { hasNextPage: true, endCursor: "next" };
    const onePerPage: ScriptedAnswer = (call) => {
      seen.push(JSON.parse(call.body).variables.first);
      const isOne = seen.at(-1) === 1;
      return isOne ? Response.json(graphqlBody([teamNode(55, "platform")], { pageInfo })) : error(502, "")(call);
    };
    expect(await teamsBy(onePerPage)).toMatchObject({ teams: [platform], teamsHidden: "too_many_teams" });
    expect(seen.slice(0, 3)).toEqual([100, 20, 1]);
    expect(seen.length).toBeLessThan(21);
  });

  test("is not asked for once more where the membership fails as well: GitHub is down", async () => {
    const down = error(502, "");
    const { github, load } = appView({ [graphqlPath]: down, "GET /orgs/Acme/memberships/octocat": down });
    expect(await load()).toEqual([{ kind: "hidden", reason: "github_server_error", ssoUrl: null }]);
    expect(github.calls.filter((call) => call === graphqlPath)).toHaveLength(1);
  });
});

describe("a team that is odd", () => {
  const known = teamNode(55, "platform");

  test.each<[string, unknown]>([
    ["an empty slug", ""],
    ["a slug in another script", "開発"],
    ["a slug that would lead elsewhere", "a/b"],
    ["no slug", null],
  ])("by %s stays a team by its number", async (_, slug) => {
    const odd = teamNode(57, slug, { all: 8 });
    const ancestors = { pageInfo: { hasNextPage: false }, nodes: [{ databaseId: 57, slug }] };
    const child = { databaseId: 58, slug: "child", ancestors };
    expect(await teamsBy(json(graphqlBody([odd, known, child])))).toMatchObject({
      teams: [{ id: 57, slug: "" }, { id: 8, slug: "all" }, platform, { id: 58, slug: "child" }],
      teamsHidden: null,
    });
  });

  test.each<[string, unknown]>([
    ["no number", teamNode(null, "infra")],
    ["a number that is none", teamNode("57", "infra")],
    ["no ancestors", { databaseId: 57, slug: "infra" }],
    ["an ancestor without a number", teamNode(57, "infra", { all: null })],
    ["nothing that may be seen", null],
  ])("by %s is not known, and the others are", async (_, odd) => {
    expect(await teamsBy(json(graphqlBody([odd, known])))).toMatchObject({
      teams: [platform],
      teamsHidden: "github_invalid_response",
    });
  });
});

describe("a 200 that does not show the teams", () => {
  const errors = (type: string, data: unknown = null) => ({ data, errors: [{ type, message: "No" }] });
  const withTeams = graphqlBody([teamNode(55, "platform")]);
  const organization = { databaseId: 1234, teams: { pageInfo: { hasNextPage: false, endCursor: null }, nodes: [] } };
  const user = { databaseId: 583231 };

  test.each<[string, unknown, string]>([
    ["the rate limit", errors("RATE_LIMITED"), "shared_quota_spent"],
    [
      "the rate limit among other errors",
      { data: null, errors: [{ type: "FORBIDDEN" }, { type: "RATE_LIMITED" }] },
      "shared_quota_spent",
    ],
    [
      "GraphQL's own failure among other errors",
      { data: null, errors: [{ type: "FORBIDDEN" }, { message: "Something went wrong" }] },
      "github_server_error",
    ],
    [
      "a refusal of the organisation",
      { data: { organization: null, user }, errors: [{ type: "FORBIDDEN", path: ["organization"] }] },
      "github_app_unavailable",
    ],
    [
      "a refusal of the user",
      { data: { organization, user: null }, errors: [{ type: "FORBIDDEN", path: ["user"] }] },
      "github_app_unavailable",
    ],
    [
      "something else that is not there",
      { data: { organization: null, user }, errors: [{ type: "NOT_FOUND", path: ["viewer"] }] },
      "github_app_unavailable",
    ],
    ["scopes", errors("INSUFFICIENT_SCOPES"), "github_app_unavailable"],
    ["a missing permission", errors("FORBIDDEN"), "github_app_unavailable"],
    ["an IP allow list", errors("FORBIDDEN", { organization: null, user }), "github_app_unavailable"],
    ["errors beside data that would be complete", { ...withTeams, errors: [{ type: "X" }] }, "github_app_unavailable"],
    ["no organisation", { data: { organization: null, user } }, "github_invalid_response"],
    ["no user", { data: { organization, user: null } }, "github_invalid_response"],
    ["no teams", { data: { organization: { databaseId: 1234, teams: null }, user } }, "github_invalid_response"],
    ["no data", {}, "github_invalid_response"],
    ["null", null, "github_invalid_response"],
    ["a list", [withTeams], "github_invalid_response"],
    ["errors that are none", { ...withTeams, errors: "no" }, "github_invalid_response"],
    [
      "another page's state that is none",
      graphqlBody([], { pageInfo: { hasNextPage: "no", endCursor: null } }),
      "github_invalid_response",
    ],
    ["no page's state", graphqlBody([], { pageInfo: null }), "github_invalid_response"],
    ["an organisation's number that is none", graphqlBody([], { organisationId: "1234" }), "github_invalid_response"],
    ["a user's number that is none", graphqlBody([], { userId: "583231" }), "github_invalid_response"],
  ])("in case of %s leaves the membership", async (_, body, teamsHidden) => {
    expect(await teamsBy(json(body))).toMatchObject({ teams: [], teamsHidden });
  });

  test("does no harm by further fields beside the teams, and by an empty list of errors", async () => {
    const { teams, teamsHidden } = await teamsBy(json({ ...withTeams, extensions: {}, errors: [] }));
    expect({ teams, teamsHidden }).toEqual({ teams: [platform], teamsHidden: null });
  });
});
