// Renamed organisations. Names are labels, numbers are authority: a pinned organisation goes on working under another
// name where GitHub shows it to the token by its number.
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
  paths,
  pinnedAcme,
  type ScriptedAnswer,
  teamBody,
} from "../support.ts";
import { loadMemberships } from "./own-token-support.ts";

const pinnedTeam: OrganisationReference = { ...acme, teamIds: [55, 56], needsTeams: true };
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
});
const notAMember = (nameTakenBy: number | null = null) => ({ kind: "none", nameTakenBy, isProven: true });
const withoutSso = { kind: "hidden", reason: "sso_required", ssoUrl: null };
const unavailable = (reason: string) => ({ kind: "unavailable", reason });

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

describe.each([
  ["leads nowhere any more", notFound, null],
  ["belongs to another organisation now, which the user is in", json(membershipBody({ organization: taker })), 999],
] as const)("a pinned organisation whose old name %s", (_, underOldName, nameTakenBy) => {
  test("is found by a team of the user", async () => {
    for (const isFineGrained of [false, true]) {
      const { outcome, further } = await load(
        pinnedAcme,
        {
          [inAcme]: underOldName,
          [paths.teams]: json([teamBody(1, "dev", { organization: globexBody }), teamOfRenamed]),
          [inRenamed]: json(membershipBody({ organization: renamed })),
        },
        { isFineGrained },
      );
      expect(outcome).toEqual(member());
      expect(further).toEqual([inRenamed]);
    }
  });

  test("is found in the list of memberships", async () => {
    const { outcome, further } = await load(pinnedAcme, {
      [inAcme]: underOldName,
      [paths.teams]: json([]),
      [paths.memberships]: json([
        membershipBody({ organization: globexBody }),
        membershipBody({ organization: renamed, role: "admin" }),
      ]),
    });
    expect(outcome).toEqual({ ...member([]), role: "admin" });
    expect(further).toEqual([paths.memberships]);
  });

  test("is not found by a fine-grained token without a team, for it may not read that list", async () => {
    const script = { [inAcme]: underOldName, [paths.teams]: json([]) };
    const { outcome, further } = await load(pinnedAcme, script, { isFineGrained: true });
    expect(outcome).toEqual(notAMember(nameTakenBy));
    expect(further).toEqual([]);
  });

  test("is none where the list does not have it", async () => {
    const { outcome } = await load(pinnedAcme, {
      [inAcme]: underOldName,
      [paths.teams]: json([]),
      [paths.memberships]: json([membershipBody({ organization: taker })]),
    });
    expect(outcome).toEqual(notAMember(nameTakenBy));
  });

  test("is hidden where single sign-on took it out of the list", async () => {
    const { outcome } = await load(pinnedAcme, {
      [inAcme]: underOldName,
      [paths.teams]: json([], { "x-github-sso": "partial-results; organizations=1234" }),
      [paths.memberships]: json([], { "x-github-sso": "partial-results; organizations=7,1234" }),
    });
    expect(outcome).toEqual(withoutSso);
  });

  test.each<[string, ScriptedAnswer, object]>([
    ["does not come", error(502, ""), unavailable("github_server_error")],
    ["is not there", notFound, unavailable("github_inconsistent_responses")],
    ["is for wider scopes", error(403, "You need at least read:org scope"), { ...withoutSso, reason: "scope_missing" }],
    [
      "is of another user",
      json([membershipBody({ organization: renamed, user: { id: 1 } })]),
      unavailable("github_inconsistent_responses"),
    ],
  ])("is not known where the list %s", async (_case, list, expected) => {
    const { outcome } = await load(pinnedAcme, {
      [inAcme]: underOldName,
      [paths.teams]: json([]),
      [paths.memberships]: list,
    });
    expect(outcome).toEqual(expected);
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
    expect((await load(pinnedAcme, script(membership))).outcome).toEqual(unavailable(reason));
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
    expect(outcome).toEqual(notAMember());
    expect(further).toEqual([]);
  });

  test("is the one that has the name now", async () => {
    const script = { [inAcme]: json(membershipBody({ organization: taker })), [paths.teams]: json([]) };
    expect((await load(pinnedTeam, script)).outcome).toMatchObject({ kind: "active", id: 999 });
  });
});

describe("the old name belongs to an organisation that hides from the token", () => {
  const forbidden = error(403, "Resource not accessible by personal access token");
  const hidden = { kind: "hidden", reason: "other_resource_owner", ssoUrl: null };

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

  test.each<[string, ScriptedAnswer]>([
    ["no team", json([])],
    ["only teams of others", json([teamBody(57, "dev", { organization: globexBody })])],
    ["a team of the very organisation that hides", json([teamBody(55, "platform")])],
    ["a list of teams that fails", error(502, "")],
  ])("and stays hidden with %s", async (_, teams) => {
    for (const reference of [acme, pinnedAcme, pinnedTeam]) {
      const { outcome, further } = await load(reference, { [inAcme]: forbidden, [paths.teams]: teams });
      expect(outcome).toEqual(hidden);
      expect(further).toEqual([]);
    }
  });
});

describe("a list of teams that is not shown", () => {
  const script = (teams: ScriptedAnswer): Record<string, ScriptedAnswer> => ({
    [inAcme]: notFound,
    [paths.teams]: teams,
  });
  const outage = error(502, "");
  const hidden = error(403, "Resource not accessible by personal access token");

  test("leaves open what it alone could have shown: no user is told to be no member", async () => {
    const fineGrained = { isFineGrained: true };
    expect((await load(pinnedTeam, script(outage))).outcome).toEqual(unavailable("github_server_error"));
    expect((await load(pinnedTeam, script(notFound))).outcome).toEqual(unavailable("github_inconsistent_responses"));
    expect((await load(pinnedAcme, script(outage), fineGrained)).outcome).toEqual(unavailable("github_server_error"));
    expect((await load(pinnedAcme, script(hidden), fineGrained)).outcome).toMatchObject({
      kind: "hidden",
      reason: "other_resource_owner",
    });
  });

  test("does not count where it could show nothing, or another list does", async () => {
    expect((await load(acme, script(outage))).outcome).toEqual(notAMember());
    expect((await load(acme, script(outage), { isFineGrained: true })).outcome).toEqual(notAMember());
    const listed = { ...script(outage), [paths.memberships]: json([]) };
    expect((await load(pinnedAcme, listed)).outcome).toEqual(notAMember());
  });
});

test("several renamed organisations cost one list together", async () => {
  const { result, calls } = await loadMemberships(
    [pinnedAcme, { login: "globex", id: 5678, teamIds: [], needsTeams: true }],
    {
      [inAcme]: notFound,
      [paths.membership("globex")]: notFound,
      [paths.teams]: json([]),
      [paths.memberships]: json([membershipBody({ organization: renamed })]),
    },
    { scopes: ["repo"] },
  );
  expect(result).toEqual({ kind: "known", memberships: [member([]), notAMember()], tookToken: true });
  expect(calls.filter((call) => call === paths.memberships)).toHaveLength(1);
});
