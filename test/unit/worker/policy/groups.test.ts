import { describe, expect, test } from "vitest";
import { type GroupForm, groupForms } from "../../../../src/worker/config/cluster.ts";
import { groupsOf } from "../../../../src/worker/policy/identity.ts";
import { factsOf, invisibleFor, invitedTo, memberOf, membershipsFor, noMember, policyOf, takenBy } from "../support.ts";

type Memberships = Parameters<typeof membershipsFor>[1];

function groupsWith(changes: Record<string, unknown>, memberships: Memberships): string[] {
  const policy = policyOf(changes);
  return groupsOf(policy, factsOf({ organisations: membershipsFor(policy, memberships) })).groups;
}

const acme = memberOf("Acme", 1234, { platform: 55, sre: 56 });

describe("a group", () => {
  test.each<[GroupForm, string[]]>([
    ["slug", ["github:Acme", "github:Acme/platform", "github:Acme/sre"]],
    ["id", ["github:1234", "github:1234/55", "github:1234/56"]],
    ["slug:id", ["github:Acme:1234", "github:Acme:1234/platform:55", "github:Acme:1234/sre:56"]],
  ])("of the form %s is written so", (group, groups) => {
    expect(groupsWith({ allow: ["org:acme#1234"], group }, { acme })).toEqual(groups);
  });

  test("has the prefix of usernames, or none", () => {
    expect(groupsWith({ allow: ["org:acme"], prefix: "gh/" }, { acme })[1]).toBe("gh/Acme/platform");
    expect(groupsWith({ allow: ["org:acme"], prefix: "" }, { acme })[1]).toBe("Acme/platform");
  });

  test("is written as GitHub writes the organisation now, whatever the policy calls it", () => {
    expect(groupsWith({ allow: ["org:OLD-ACME#1234"] }, { "old-acme": acme })[0]).toBe("github:Acme");
  });

  test.each<[GroupForm, string[]]>([
    ["slug", ["github:acme", "github:acme/sales"]],
    ["slug:id", ["github:acme:1", "github:acme:1/sales:2"]],
    ["id", ["github:1", "github:1/2", "github:1/3"]],
  ])("of the form %s is not made of a slug that is empty", (group, groups) => {
    const membership = memberOf("acme", 1, { sales: 2, "": 3 });
    expect(groupsWith({ allow: ["org:acme"], group }, { acme: membership })).toEqual(groups);
  });

  test("of an enterprise's team keeps its slug's beginning", () => {
    const membership = memberOf("acme", 1, { "ent:security": 7 });
    expect(groupsWith({ allow: ["org:acme"], group: "slug:id" }, { acme: membership })).toEqual([
      "github:acme:1",
      "github:acme:1/ent:security:7",
    ]);
  });
});

describe("the groups of a person", () => {
  test("come from all organisations of groups_from, in alphabetical order", () => {
    const memberships = {
      acme: memberOf("acme", 1, { b: 1, a: 2 }),
      zebra: memberOf("Zebra", 2),
      initech: memberOf("initech", 3),
    };
    expect(groupsWith({ groups_from: ["zebra", "acme", "initech"] }, memberships)).toEqual([
      "github:Zebra",
      "github:acme",
      "github:acme/a",
      "github:acme/b",
      "github:initech",
    ]);
  });

  test("come from no organisation that is named elsewhere alone", () => {
    const changes = { allow: ["org:acme", "team:umbrella/sre"], deny: ["org:evil"], groups_from: ["umbrella"] };
    const memberships = { acme, umbrella: memberOf("umbrella", 9), evil: memberOf("evil", 6) };
    expect(groupsWith(changes, memberships)).toEqual(["github:umbrella"]);
  });

  test.each<[string, string[], string[]]>([
    ["one team", ["team:acme/platform"], ["github:Acme/platform"]],
    ["one team by its number, whatever it is called", ["team:acme/renamed#56"], ["github:Acme/sre"]],
    ["two teams", ["team:acme/sre", "team:acme/platform#55"], ["github:Acme/platform", "github:Acme/sre"]],
    ["a team whose name another one has by now", ["team:acme/platform#99"], []],
    ["a team that the person is not in", ["team:acme/dev"], []],
    [
      "a team and its whole organisation",
      ["team:acme/sre", "acme"],
      ["github:Acme", "github:Acme/platform", "github:Acme/sre"],
    ],
    [
      "a team of one and the whole of another",
      ["team:acme/sre", "umbrella"],
      ["github:Acme/sre", "github:umbrella", "github:umbrella/sre"],
    ],
  ])("are those of %s alone where groups_from names no more", (_, groups_from, groups) => {
    const memberships = { acme, umbrella: memberOf("umbrella", 9, { sre: 91 }) };
    expect(groupsWith({ allow: ["org:acme", "org:umbrella"], groups_from }, memberships)).toEqual(groups);
  });

  test("are of a team's parent, too, where it is the parent that groups_from names", () => {
    // GitHub's lists have the parents in them, see github/memberships.
    const membership = memberOf("Acme", 1234, { child: 57, parent: 58 });
    expect(groupsWith({ groups_from: ["team:acme/parent#58"] }, { acme: membership })).toEqual(["github:Acme/parent"]);
  });

  test.each([
    ["is invited", invitedTo("acme", 1234)],
    ["is no member", noMember],
    ["is a member of the organisation that had the name", takenBy(99)],
    ["cannot be seen", invisibleFor("sso_required")],
  ])("are none of a team where the person %s", (_, membership) => {
    expect(groupsWith({ groups_from: ["acme#1234", "team:acme/platform#55"] }, { acme: membership })).toEqual([]);
  });

  test("are none where groups_from is empty", () => {
    expect(groupsWith({ allow: ["org:acme"], groups_from: [] }, { acme })).toEqual([]);
  });

  test.each([
    ["is invited", invitedTo("acme", 1234)],
    ["is no member", noMember],
    ["is a member of the organisation that had the name", takenBy(99)],
    ["cannot be seen", invisibleFor("sso_required")],
  ])("are none where the person %s", (_, membership) => {
    expect(groupsWith({ allow: ["org:acme#1234"] }, { acme: membership })).toEqual([]);
  });

  test("stand there once each where two names lead to one organisation", () => {
    const groups = groupsWith({ groups_from: ["acme#1234", "old-acme#1234"] }, { acme, "old-acme": acme });
    expect(groups).toEqual(["github:Acme", "github:Acme/platform", "github:Acme/sre"]);
  });

  test.each(groupForms)("of the form %s do not depend on GitHub's order", (group) => {
    const changes = { allow: ["org:acme"], group };
    const backwards = { ...acme, teams: acme.teams.toReversed() };
    expect(groupsWith(changes, { acme: backwards })).toEqual(groupsWith(changes, { acme }));
  });
});

describe("an organisation that is called like another one of the policy by now", () => {
  const changes = { allow: ["org:acme#1234", "org:partner#9"] };
  const memberships = { acme: noMember, partner: memberOf("Acme", 9, { platform: 7 }) };

  test("gives no groups by slug, which would be the other one's, and is named so", () => {
    const policy = policyOf(changes);
    expect(groupsWith(changes, memberships)).toEqual([]);
    expect(groupsOf(policy, factsOf({ organisations: membershipsFor(policy, memberships) })).hidden).toEqual([
      "partner=name_reassigned",
    ]);
  });

  test.each<[GroupForm, string[]]>([
    ["id", ["github:9", "github:9/7"]],
    ["slug:id", ["github:Acme:9", "github:Acme:9/platform:7"]],
  ])("gives groups of the form %s, which say whose they are", (group, groups) => {
    expect(groupsWith({ ...changes, group }, memberships)).toEqual(groups);
  });
});

describe("what the token may not see", () => {
  const invisibleWith = (changes: Record<string, unknown>, memberships: Memberships) => {
    const policy = policyOf(changes);
    return groupsOf(policy, factsOf({ organisations: membershipsFor(policy, memberships) })).hidden;
  };

  test("is named with its reason, wherever the policy names the organisation", () => {
    const changes = { allow: ["org:Acme#1", "team:umbrella/sre"], deny: ["org:evil"], groups_from: ["initech"] };
    const memberships = {
      acme: invisibleFor("ip_allow_list"),
      umbrella: memberOf("umbrella", 2),
      evil: invisibleFor("scope_missing"),
      initech: invisibleFor("app_not_approved"),
    };
    expect(invisibleWith(changes, memberships)).toEqual([
      "acme=ip_allow_list",
      "evil=scope_missing",
      "initech=app_not_approved",
    ]);
  });

  test("is nothing where all is seen", () => {
    const memberships = { acme, umbrella: noMember, evil: invitedTo("evil", 6), initech: takenBy(7) };
    const changes = { allow: ["org:acme", "org:umbrella", "org:evil", "org:initech#9"] };
    expect(invisibleWith(changes, memberships)).toEqual([]);
  });

  test("is also an organisation that was not asked about", () => {
    const policy = policyOf({ allow: ["org:acme", "org:constructor"] });
    expect(groupsOf(policy, factsOf()).hidden).toEqual([
      "acme=organisation_forbidden",
      "constructor=organisation_forbidden",
    ]);
  });
});
