import * as v from "valibot";
import { describe, expect, test } from "vitest";
import {
  allowEntrySchema,
  denyEntrySchema,
  groupSourceSchema,
  organisationsNamedIn,
  pinConflictsIn,
} from "../../../../src/worker/config/entries.ts";
import {
  keyOfOrganisation,
  keyOfTeam,
  pinnedTeams,
  teamsToProve,
} from "../../../../src/worker/config/organisations.ts";

const teamNamed = (slug: string, id: number | null, isDenied = false) => ({ slug, id, isDenied });
const entries = (...texts: string[]) => texts.map((text) => v.parse(allowEntrySchema, text));

describe("the organisations of a policy", () => {
  test.each<[string[], unknown[]]>([
    [[], []],
    [["anyone", "user:octocat#1"], []],
    [["org:acme"], [{ login: "acme", id: null, teams: [], needsTeams: false }]],
    [["team:acme/platform"], [{ login: "acme", id: null, teams: [teamNamed("platform", null)], needsTeams: true }]],
    [["team:acme/platform#55"], [{ login: "acme", id: null, teams: [teamNamed("platform", 55)], needsTeams: true }]],
  ])("of %j are %j", (texts, organisations) => {
    expect(organisationsNamedIn(entries(...texts))).toEqual(organisations);
  });

  test("stand there once each, in the order of their first mention, with all that is known of them", () => {
    const named = entries(
      "team:acme/platform#55",
      "org:umbrella#9",
      "team:Acme/sre",
      "org:ACME#1234",
      "team:acme/dev#56",
      "org:acme",
    );
    expect(organisationsNamedIn(named)).toEqual([
      {
        login: "acme",
        id: 1234,
        teams: [teamNamed("platform", 55), teamNamed("sre", null), teamNamed("dev", 56)],
        needsTeams: true,
      },
      { login: "umbrella", id: 9, teams: [], needsTeams: false },
    ]);
  });

  test("stay pinned by the first of their numbers", () => {
    expect(organisationsNamedIn(entries("org:acme#1", "org:acme#2", "org:acme"))).toEqual([
      { login: "acme", id: 1, teams: [], needsTeams: false },
    ]);
  });

  test("can be named in deny and in groups_from, and a denied token names none", () => {
    const denied = v.parse(denyEntrySchema, `token:GITHUBSHA256=${"a".repeat(43)}`);
    const source = v.parse(groupSourceSchema, "Acme#1234");
    expect(organisationsNamedIn([denied, source])).toEqual([{ login: "acme", id: 1234, teams: [], needsTeams: false }]);
  });
});

test("facts about a pinned organisation have another key than facts about its name", () => {
  expect(keyOfOrganisation({ login: "acme", id: null, teams: [teamNamed("platform", 1)], needsTeams: true })).toBe(
    "acme",
  );
  expect(keyOfOrganisation({ login: "acme", id: 1234, teams: [], needsTeams: true })).toBe("acme#1234");
  expect(keyOfOrganisation({ login: "acme", id: 1235, teams: [], needsTeams: true })).toBe("acme#1235");
});

describe("a pin that conflicts with another", () => {
  test.each([
    ["org:acme"],
    ["org:acme#1"],
    ["org:acme#1", "org:acme#1", "org:acme"],
    ["org:acme#1", "org:umbrella#2"],
    ["team:acme/a#1", "team:acme/a#2", "user:acme#3", "org:acme#4"],
  ])("is not in %s %s %s %s", (...texts) => {
    expect(pinConflictsIn("X", entries(...texts.filter((text) => text !== undefined)))).toEqual([]);
  });

  test("is named with both numbers, for each organisation", () => {
    const named = entries("org:acme#1", "org:umbrella#7", "org:acme#2", "org:umbrella#8", "org:acme");
    expect(pinConflictsIn("CLUSTER_X", named)).toEqual([
      { setting: "CLUSTER_X", message: "names the organisation acme with two numbers, #1 and #2" },
      { setting: "CLUSTER_X", message: "names the organisation umbrella with two numbers, #7 and #8" },
    ]);
  });
});

test("an answer about a team has its number as its key, or else its slug, which no number and no property has", () => {
  expect([teamNamed("platform", 55), teamNamed("55", null), teamNamed("constructor", null)].map(keyOfTeam)).toEqual([
    "#55",
    "/55",
    "/constructor",
  ]);
});

test("a team has to be proven where deny pins it, and its organisation is pinned nowhere", () => {
  const [allowed, denied] = [entries("team:acme/platform#55"), entries("team:acme/contractors#77", "team:acme/ops")];
  const [unpinned] = organisationsNamedIn([...allowed, ...denied], denied);
  const [pinned] = organisationsNamedIn([...allowed, ...denied, ...entries("org:acme#1234")], denied);
  if (unpinned === undefined || pinned === undefined) throw new Error("acme is named");
  expect(teamsToProve(unpinned)).toEqual([teamNamed("contractors", 77, true)]);
  expect(teamsToProve(pinned)).toEqual([]);
  expect(pinnedTeams(pinned)).toEqual([55, 77]);
});
