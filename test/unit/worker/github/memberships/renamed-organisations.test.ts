// Names are labels, numbers are authority: a pinned organisation goes on working under another name where GitHub lets the token see it by its number.
import { describe, expect, test } from "vitest";
import { makeToken } from "../../../../../src/local/github/token.ts";
import type { OrganisationReference } from "../../../../../src/worker/config/organisations.ts";
import { createPersonalMemberships } from "../../../../../src/worker/github/memberships/own-token.ts";
import {
  acme,
  api,
  error,
  globexBody,
  inTime,
  json,
  membershipBody,
  notFound,
  paths,
  pinnedAcme,
  type ScriptedAnswer,
  scriptGitHub,
  teamBody,
} from "../support.ts";

const pinnedTeam: OrganisationReference = { ...acme, teamIds: [55, 56] };
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
const notAMember = (nameTakenBy: number | null = null) => ({ kind: "none", nameTakenBy });
const withoutSso = { kind: "hidden", reason: "sso_required", ssoUrl: null };
const unavailable = (reason: string) => ({ kind: "unavailable", reason });

async function askAbout(
  reference: OrganisationReference,
  script: Record<string, ScriptedAnswer>,
  { isFineGrained = false } = {},
) {
  const github = scriptGitHub(script);
  const answer = await createPersonalMemberships(api.restUrl).load(
    {
      token: makeToken(isFineGrained ? "fine_grained" : "classic"),
      client: github.client,
      owner: { account: { id: 583231, login: "octocat", type: "User" }, scopes: isFineGrained ? null : ["read:org"] },
      organisations: [reference],
      isFineGrained,
      hasScopes: !isFineGrained,
    },
    inTime(),
  );
  const outcome = answer.kind === "known" ? answer.standings[0] : answer.asked.outcome;
  return { outcome, further: github.calls.slice(2) };
}

describe.each([
  ["leads nowhere any more", notFound, null],
  ["was taken over by an organisation that the person is in", json(membershipBody({ organization: taker })), 999],
] as const)("a pinned organisation whose old name %s", (_, underOldName, nameTakenBy) => {
  test("is found by a team of the person's", async () => {
    for (const isFineGrained of [false, true]) {
      const { outcome, further } = await askAbout(
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
    const { outcome, further } = await askAbout(pinnedAcme, {
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

  test("is not found by a fine-grained token without a team: it may not read that list", async () => {
    const script = { [inAcme]: underOldName, [paths.teams]: json([]) };
    const { outcome, further } = await askAbout(pinnedAcme, script, { isFineGrained: true });
    expect(outcome).toEqual(notAMember(nameTakenBy));
    expect(further).toEqual([]);
  });

  test("is none of the person's where the list does not have it", async () => {
    const { outcome } = await askAbout(pinnedAcme, {
      [inAcme]: underOldName,
      [paths.teams]: json([]),
      [paths.memberships]: json([membershipBody({ organization: taker })]),
    });
    expect(outcome).toEqual(notAMember(nameTakenBy));
  });

  test("is invisible where single sign-on took it out of the list", async () => {
    const { outcome } = await askAbout(pinnedAcme, {
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
      "is of another person",
      json([membershipBody({ organization: renamed, user: { id: 1 } })]),
      unavailable("github_inconsistent_responses"),
    ],
  ])("is not known where the list %s", async (_case, list, expected) => {
    const { outcome } = await askAbout(pinnedAcme, {
      [inAcme]: underOldName,
      [paths.teams]: json([]),
      [paths.memberships]: list,
    });
    expect(outcome).toEqual(expected);
  });
});

test("a pinned organisation that answers to its old name, too, needs no search", async () => {
  const script = { [inAcme]: json(membershipBody({ organization: renamed })), [paths.teams]: json([teamOfRenamed]) };
  expect(await askAbout(pinnedAcme, script)).toEqual({ outcome: member(), further: [] });
});

describe("an organisation that is found by a team", () => {
  const script = (membership: ScriptedAnswer) => ({
    [inAcme]: notFound,
    [paths.teams]: json([teamOfRenamed]),
    [inRenamed]: membership,
  });

  test("counts only by the person's membership in it", async () => {
    const outcomeWith = async (membership: ScriptedAnswer) => (await askAbout(pinnedAcme, script(membership))).outcome;
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
      "knows somebody else",
      json(membershipBody({ organization: renamed, user: { id: 1 } })),
      "github_inconsistent_responses",
    ],
    ["does not answer", error(500, ""), "github_server_error"],
  ])("is not known where it %s", async (_, membership, reason) => {
    expect((await askAbout(pinnedAcme, script(membership))).outcome).toEqual(unavailable(reason));
  });
});

describe("an organisation that is not pinned", () => {
  test("is found by a team of its that is", async () => {
    const { outcome, further } = await askAbout(pinnedTeam, {
      [inAcme]: notFound,
      [paths.teams]: json([teamOfRenamed]),
      [inRenamed]: json(membershipBody({ organization: renamed })),
    });
    expect(outcome).toEqual(member());
    expect(further).toEqual([inRenamed]);
  });

  test("is not found by another team, and no list is asked for", async () => {
    const { outcome, further } = await askAbout(pinnedTeam, {
      [inAcme]: notFound,
      [paths.teams]: json([teamBody(57, "platform", { organization: renamed })]),
    });
    expect(outcome).toEqual(notAMember());
    expect(further).toEqual([]);
  });

  test("means whoever has the name", async () => {
    const script = { [inAcme]: json(membershipBody({ organization: taker })), [paths.teams]: json([]) };
    expect((await askAbout(pinnedTeam, script)).outcome).toMatchObject({ kind: "active", id: 999 });
  });
});

describe("whoever has the old name hides behind it", () => {
  const hidden = error(403, "Resource not accessible by personal access token");
  const invisible = { kind: "hidden", reason: "other_resource_owner", ssoUrl: null };

  test("but the organisation that is meant shows itself by a team", async () => {
    for (const reference of [pinnedAcme, pinnedTeam]) {
      const { outcome, further } = await askAbout(
        reference,
        {
          [inAcme]: hidden,
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
    ["teams that can't be seen", error(502, "")],
  ])("and stays invisible with %s", async (_, teams) => {
    for (const reference of [acme, pinnedAcme, pinnedTeam]) {
      const { outcome, further } = await askAbout(reference, { [inAcme]: hidden, [paths.teams]: teams });
      expect(outcome).toEqual(invisible);
      expect(further).toEqual([]);
    }
  });
});

describe("teams that can't be seen", () => {
  const script = (teams: ScriptedAnswer): Record<string, ScriptedAnswer> => ({
    [inAcme]: notFound,
    [paths.teams]: teams,
  });
  const outage = error(502, "");
  const hidden = error(403, "Resource not accessible by personal access token");

  test("leave open what they alone could have shown: nobody is told to be no member", async () => {
    const fineGrained = { isFineGrained: true };
    expect((await askAbout(pinnedTeam, script(outage))).outcome).toEqual(unavailable("github_server_error"));
    expect((await askAbout(pinnedTeam, script(notFound))).outcome).toEqual(
      unavailable("github_inconsistent_responses"),
    );
    expect((await askAbout(pinnedAcme, script(outage), fineGrained)).outcome).toEqual(
      unavailable("github_server_error"),
    );
    expect((await askAbout(pinnedAcme, script(hidden), fineGrained)).outcome).toMatchObject({
      kind: "hidden",
      reason: "other_resource_owner",
    });
  });

  test("are no matter where they could show nothing, or another list does", async () => {
    expect((await askAbout(acme, script(outage))).outcome).toEqual(notAMember());
    expect((await askAbout(acme, script(outage), { isFineGrained: true })).outcome).toEqual(notAMember());
    const listed = { ...script(outage), [paths.memberships]: json([]) };
    expect((await askAbout(pinnedAcme, listed)).outcome).toEqual(notAMember());
  });
});

test("several renamed organisations cost one list together", async () => {
  const github = scriptGitHub({
    [inAcme]: notFound,
    [paths.membership("globex")]: notFound,
    [paths.teams]: json([]),
    [paths.memberships]: json([membershipBody({ organization: renamed })]),
  });
  const answer = await createPersonalMemberships(api.restUrl).load(
    {
      token: makeToken("classic"),
      client: github.client,
      owner: { account: { id: 583231, login: "octocat", type: "User" }, scopes: ["repo"] },
      organisations: [pinnedAcme, { login: "globex", id: 5678, teamIds: [] }],
      isFineGrained: false,
      hasScopes: true,
    },
    inTime(),
  );
  expect(answer).toEqual({ kind: "known", standings: [member([]), notAMember()], tookToken: true });
  expect(github.calls.filter((call) => call === paths.memberships)).toHaveLength(1);
});
