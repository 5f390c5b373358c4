// The sentences about names that RBAC may hold, and that have changed under a known number.
import { describe, expect, test } from "vitest";
import { nameChanges } from "../../../../src/worker/cache/name-changes.ts";
import type { Account, Membership } from "../../../../src/worker/github/facts.ts";
import { entryOf, factsOf, member, mona, notAMember } from "./support.ts";

const changesTo = (acme: Membership, account: Account = mona, before: Membership = member) =>
  nameChanges(
    entryOf(factsOf({ organisations: { "acme#10": before } })),
    entryOf(factsOf({ account, organisations: { "acme#10": acme } })),
  );
const sentence = (subject: string, before: string, after: string) =>
  `${subject} was called ${before} and is called ${after} now: role bindings by the old name no longer match`;

describe("a name that has changed under its number is told:", () => {
  test.each<[string, Membership, Account, string]>([
    ["an account's", member, { ...mona, login: "lisa" }, sentence("the account #1001", "mona", "lisa")],
    ["an account's case", member, { ...mona, login: "Mona" }, sentence("the account #1001", "mona", "Mona")],
    ["an organisation's", { ...member, login: "umbrella" }, mona, sentence("the organisation #10", "acme", "umbrella")],
    [
      "a team's",
      { ...member, teams: [{ id: 55, slug: "ops" }] },
      mona,
      sentence("the team #55 of acme", "platform", "ops"),
    ],
  ])("%s", (_, acme, account, text) => {
    expect(changesTo(acme, account)).toEqual([text]);
  });
});

describe("nothing is told", () => {
  test.each<[string, Membership, Account?, Membership?]>([
    ["where nothing has changed", member],
    ["of another account with the same token", { ...member, login: "umbrella" }, { ...mona, id: 7, login: "lisa" }],
    ["of another organisation under the same entry", { ...member, id: 11, login: "umbrella" }],
    ["of a team that is new", { ...member, teams: [...member.teams, { id: 56, slug: "sre" }] }],
    ["where the user has left", notAMember],
    ["where the user has joined", member, mona, notAMember],
    ["where the user is invited", { kind: "pending", id: 10, login: "umbrella" }],
    ["where the user was invited", member, mona, { kind: "pending", id: 10, login: "umbrella" }],
  ])("%s", (_, acme, account, before) => {
    expect(changesTo(acme, account, before)).toEqual([]);
  });

  test("of an organisation that was not known before", () => {
    expect(nameChanges(entryOf(factsOf({ organisations: {} })), entryOf())).toEqual([]);
  });
});
