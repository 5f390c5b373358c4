import * as v from "valibot";
import { describe, expect, test } from "vitest";
import type { ClusterPolicy } from "../../../../src/worker/config/cluster.ts";
import { allowEntrySchema } from "../../../../src/worker/config/entries.ts";
import type { Membership } from "../../../../src/worker/github/facts.ts";
import { matchEntry, matchUser, membershipIn } from "../../../../src/worker/policy/match.ts";
import { factsOf, invisibleFor, invitedTo, memberOf, membershipsFor, noMember, policyOf, takenBy } from "../support.ts";

/** What a policy's only entry comes to for a person with this membership to its organisation, "acme". */
function matchOf(
  text: string,
  membership: Membership,
  changes: Record<string, unknown> = {},
  list: "allow" | "deny" = "allow",
) {
  const policy = policyOf({ allow: [text], ...changes });
  const facts = factsOf({ organisations: membershipsFor(policy, { acme: membership }) });
  return matchEntry(v.parse(allowEntrySchema, text), policy, facts, list);
}

const matched = { kind: "matched" };
const notMatched = { kind: "not_matched" };
const takenOver = { kind: "name_reassigned" };
const notInTeam = { kind: "not_in_team" };
const member = memberOf("Acme", 1234, { platform: 55, sre: 56 });

describe("an entry for an account", () => {
  test.each([
    ["octocat", null, matched],
    ["octocat", 583231, matched],
    ["renamed", 583231, matched],
    ["octocat", 2, takenOver],
    ["hubot", null, notMatched],
    ["hubot", 2, notMatched],
    ["octo", null, notMatched],
  ])("user:%s#%s", (login, id, match) => {
    const account = { id: 583231, login: "OctoCat", type: "User" };
    expect(matchUser({ kind: "user", login, id }, account)).toEqual(match);
    const policy = policyOf({ allow: ["anyone"] });
    expect(matchEntry({ kind: "user", login, id }, policy, factsOf({ account }), "allow")).toEqual(match);
  });
});

test("'anyone' matches every person", () => {
  expect(matchOf("anyone", noMember)).toEqual(matched);
});

describe("an entry for an organisation", () => {
  test.each(["org:acme", "org:acme#1234"])("%s means its members, whatever teams they are in", (text) => {
    expect(matchOf(text, member)).toEqual(matched);
    expect(matchOf(text, memberOf("renamed", 1234))).toEqual(matched);
  });

  test.each(["org:acme", "org:acme#1234", "team:acme/platform", "team:acme/platform#55"])(
    "%s does not match a person who is no member",
    (text) => {
      expect(matchOf(text, noMember)).toEqual(notMatched);
      expect(matchOf(text, takenBy(99))).toEqual(takenOver);
    },
  );

  test.each(["org:acme#1234", "team:acme/platform#55"])(
    "%s names the organisation as GitHub writes it to an invited person",
    (text) => {
      expect(matchOf(text, invitedTo("New-Acme", 1234))).toEqual({ kind: "pending", organisation: "New-Acme" });
    },
  );

  test.each(["org:Acme", "team:Acme/platform", "team:acme/platform#55"])(
    "%s does not know what cannot be seen",
    (text) => {
      const ssoUrl = "https://github.com/orgs/acme/sso";
      const match = { kind: "hidden", organisation: "acme", reason: "sso_required", ssoUrl };
      expect(matchOf(text, invisibleFor("sso_required", ssoUrl))).toEqual(match);
    },
  );
});

describe("an organisation that was found nowhere by its number", () => {
  const notFound: Membership = { kind: "none", nameTakenBy: null, isProven: false };
  const open = { kind: "hidden", organisation: "acme", reason: "organisation_not_found", ssoUrl: null };

  test.each(["org:acme#1234", "team:acme/platform#55"])("keeps %s in deny open, and is a no in allow", (text) => {
    expect(matchOf(text, notFound, {}, "deny")).toEqual(open);
    expect(matchOf(text, notFound)).toEqual(notMatched);
    expect(matchOf(text, noMember, {}, "deny")).toEqual(notMatched);
  });

  test("keeps an entry of deny open also where another organisation has its name", () => {
    expect(matchOf("org:acme#1234", { ...notFound, nameTakenBy: 7 }, {}, "deny")).toEqual(open);
    expect(matchOf("org:acme#1234", { ...notFound, nameTakenBy: 7 })).toEqual(takenOver);
  });
});

describe("a list of teams that may not be complete", () => {
  const partly: Membership = { ...member, teamsHidden: "too_many_teams" };
  const open = { kind: "hidden", organisation: "acme", reason: "too_many_teams", ssoUrl: null };

  test.each(["allow", "deny"] as const)("proves the teams that are in it, and no others, in %s", (list) => {
    expect(matchOf("team:acme/platform", partly, {}, list)).toEqual(matched);
    expect(matchOf("team:acme/platform#55", partly, {}, list)).toEqual(matched);
    expect(matchOf("team:acme/dev", partly, {}, list)).toEqual(open);
    expect(matchOf("team:acme/dev#99", partly, {}, list)).toEqual(open);
    expect(matchOf("team:acme/platform#99", partly, {}, list)).toEqual(open);
  });

  test("leaves an entry for the organisation as it is", () => {
    expect(matchOf("org:acme", partly)).toEqual(matched);
  });
});

describe("an entry for a team", () => {
  test.each<[string, Membership, object]>([
    ["team:acme/platform", member, matched],
    ["team:acme/PLATFORM", member, matched],
    ["team:acme/platform", memberOf("acme", 1, { Platform: 55 }), matched],
    ["team:acme/platform#55", member, matched],
    ["team:acme/renamed#55", member, matched],
    ["team:acme/platform#56", memberOf("acme", 1, { sre: 56 }), matched],
    ["team:acme/platform#77", member, takenOver],
    ["team:acme/platform#56", memberOf("acme", 1, { platform: 57 }), takenOver],
    ["team:acme/dev", member, notInTeam],
    ["team:acme/dev#77", member, notInTeam],
    ["team:acme/plat", member, notInTeam],
    ["team:acme/platform", memberOf("acme", 1), notInTeam],
    ["team:acme/platform#55", memberOf("acme", 1), notInTeam],
  ])("%s for a member of %j", (text, membership, match) => {
    expect(matchOf(text, membership)).toEqual(match);
  });

  test("does not mean the team of that slug in another organisation", () => {
    const policy = policyOf({ allow: ["team:acme/platform", "org:umbrella"] });
    const organisations = membershipsFor(policy, {
      acme: memberOf("acme", 1),
      umbrella: memberOf("umbrella", 2, { platform: 55 }),
    });
    const [entry] = policy.allow;
    expect(entry && matchEntry(entry, policy, factsOf({ organisations }), "allow")).toEqual(notInTeam);
  });
});

describe("the membership to an organisation", () => {
  const policy = policyOf({ allow: ["org:acme#1234", "org:umbrella"] });
  const membership = (login: string, organisations: Readonly<Record<string, Membership>>, of: ClusterPolicy = policy) =>
    membershipIn(login, of, factsOf({ organisations }));
  const hidden = invisibleFor("organisation_forbidden");

  test("is found under the pin that the policy gives it anywhere", () => {
    expect(membership("acme", { "acme#1234": member })).toEqual(member);
    expect(membership("umbrella", { umbrella: member })).toEqual(member);
  });

  test("is unknown under another key, or where it was not asked about", () => {
    expect(membership("acme", { acme: member })).toEqual(hidden);
    expect(membership("acme", { "acme#1235": member })).toEqual(hidden);
    expect(membership("umbrella", { "umbrella#1": member })).toEqual(hidden);
    expect(membership("umbrella", {})).toEqual(hidden);
  });

  test("is unknown for an organisation that the policy does not name", () => {
    expect(membership("initech", { initech: member, "": member })).toEqual(hidden);
  });

  test("is unknown for an organisation called like what every object has", () => {
    expect(membership("constructor", {}, policyOf({ allow: ["org:constructor"] }))).toEqual(hidden);
  });
});

describe("a team that was asked about by itself", () => {
  const named = (isIn: boolean | null, changes: Partial<Membership & { kind: "active" }> = {}): Membership => ({
    ...member,
    teamsHidden: "shared_quota_spent",
    namedTeams: { "#99": isIn, "/dev": isIn },
    ...changes,
  });
  const open = { kind: "hidden", organisation: "acme", reason: "shared_quota_spent", ssoUrl: null };
  const pinned = { groups_from: ["acme#1234"] };

  test.each(["team:acme/dev", "team:acme/dev#99"])("%s: a proven no counts in both lists", (text) => {
    for (const list of ["allow", "deny"] as const) {
      expect(matchOf(text, named(false), pinned, list)).toEqual(notInTeam);
      expect(matchOf(text, named(null), pinned, list)).toEqual(open);
      expect(matchOf(text, named(null, { namedTeams: { "#55": false } }), pinned, list)).toEqual(open);
    }
  });

  test("is reassigned where another team has its slug", () => {
    expect(matchOf("team:acme/platform#99", named(false), pinned)).toEqual(takenOver);
  });
});

describe("a pinned team of deny whose organisation is not pinned", () => {
  const open = { kind: "hidden", organisation: "acme", reason: "organisation_not_found", ssoUrl: null };
  const proven = (isIn: boolean | null): Membership => ({ ...member, namedTeams: { "#99": isIn } });
  const denied = "team:acme/contractors#99";

  test("spares only those of whom GitHub proves it: the team may be in an organisation that has another name now", () => {
    expect(matchOf(denied, proven(false), {}, "deny")).toEqual(notInTeam);
    expect(matchOf(denied, proven(null), {}, "deny")).toEqual(open);
    expect(matchOf(denied, member, {}, "deny")).toEqual(open);
    expect(matchOf(denied, member, { groups_from: ["acme#1234"] }, "deny")).toEqual(notInTeam);
    expect(matchOf("team:acme/contractors", member, {}, "deny")).toEqual(notInTeam);
  });

  test("goes by the pin of its own organisation, whether others of the policy are pinned or not", () => {
    expect(matchOf(denied, member, { groups_from: ["umbrella#7"] }, "deny")).toEqual(open);
    expect(matchOf(denied, member, { groups_from: ["acme#1234", "umbrella"] }, "deny")).toEqual(notInTeam);
  });

  test("keeps its members out", () => {
    expect(matchOf("team:acme/contractors#55", member, {}, "deny")).toEqual(matched);
  });

  test("is no more than a no in allow", () => {
    expect(matchOf(denied, proven(null))).toEqual(notInTeam);
  });
});

test("an entry for workflows matches no person, in neither list", () => {
  const workflow = "workflow:octocat/shop/.github/workflows/deploy.yml@refs/heads/main#583231/1";
  const environment = "environment:octocat/shop/production#583231/1";
  const policy = policyOf({
    allow: ["user:octocat#583231", workflow, environment],
    deny: ["repository:octocat/web#583231/2", "environment:octocat/shop/staging"],
  });
  const matches = [...policy.allow, ...policy.deny].map((entry) =>
    entry.kind === "token" ? null : matchEntry(entry, policy, factsOf(), "deny").kind,
  );
  expect(matches).toEqual(["matched", "not_matched", "not_matched", "not_matched", "not_matched"]);
});
