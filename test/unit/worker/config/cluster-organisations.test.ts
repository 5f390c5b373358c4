// What a cluster's settings say together about organisations.
import { describe, expect, test } from "vitest";
import { readClusterPolicy } from "../../../../src/worker/config/cluster.ts";
import { printEntry } from "../../../../src/worker/config/entries.ts";
import { clusterTable, policyOf } from "../support.ts";

const setting = "CLUSTER_PRODUCTION";
const read = (changes: Record<string, unknown> = {}) => readClusterPolicy(setting, clusterTable(changes));

describe("an organisation that is named with two numbers is refused", () => {
  test.each([
    { allow: ["org:acme#1", "org:Acme#2"] },
    { allow: ["user:octocat", "org:acme#1", "team:acme/platform"], deny: ["org:acme#2"] },
    { allow: ["user:octocat", "org:acme#1"], groups_from: ["acme#2"] },
    { groups_from: ["acme#1", "acme#2"] },
    { allow: ["anyone"], deny: ["org:acme#1"], groups_from: ["acme#2"] },
  ])("%j", (changes) => {
    expect(read(changes)).toEqual({
      ok: false,
      problems: [{ setting, message: "names the organisation acme with two numbers, #1 and #2" }],
    });
  });
});

describe("groups come", () => {
  test.each<[Record<string, unknown>, string[]]>([
    [{ allow: ["org:Acme#1234", "team:umbrella/sre", "user:octocat"] }, ["acme", "umbrella"]],
    [{ allow: ["team:acme/platform", "org:acme", "team:acme/sre"] }, ["acme"]],
    [{ allow: ["anyone"], deny: ["org:acme"] }, []],
    [{ allow: ["org:acme"], groups_from: [] }, []],
    [{ allow: ["org:acme"], groups_from: ["Umbrella#9"] }, ["umbrella"]],
    [{ allow: ["org:acme"], groups_from: ["team:Umbrella/SRE#5", "acme"] }, ["team:umbrella/sre", "acme"]],
  ])("with %j from %j", (changes, groupsFrom) => {
    const names = policyOf(changes).groupsFrom.map((source) =>
      source.kind === "team" ? printEntry(source) : source.login,
    );
    expect(names).toEqual(groupsFrom);
  });
});

test("a team that gives groups needs its organisation's teams, by its number", () => {
  expect(policyOf({ allow: ["anyone"], groups_from: ["team:acme/platform#55"] }).organisations).toEqual([
    { login: "acme", id: null, teams: [{ slug: "platform", id: 55, isDenied: false }], needsTeams: true },
  ]);
});
