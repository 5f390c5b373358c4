// Renamed organisations. Names are labels, numbers are authority: a pinned organisation goes on working under another
// name. GitHub tells the present name by the number; where it tells nothing, the user may yet be a member.
import { describe, expect, test } from "vitest";
import { makeToken } from "../../../../../src/local/github/token.ts";
import type { OrganisationReference } from "../../../../../src/worker/config/organisations.ts";
import {
  acme,
  error,
  globexBody,
  json,
  membershipBody,
  notFound,
  organisationById,
  paths,
  pinnedAcme,
  refusals,
  type ScriptedAnswer,
  teamBody,
  teamNamed,
} from "../support.ts";
import { loadMemberships } from "./own-token-support.ts";

const pinnedTeam: OrganisationReference = {
  ...acme,
  teams: [teamNamed(55, "platform"), teamNamed(56, "storage")],
  needsTeams: true,
};
const renamed = { login: "Acme-New", id: 1234 };
const taker = { login: "acme", id: 999 };

const inAcme = paths.membership("acme");
const inRenamed = paths.membership("Acme-New");
const teamOfRenamed = teamBody(55, "platform", { organization: renamed });
const member = (teams = [{ id: 55, slug: "platform" }]) => ({
  kind: "active",
  id: 1234,
  login: "Acme-New",
  role: "member",
  teams,
  teamsHidden: null,
});
const notAMember = (isProven: boolean, nameTakenBy: number | null = null) => ({ kind: "none", nameTakenBy, isProven });
const withoutSso = { kind: "hidden", reason: "sso_required", ssoUrl: null };
const hidden = (reason: string) => ({ kind: "hidden", reason, ssoUrl: null });

async function load(
  reference: OrganisationReference,
  script: Record<string, ScriptedAnswer>,
  { isFineGrained = false } = {},
) {
  const kind = isFineGrained ? "fine_grained" : "classic";
  const { memberships, failure, calls } = await loadMemberships([reference], script, {
    token: makeToken(kind),
    scopes: isFineGrained ? null : ["read:org"],
    isFineGrained,
    hasScopes: !isFineGrained,
  });
  return { outcome: memberships?.[0] ?? failure, further: calls.slice(2) };
}

const byId = paths.byId(1234);
const named = (login: string) => organisationById(1234, login);

describe.each([
  ["leads nowhere any more", notFound, null],
  ["belongs to another organisation now, which the user is in", json(membershipBody({ organization: taker })), 999],
] as const)("a pinned organisation whose old name %s", (_, underOldName, nameTakenBy) => {
  const script = (more: Record<string, ScriptedAnswer>): Record<string, ScriptedAnswer> => ({
    [inAcme]: underOldName,
    [paths.teams]: json([]),
    ...more,
  });

  test.each([false, true])("is found by a team of the user (fine-grained token: %s)", async (isFineGrained) => {
    const { outcome, further } = await load(
      pinnedAcme,
      script({
        [paths.teams]: json([teamBody(1, "dev", { organization: globexBody }), teamOfRenamed]),
        [inRenamed]: json(membershipBody({ organization: renamed })),
      }),
      { isFineGrained },
    );
    expect(outcome).toEqual(member());
    expect(further).toEqual([inRenamed]);
  });

  const mayBeSeen = nameTakenBy === null ? [false, true] : [false];
  test.each(mayBeSeen)("is found by its number (fine-grained token: %s)", async (isFineGrained) => {
    const { outcome, further } = await load(
      pinnedAcme,
      script({ ...named("Acme-New"), [inRenamed]: json(membershipBody({ organization: renamed, role: "admin" })) }),
      { isFineGrained },
    );
    expect(outcome).toEqual({ ...member([]), role: "admin" });
    expect(further).toEqual([byId, inRenamed]);
  });

  test.each([
    ["other_resource_owner", "Resource not accessible by personal access token"],
    ["token_kind_forbidden", "`Acme-New` forbids access via a personal access token (classic)."],
    ["app_not_approved", "the `acme-new` organization has enabled OAuth App access restrictions"],
    ["ip_allow_list", "the `Acme-New` organization has an IP allow list enabled"],
    ["sso_required", "Resource protected by organization SAML enforcement."],
  ])("stays hidden under its new name: %s", async (reason, message) => {
    for (const isFineGrained of [false, true]) {
      const under = script({ ...named("Acme-New"), [inRenamed]: error(403, message) });
      expect((await load(pinnedAcme, under, { isFineGrained })).outcome).toEqual(hidden(reason));
    }
  });

  test("is proven to be none where GitHub says so of its new name, to a token that is not fine-grained", async () => {
    const outsider = script({ ...named("Acme-New"), [inRenamed]: notFound });
    expect((await load(pinnedAcme, outsider)).outcome).toEqual(notAMember(true, nameTakenBy));
    const { outcome } = await load(pinnedAcme, outsider, { isFineGrained: true });
    expect(outcome).toEqual(nameTakenBy === null ? hidden("token_sees_nothing") : notAMember(false, nameTakenBy));
  });

  test("is hidden where single sign-on took it out of the list of teams, also where it is said to be absent", async () => {
    const leftOut = script({
      ...named("Acme-New"),
      [inRenamed]: notFound,
      [paths.teams]: json([], { "x-github-sso": "partial-results; organizations=7,1234" }),
    });
    expect((await load(pinnedAcme, leftOut)).outcome).toEqual(withoutSso);
  });

  test("is not known where it is renamed once more meanwhile, or another organisation has the new name", async () => {
    const again = script({ ...named("Acme-New"), [inRenamed]: json(membershipBody({ organization: taker })) });
    expect((await load(pinnedAcme, again)).outcome).toEqual(hidden("github_inconsistent_responses"));
  });

  describe("and whose number shows nothing", () => {
    test("is found in the list of memberships", async () => {
      const { outcome, further } = await load(
        pinnedAcme,
        script({
          [byId]: notFound,
          [paths.memberships]: json([
            { ...membershipBody({ organization: globexBody }), state: 7 },
            membershipBody({ organization: renamed, role: "admin" }),
            { state: "active", role: "member" },
          ]),
        }),
      );
      expect(outcome).toEqual({ ...member([]), role: "admin" });
      expect(further).toEqual([byId, paths.memberships]);
    });

    test("is none without a proof where that list does not have it: the list leaves out what hides", async () => {
      const list = script({ [byId]: notFound, [paths.memberships]: json([membershipBody({ organization: taker })]) });
      expect((await load(pinnedAcme, list)).outcome).toEqual(notAMember(false, nameTakenBy));
      const isUser = { [byId]: json({ id: 1234, login: "acme", type: "User" }) };
      expect((await load(pinnedAcme, { ...list, ...isUser })).outcome).toEqual(notAMember(false, nameTakenBy));
      const isAnother = { [byId]: json({ id: 1235, login: "acme", type: "Organization" }) };
      expect((await load(pinnedAcme, { ...list, ...isAnother })).outcome).toEqual(notAMember(false, nameTakenBy));
    });

    test("is hidden where single sign-on took it out of that list", async () => {
      const list = json([], { "x-github-sso": "partial-results; organizations=7,1234" });
      const leftOut = script({ [byId]: notFound, [paths.memberships]: list });
      expect((await load(pinnedAcme, leftOut)).outcome).toEqual(withoutSso);
    });

    test.each<[string, ScriptedAnswer, object]>([
      ["does not come", error(502, ""), hidden("github_server_error")],
      ["is not there", notFound, notAMember(false, nameTakenBy)],
      ["is for wider scopes", error(403, "You need at least read:org scope"), hidden("scope_missing")],
      [
        "has an odd item about it",
        json([{ ...membershipBody({ organization: { id: 1234, login: "not a login" } }) }]),
        hidden("github_invalid_response"),
      ],
      [
        "is of another user",
        json([membershipBody({ organization: renamed, user: { id: 1 } })]),
        hidden("github_inconsistent_responses"),
      ],
    ])("is not known where that list %s", async (_case, list, expected) => {
      const { outcome } = await load(pinnedAcme, script({ [byId]: notFound, [paths.memberships]: list }));
      expect(outcome).toEqual(expected);
    });

    test("and is a refusal to show it is looked for in that list, too; one of the token itself is passed on", async () => {
      const listed = { [paths.memberships]: json([membershipBody({ organization: renamed })]) };
      const closed = script({ [byId]: error(403, "Resource protected by organization SAML enforcement."), ...listed });
      expect((await load(pinnedAcme, closed)).outcome).toEqual(member([]));
      for (const [, answer, outcome] of refusals) {
        expect((await load(pinnedAcme, script({ [byId]: answer }))).outcome).toEqual(outcome);
      }
    });

    test("since GitHub fails is not known, unless the list has it", async () => {
      const outage = { [byId]: error(502, "") };
      const without = script({ ...outage, [paths.memberships]: json([]) });
      expect((await load(pinnedAcme, without)).outcome).toEqual(hidden("github_server_error"));
      const withIt = script({ ...outage, [paths.memberships]: json([membershipBody({ organization: renamed })]) });
      expect((await load(pinnedAcme, withIt)).outcome).toEqual(member([]));
      expect((await load(pinnedAcme, script(outage), { isFineGrained: true })).outcome).toEqual(
        hidden("github_server_error"),
      );
    });
  });
});

describe("a pinned organisation that has its name", () => {
  const script = (more: Record<string, ScriptedAnswer> = {}): Record<string, ScriptedAnswer> => ({
    [inAcme]: notFound,
    [paths.teams]: json([]),
    ...named("Acme"),
    ...more,
  });

  test("is proven to be none, by its number and the list of teams", async () => {
    const { outcome, further } = await load(pinnedAcme, script());
    expect(outcome).toEqual(notAMember(true));
    expect(further).toEqual([byId]);
  });

  test("is hidden where a list left it out", async () => {
    const sso = { "x-github-sso": "partial-results; organizations=1234" };
    expect((await load(pinnedAcme, script({ [paths.teams]: json([], sso) }))).outcome).toEqual(withoutSso);
    // Where no teams are asked for, the list of memberships says it.
    const withoutTeams = { ...pinnedAcme, needsTeams: false };
    const { [paths.teams]: _, ...rest } = script({ [paths.memberships]: json([], sso) });
    expect((await load(withoutTeams, rest)).outcome).toEqual(withoutSso);
    expect((await load(withoutTeams, { ...rest, [paths.memberships]: json([]) })).outcome).toEqual(notAMember(true));
    expect((await load(withoutTeams, { ...rest, [paths.memberships]: error(451, "") })).outcome).toEqual(
      notAMember(false),
    );
  });

  test("and is shown as another one under it, is not known", async () => {
    const taken = script({ [inAcme]: json(membershipBody({ organization: taker })) });
    expect((await load(pinnedAcme, taken)).outcome).toEqual(hidden("github_inconsistent_responses"));
  });
});

test("a pinned organisation that GitHub still finds by its old name needs no search", async () => {
  const script = { [inAcme]: json(membershipBody({ organization: renamed })), [paths.teams]: json([teamOfRenamed]) };
  expect(await load(pinnedAcme, script)).toEqual({ outcome: member(), further: [] });
});

describe("an organisation that is found by a team", () => {
  const script = (membership: ScriptedAnswer) => ({
    [inAcme]: notFound,
    [paths.teams]: json([teamOfRenamed]),
    [inRenamed]: membership,
  });

  test("counts only by the user's membership in it", async () => {
    const outcomeWith = async (membership: ScriptedAnswer) => (await load(pinnedAcme, script(membership))).outcome;
    expect(await outcomeWith(json(membershipBody({ organization: renamed, state: "pending" })))).toEqual({
      kind: "pending",
      id: 1234,
      login: "Acme-New",
    });
    expect(await outcomeWith(error(403, "the organization has an IP allow list enabled"))).toMatchObject({
      kind: "hidden",
      reason: "ip_allow_list",
    });
  });

  test.each<[string, ScriptedAnswer, string]>([
    ["is no longer there under the name that the team names", notFound, "github_inconsistent_responses"],
    ["has passed that name on, too", json(membershipBody({ organization: taker })), "github_inconsistent_responses"],
    [
      "knows another user",
      json(membershipBody({ organization: renamed, user: { id: 1 } })),
      "github_inconsistent_responses",
    ],
    ["does not answer", error(500, ""), "github_server_error"],
  ])("is not known where it %s", async (_, membership, reason) => {
    expect((await load(pinnedAcme, script(membership))).outcome).toEqual(hidden(reason));
  });
});

describe("an organisation that is not pinned", () => {
  test("is found by a team that is pinned", async () => {
    const { outcome, further } = await load(pinnedTeam, {
      [inAcme]: notFound,
      [paths.teams]: json([teamOfRenamed]),
      [inRenamed]: json(membershipBody({ organization: renamed })),
    });
    expect(outcome).toEqual(member());
    expect(further).toEqual([inRenamed]);
  });

  test("is not found by another team, and no list is loaded", async () => {
    const { outcome, further } = await load(pinnedTeam, {
      [inAcme]: notFound,
      [paths.teams]: json([teamBody(57, "platform", { organization: renamed })]),
    });
    expect(outcome).toEqual(notAMember(true));
    expect(further).toEqual([]);
  });

  test("is the one that has the name now", async () => {
    const script = { [inAcme]: json(membershipBody({ organization: taker })), [paths.teams]: json([]) };
    expect((await load(pinnedTeam, script)).outcome).toMatchObject({ kind: "active", id: 999 });
  });
});

describe("the old name belongs to an organisation that hides from the token", () => {
  const forbidden = error(403, "Resource not accessible by personal access token");

  test("but a team shows the organisation of the policy", async () => {
    for (const reference of [pinnedAcme, pinnedTeam]) {
      const { outcome, further } = await load(
        reference,
        {
          [inAcme]: forbidden,
          [paths.teams]: json([teamBody(1, "dev", { organization: globexBody }), teamOfRenamed]),
          [inRenamed]: json(membershipBody({ organization: renamed })),
        },
        { isFineGrained: true },
      );
      expect(outcome).toEqual(member());
      expect(further).toEqual([inRenamed]);
    }
  });

  test("but its number shows it", async () => {
    const { outcome, further } = await load(pinnedAcme, {
      [inAcme]: forbidden,
      [paths.teams]: json([]),
      ...named("Acme-New"),
      [inRenamed]: json(membershipBody({ organization: renamed })),
    });
    expect(outcome).toEqual(member([]));
    expect(further).toEqual([byId, inRenamed]);
  });

  test("and a membership under the new name is absent: only where a team shows it is that inconsistent", async () => {
    const script = (teams: object[]) => ({
      [inAcme]: forbidden,
      [paths.teams]: json(teams),
      ...named("Acme-New"),
      [inRenamed]: notFound,
    });
    expect((await load(pinnedAcme, script([]))).outcome).toEqual(notAMember(true));
    expect((await load(pinnedAcme, script([teamOfRenamed]))).outcome).toEqual(hidden("github_inconsistent_responses"));
  });

  test.each<[string, ScriptedAnswer]>([
    ["no team", json([])],
    ["only teams of others", json([teamBody(57, "dev", { organization: globexBody })])],
    ["a team of the very organisation that hides", json([teamBody(55, "platform")])],
    ["a list of teams that fails", error(451, "")],
  ])("and stays hidden with %s", async (_, teams) => {
    for (const reference of [acme, pinnedAcme, pinnedTeam]) {
      for (const number of [named("ACME"), { [byId]: notFound }, { [byId]: error(500, "") }]) {
        const script = { [inAcme]: forbidden, [paths.teams]: teams, ...number };
        expect((await load(reference, script)).outcome).toEqual(hidden("other_resource_owner"));
      }
    }
  });
});

describe("a list of teams that is not shown", () => {
  const script = (teams: ScriptedAnswer): Record<string, ScriptedAnswer> => ({
    [inAcme]: notFound,
    [paths.teams]: teams,
    [byId]: notFound,
  });
  const outage = error(451, "");

  test("leaves open what it alone could have shown: no user is told to be no member", async () => {
    const fineGrained = { isFineGrained: true };
    const failed = hidden("github_unexpected_status");
    // GitHub answers the other question, so this is no outage, and brings no grace.
    expect((await load(pinnedTeam, script(outage))).outcome).toEqual(hidden("github_too_large"));
    expect((await load(pinnedTeam, script(notFound))).outcome).toEqual(hidden("github_inconsistent_responses"));
    expect((await load(pinnedAcme, script(outage), fineGrained)).outcome).toEqual(failed);
    const forbidden = error(403, "Resource not accessible by personal access token");
    expect((await load(pinnedAcme, script(forbidden), fineGrained)).outcome).toEqual(hidden("other_resource_owner"));
  });

  test("is no proof, unless another list is", async () => {
    const listed = { ...script(outage), [paths.memberships]: json([]) };
    expect((await load(acme, listed)).outcome).toEqual(notAMember(true));
    expect((await load(acme, { ...listed, [paths.memberships]: outage })).outcome).toEqual(notAMember(false));
    expect((await load(pinnedAcme, listed)).outcome).toEqual(notAMember(false));
  });
});

describe("an organisation that is not pinned, while single sign-on keeps others back", () => {
  const script = (numbers: string, more: Record<string, ScriptedAnswer> = {}): Record<string, ScriptedAnswer> => ({
    [inAcme]: notFound,
    [paths.teams]: json([], { "x-github-sso": `partial-results; organizations=${numbers}` }),
    ...more,
  });

  test("may be one of them, by name", async () => {
    const both = { ...organisationById(7, "Initech"), ...organisationById(8, "ACME") };
    expect((await load(acme, script("7,8", both))).outcome).toEqual(withoutSso);
    expect((await load(acme, script("7", organisationById(7, "Initech")))).outcome).toEqual(notAMember(true));
    expect((await load(acme, script("7", { [paths.byId(7)]: notFound }))).outcome).toEqual(notAMember(false));
  });

  test("is a proven no where as many as are looked up are others, and none where one of them does not show itself", async () => {
    const five = Object.assign({}, ...[1, 2, 3, 4, 5].map((id) => organisationById(id, `other-${id}`)));
    expect((await load(acme, script("1,2,3,4,5", five))).outcome).toEqual(notAMember(true));
    const without = { ...five, [paths.byId(5)]: notFound };
    expect((await load(acme, script("1,2,3,4,5", without))).outcome).toEqual(notAMember(false));
  });

  test("is no proven no where too many are kept back to be looked up", async () => {
    expect(await load(acme, script("1,2,3,4,5,6"))).toEqual({ outcome: notAMember(false), further: [] });
  });

  test("is hidden where one of its teams is pinned: they find it under any name", async () => {
    expect(await load(pinnedTeam, script("8888"))).toEqual({ outcome: withoutSso, further: [] });
  });

  test("is none of those that the policy pins", async () => {
    const globex: OrganisationReference = { login: "globex", id: 8888, teams: [], needsTeams: true };
    const { memberships } = await loadMemberships([pinnedTeam, globex], {
      ...script("8888"),
      [paths.membership("globex")]: error(403, "Resource protected by organization SAML enforcement."),
      ...organisationById(8888, "globex"),
    });
    expect(memberships).toEqual([notAMember(true), withoutSso]);
  });

  test("has its pinned team hidden where it is the user's own by now, which took the name", async () => {
    const own = json(membershipBody({ organization: taker }));
    const { outcome } = await load(pinnedTeam, script("8888", { [inAcme]: own }));
    expect(outcome).toMatchObject({ kind: "active", id: 999, teams: [], teamsHidden: "sso_required" });
    const inTeam = json([teamBody(55, "platform", { organization: taker })], {
      "x-github-sso": "partial-results; organizations=8888",
    });
    expect((await load(pinnedTeam, script("8888", { [inAcme]: own, [paths.teams]: inTeam }))).outcome).toMatchObject({
      teamsHidden: null,
    });
  });
});

test("a pinned team is in none of the organisations that single sign-on keeps back, where the policy pins them", async () => {
  const globex: OrganisationReference = { login: "globex", id: 8888, teams: [], needsTeams: true };
  const { memberships } = await loadMemberships([pinnedTeam, globex], {
    [inAcme]: json(membershipBody({ organization: taker })),
    [paths.membership("globex")]: error(403, "Resource protected by organization SAML enforcement."),
    [paths.teams]: json([], { "x-github-sso": "partial-results; organizations=8888" }),
    ...organisationById(8888, "globex"),
  });
  expect(memberships).toMatchObject([{ kind: "active", id: 999, teamsHidden: null }, withoutSso]);
});

describe("a pinned team of an organisation that is not pinned, and whose name another one took", () => {
  const taken = (team: object, more: Record<string, ScriptedAnswer> = {}): Record<string, ScriptedAnswer> => ({
    [inAcme]: json(membershipBody({ organization: taker, role: "admin" })),
    [paths.teams]: json([team]),
    [inRenamed]: json(membershipBody({ organization: renamed })),
    ...more,
  });

  test("is found where it is, although the user made the other one", async () => {
    const { outcome, further } = await load(pinnedTeam, taken(teamOfRenamed));
    expect(outcome).toEqual(member());
    expect(further).toEqual([inRenamed]);
  });

  test("is found by a child team of its own, also where the name is free", async () => {
    const child = teamBody(70, "crew", { organization: renamed, parent: { id: 56, slug: "contractors" } });
    const above = { "GET /orgs/Acme-New/teams/contractors": json(teamBody(56, "contractors")) };
    const both = member([
      { id: 70, slug: "crew" },
      { id: 56, slug: "contractors" },
    ]);
    expect((await load(pinnedTeam, taken(child, above))).outcome).toEqual(both);
    expect((await load(pinnedTeam, { ...taken(child, above), [inAcme]: notFound })).outcome).toEqual(both);
  });

  test("is not looked for where the organisation of that name has a pinned team, or the user is in none", async () => {
    for (const team of [
      teamBody(55, "platform", { organization: taker }),
      teamBody(7, "dev", { organization: renamed }),
      teamBody(0, "of no number", { organization: renamed }),
    ]) {
      const { outcome, further } = await load(pinnedTeam, taken(team));
      expect(outcome).toMatchObject({ kind: "active", id: 999 });
      expect(further).toEqual([]);
    }
  });
});

test("several renamed organisations cost one list together where their numbers show nothing", async () => {
  const { result, calls } = await loadMemberships(
    [pinnedAcme, { login: "globex", id: 5678, teams: [], needsTeams: true }],
    {
      [inAcme]: notFound,
      [paths.membership("globex")]: notFound,
      [paths.teams]: json([]),
      [byId]: notFound,
      [paths.byId(5678)]: notFound,
      [paths.memberships]: json([membershipBody({ organization: renamed })]),
    },
    { scopes: ["repo"] },
  );
  expect(result).toEqual({ kind: "known", memberships: [member([]), notAMember(false)], tookToken: true });
  expect(calls.filter((call) => call === paths.memberships)).toHaveLength(1);
});
