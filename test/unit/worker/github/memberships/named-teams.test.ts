// Teams that a policy names, where the list of a user's teams does not decide about them: each is asked about by
// itself.
import { describe, expect, test } from "vitest";
import type { TeamReference } from "../../../../../src/worker/config/organisations.ts";
import {
  acme,
  acmeBody,
  error,
  json,
  membershipBody,
  notFound,
  paths,
  pinnedAcme,
  type ScriptedAnswer,
  teamBody,
  teamNamed,
} from "../support.ts";
import { appView, graphqlBody, graphqlPath, membershipPath, teamNode } from "./installed-app-support.ts";
import { loadMemberships } from "./own-token-support.ts";

const platform = teamNamed(55, "platform");
const contractors = teamNamed(77, "contractors", true);
const sre = teamNamed(null, "sre");

const byNumber = (id: number) => `GET /organizations/1234/team/${id}`;
const membershipByNumber = (id: number) => `${byNumber(id)}/memberships/octocat`;
const membershipBySlug = (slug: string) => `GET /orgs/Acme/teams/${slug}/memberships/octocat`;
const inTeam = (changes: object = {}) =>
  json({ url: "https://api.github.test/", state: "active", role: "member", ...changes });

/** A source of memberships whose list of teams fails, or says this. */
interface Source {
  readonly load: (teams: readonly TeamReference[], script: Script, isPinned?: boolean) => Promise<unknown>;
  readonly listFails: ScriptedAnswer;
  readonly reason: string;
  /** A complete list with these teams. */
  readonly list: (...teams: (readonly [id: number, slug: string])[]) => ScriptedAnswer;
}

type Script = Record<string, ScriptedAnswer>;

const calls: string[] = [];

const sources: Readonly<Record<string, Source>> = {
  "the user's own token": {
    async load(teams, { list, ...script }, isPinned = true) {
      const organisation = { ...(isPinned ? pinnedAcme : acme), teams };
      const loaded = await loadMemberships([organisation], {
        [paths.membership("acme")]: json(membershipBody()),
        [paths.teams]: list ?? json([]),
        ...script,
      });
      calls.splice(0, calls.length, ...loaded.calls.filter((call) => /GET \/org/.test(call)));
      return loaded.memberships?.[0];
    },
    listFails: error(451, ""),
    reason: "github_unexpected_status",
    list: (...teams) => json(teams.map(([id, slug]) => teamBody(id, slug))),
  },
  "an installed app": {
    async load(teams, { list, ...script }, isPinned = true) {
      const { load, github } = appView({
        [membershipPath()]: json(membershipBody()),
        [graphqlPath]: list ?? json(graphqlBody()),
        ...script,
      });
      const [membership] = await load([{ ...(isPinned ? pinnedAcme : acme), teams }]);
      calls.splice(0, calls.length, ...github.calls.filter((call) => /teams?\//.test(call)));
      return membership;
    },
    listFails: json({ data: null, errors: [{ type: "RATE_LIMITED" }] }),
    reason: "shared_quota_spent",
    list: (...teams) => json(graphqlBody(teams.map(([id, slug]) => teamNode(id, slug)))),
  },
};

describe.each(Object.entries(sources))("with %s, where the list of teams is not known", (_, source) => {
  const { load, listFails, reason } = source;
  const failing = (teams: readonly TeamReference[], script: Script) => load(teams, { list: listFails, ...script });

  test("the user is in those teams that GitHub says so of, pinned or not, under their present names", async () => {
    const script = {
      [membershipByNumber(55)]: inTeam(),
      [byNumber(55)]: json(teamBody(55, "platform-new")),
      [membershipBySlug("sre")]: inTeam({ role: "maintainer" }),
      "GET /orgs/Acme/teams/sre": json(teamBody(9, "sre")),
      [membershipByNumber(77)]: notFound,
    };
    expect(await failing([platform, sre, contractors], script)).toMatchObject({
      kind: "active",
      teams: [
        { id: 55, slug: "platform-new" },
        { id: 9, slug: "sre" },
      ],
      teamsHidden: reason,
      namedTeams: { "#55": true, "/sre": true, "#77": false },
    });
  });

  test.each<[string, ScriptedAnswer, boolean | null]>([
    ["an invitation", inTeam({ state: "pending" }), false],
    ["no membership", notFound, false],
    ["a role of the future", inTeam({ role: "guest" }), null],
    ["no role", inTeam({ role: undefined }), null],
    ["a state of the future", inTeam({ state: "suspended" }), null],
    ["a 403", error(403, "Resource not accessible"), null],
    ["a limit", error(429, "You have exceeded a secondary rate limit."), null],
    ["a 401", error(401, "Bad credentials"), null],
    ["an outage", error(502, ""), null],
    ["a redirect", () => new Response(null, { status: 302 }), null],
    ["a page", () => new Response("<h1>"), null],
    ["a list", json([]), null],
  ])("%s puts no user into a team: %#", async (_, answer, isIn) => {
    expect(await failing([platform], { [membershipByNumber(55)]: answer })).toMatchObject({
      teams: [],
      teamsHidden: reason,
      namedTeams: { "#55": isIn },
    });
    expect(await failing([sre], { [membershipBySlug("sre")]: answer })).toMatchObject({
      teams: [],
      namedTeams: { "/sre": isIn },
    });
  });

  test("a team that does not show itself has its number alone if it is pinned, and is not known otherwise", async () => {
    const pinned = { [membershipByNumber(55)]: inTeam(), [byNumber(55)]: error(502, "") };
    expect(await failing([platform], pinned)).toMatchObject({
      teams: [{ id: 55, slug: "" }],
      namedTeams: { "#55": true },
    });
    const unpinned = { [membershipBySlug("sre")]: inTeam(), "GET /orgs/Acme/teams/sre": error(502, "") };
    expect(await failing([sre], unpinned)).toMatchObject({ teams: [], namedTeams: { "/sre": null } });
  });

  test("single sign-on proves nothing", async () => {
    const behindSso = error(404, "Not Found", { "x-github-sso": "required; url=https://github.com/orgs/acme/sso" });
    const found = await failing([platform], { [membershipByNumber(55)]: behindSso });
    expect(found).toMatchObject({ namedTeams: { "#55": null } });
  });

  test("at most 36 calls are made, and what is beyond is not known", async () => {
    const teams = Array.from({ length: 40 }, (_, index) => teamNamed(index + 1, `team-${index}`));
    const script = Object.fromEntries(teams.map(({ id }) => [membershipByNumber(id ?? 0), notFound]));
    const found = await failing(teams, script);
    expect(calls.length).toBeLessThanOrEqual(36);
    expect(calls.length).toBeGreaterThanOrEqual(35);
    expect(found).toMatchObject({ namedTeams: { "#1": false, "#40": null } });
  });

  test("a pinned team of an organisation that is not pinned is only proven absent where the team itself is there", async () => {
    const absent = { list: listFails, [membershipByNumber(77)]: notFound };
    const here = { ...absent, [byNumber(77)]: json(teamBody(77, "contractors")) };
    expect(await load([contractors], here, false)).toMatchObject({ namedTeams: { "#77": false } });
    expect(await load([contractors], { ...absent, [byNumber(77)]: notFound }, false)).toMatchObject({
      namedTeams: { "#77": null },
    });
  });
});

describe.each(Object.entries(sources))("with %s, where the list of teams is complete", (_, { load, list }) => {
  test("no team is asked about", async () => {
    for (const isPinned of [true, false]) {
      const found = await load([platform, sre], { list: list([55, "platform"]) }, isPinned);
      expect(found).toMatchObject({ teams: [{ id: 55, slug: "platform" }], teamsHidden: null });
      expect(found).not.toHaveProperty("namedTeams");
      expect(calls).toEqual([]);
    }
    await load([platform, contractors], { list: list() });
    expect(calls).toEqual([]);
  });

  test("but a pinned team of deny, whose organisation is not pinned, has to be there", async () => {
    const here = { [byNumber(77)]: json(teamBody(77, "renamed")) };
    expect(await load([platform, contractors], here, false)).toMatchObject({
      teamsHidden: null,
      namedTeams: { "#55": false, "#77": false },
    });
    const otherTeam = json(teamBody(78, "contractors"));
    const otherPlace = json(teamBody(77, "contractors", { organization: { id: 5678, login: "Globex" } }));
    for (const answer of [notFound, error(403, ""), error(502, ""), error(429, ""), otherTeam, otherPlace]) {
      const elsewhere = await load([contractors], { [byNumber(77)]: answer }, false);
      expect(elsewhere).toMatchObject({ teamsHidden: null, namedTeams: { "#77": null } });
    }
  });

  test("and a user who is in it is in it without a call", async () => {
    const found = await load([contractors], { list: list([77, "contractors"]) }, false);
    expect(found).toMatchObject({ namedTeams: { "#77": true } });
    expect(calls).toEqual([]);
  });
});

describe("a no about an organisation that is not pinned, while deny pins a team of it,", () => {
  const unproven = { kind: "none", nameTakenBy: null, isProven: false };
  const organisation = { ...acme, teams: [contractors] };

  test.each<[string, ScriptedAnswer]>([
    ["no membership", notFound],
    ["an invitation", json(membershipBody({ state: "pending" }))],
    ["a billing manager's", json(membershipBody({ role: "billing_manager" }))],
  ])("is no proof to the user's own token, which would not see the team: %s", async (_, answer) => {
    const { memberships } = await loadMemberships([organisation], {
      [paths.membership("acme")]: answer,
      [paths.teams]: json([]),
    });
    expect(memberships).toEqual([unproven]);
  });

  test("is none where the organisation hides: that stays its reason", async () => {
    const { memberships } = await loadMemberships([organisation], {
      [paths.membership("acme")]: error(403, "You need at least read:org scope"),
      [paths.teams]: json([]),
    });
    expect(memberships).toEqual([{ kind: "hidden", reason: "scope_missing", ssoUrl: null }]);
  });

  test("is one to an app that finds the team there by its number, and none to one that does not", async () => {
    const { load, github, withOldToken, clock } = appView({ [membershipPath()]: notFound });
    await withOldToken();
    github.script[byNumber(77)] = notFound;
    expect(await load([organisation])).toEqual([unproven]);
    expect(await load([{ ...acme, teams: [platform] }])).toEqual([{ ...unproven, isProven: true }]);
    // What is kept about the account says nothing about the team.
    expect(await load([organisation])).toEqual([unproven]);
    clock.time += 60_000;
    github.script[byNumber(77)] = json(teamBody(77, "contractors"));
    expect(await load([organisation])).toEqual([{ ...unproven, isProven: true }]);
    expect(acmeBody.id).toBe(1234);
  });
});
