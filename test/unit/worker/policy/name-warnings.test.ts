import { describe, expect, test } from "vitest";
import type { Membership, MissingReason } from "../../../../src/worker/github/facts.ts";
import { findNameWarnings } from "../../../../src/worker/policy/name-warnings.ts";
import { factsOf, invisibleFor, invitedTo, memberOf, membershipsFor, noMember, policyOf, takenBy } from "../support.ts";

function warningsWith(
  changes: Record<string, unknown>,
  memberships: Readonly<Record<string, Membership>> = {},
): string[] {
  const policy = policyOf(changes);
  return findNameWarnings(policy, factsOf({ organisations: membershipsFor(policy, memberships) }));
}

const acme = memberOf("Acme", 1234, { platform: 55, sre: 56 });

describe("a name that is not pinned is warned about, with the number to paste,", () => {
  test.each<[string, Record<string, unknown>, string]>([
    [
      "an account's",
      { allow: ["user:OctoCat"] },
      "user:octocat is not pinned, so the name alone counts: write user:octocat#583231",
    ],
    [
      "a denied account's",
      { allow: ["anyone"], deny: ["user:octocat"] },
      "user:octocat is not pinned, so the name alone counts: write user:octocat#583231",
    ],
    ["an organisation's", { allow: ["org:acme"] }, "acme is not pinned, so the name alone counts: write acme#1234"],
    [
      "an organisation's in deny",
      { allow: ["anyone"], deny: ["org:acme"] },
      "acme is not pinned, so the name alone counts: write acme#1234",
    ],
    [
      "an organisation's in groups_from",
      { allow: ["user:octocat#583231"], groups_from: ["acme"] },
      "acme is not pinned, so the name alone counts: write acme#1234",
    ],
    [
      "a team's",
      { allow: ["team:acme/platform", "org:acme#1234"] },
      "team:acme/platform is not pinned, so the name alone counts: write team:acme/platform#55",
    ],
    [
      "a team's in deny",
      { allow: ["anyone"], deny: ["team:acme/SRE", "org:acme#1234"] },
      "team:acme/sre is not pinned, so the name alone counts: write team:acme/sre#56",
    ],
  ])("%s", (_, changes, warning) => {
    expect(warningsWith(changes, { acme })).toEqual([warning]);
  });
});

describe("a name that changed hands is warned about:", () => {
  test.each<[string, Record<string, unknown>, Membership, string]>([
    [
      "an account's",
      { allow: ["user:octocat#2"] },
      noMember,
      "user:octocat#2 has lost its name, which belongs to #583231 now",
    ],
    ["an organisation's", { allow: ["org:acme#1"] }, takenBy(99), "acme#1 has lost its name, which belongs to #99 now"],
    [
      "a team's",
      { allow: ["team:acme/platform#7", "org:acme#1234"] },
      acme,
      "team:acme/platform#7 has lost its name, which belongs to #55 now",
    ],
    [
      "an organisation that has another name",
      { allow: ["org:old-acme#1234"] },
      acme,
      "old-acme#1234 is called Acme now: write Acme#1234",
    ],
    [
      "a team that has another name",
      { allow: ["team:acme/devops#56", "org:acme#1234"] },
      acme,
      "team:acme/devops#56 is called sre now",
    ],
    [
      "a team that swapped its name with another",
      { allow: ["team:acme/sre#55", "org:acme#1234"] },
      acme,
      "team:acme/sre#55 is called platform now",
    ],
  ])("%s", (_, changes, membership, warning) => {
    expect(warningsWith(changes, { acme: membership, "old-acme": membership })).toEqual([warning]);
  });
});

describe("an organisation that is found nowhere, and that deny names,", () => {
  const nowhere: Membership = { ...noMember, isProven: false };
  test.each<[string, Record<string, unknown>, Membership]>([
    ["where GitHub says that the user is no member", { deny: ["org:evil#6"] }, noMember],
    ["where deny does not name it", { allow: ["org:evil#6"], deny: ["org:other#5", "team:other/crew"] }, nowhere],
    ["where a denied user has its name", { allow: ["org:evil#6"], deny: ["user:evil"] }, nowhere],
  ])("is not warned about %s", (_, changes, evil) => {
    expect(warningsWith({ allow: ["anyone"], ...changes }, { evil, other: noMember })).toEqual([]);
  });
});

describe("nothing is warned about", () => {
  test.each<[string, Record<string, unknown>, Membership]>([
    [
      "where names and numbers agree",
      { allow: ["org:ACME#1234", "team:acme/Platform#55", "user:octocat#583231"], groups_from: ["acme"] },
      acme,
    ],
    [
      "where slugs differ in case alone",
      { allow: ["org:acme#1234", "team:acme/platform#55"] },
      memberOf("acme", 1234, { Platform: 55 }),
    ],
    ["of other users", { allow: ["user:hubot", "user:hubot#1"], deny: ["user:mallory"] }, noMember],
    ["where the account was renamed and its name is free", { allow: ["user:renamed#583231"] }, noMember],
    ["where the user is not a member", { allow: ["org:acme", "team:acme/platform"] }, noMember],
    ["where the user is invited", { allow: ["org:acme", "team:acme/platform"] }, invitedTo("acme", 1234)],
    [
      "where the organisation cannot be seen",
      { allow: ["org:acme", "team:acme/platform#9"] },
      invisibleFor("sso_required"),
    ],
    ["of teams that the user is not in", { allow: ["org:acme#1234", "team:acme/dev", "team:acme/dev#77"] }, acme],
    [
      "of an organisation and a team that have the user's name",
      { allow: ["org:octocat#9", "team:octocat/octocat#9", "user:hubot"] },
      noMember,
    ],
    ["of tokens and of 'anyone'", { allow: ["anyone"], deny: [`token:GITHUBSHA256=${"a".repeat(43)}`] }, noMember],
  ])("%s", (_, changes, membership) => {
    expect(warningsWith(changes, { acme: membership })).toEqual([]);
  });
});

test("a team that gives groups is uncertain without its number, too", () => {
  expect(warningsWith({ allow: ["org:acme#1234"], groups_from: ["team:acme/platform"] }, { acme })).toEqual([
    "team:acme/platform is not pinned, so the name alone counts: write team:acme/platform#55",
  ]);
});

test("everything that is uncertain is said at once", () => {
  expect(
    warningsWith({ allow: ["team:acme/platform", "user:octocat"], deny: ["org:evil#6"] }, { acme, evil: takenBy(7) }),
  ).toEqual([
    "user:octocat is not pinned, so the name alone counts: write user:octocat#583231",
    "acme is not pinned, so the name alone counts: write acme#1234",
    "evil#6 has lost its name, which belongs to #7 now",
    "team:acme/platform is not pinned, so the name alone counts: write team:acme/platform#55",
  ]);
});

describe("an organisation of deny that does not show itself is warned about, with what ends it,", () => {
  const hiddenFor = (reason: MissingReason): Membership => ({ kind: "hidden", reason, ssoUrl: null });
  const notFound: Membership = { kind: "none", nameTakenBy: null, isProven: false };
  const renamed = "write its present name and number, or, if it is gone, remove the entry";
  const silent = "if this lasts, remove the entry";
  const warning = (entry: string, reason: string, remedy: string) =>
    `${entry} (${reason}): deny keeps out every user who is not proven to be outside: ${remedy}`;

  test.each<[string, string, Membership, string]>([
    ["that is found nowhere", "org:evil#6", notFound, warning("org:evil", "organisation_not_found", renamed)],
    [
      "whose name another one has",
      "org:evil#6",
      { ...notFound, nameTakenBy: 7 },
      warning("org:evil", "organisation_not_found", renamed),
    ],
    [
      "whose team may be elsewhere",
      "team:evil/ops#7",
      memberOf("evil", 6, { other: 8 }),
      warning("team:evil/ops", "organisation_not_found", renamed),
    ],
    [
      "whose owner suspended the app",
      "org:evil#6",
      hiddenFor("github_app_unavailable"),
      warning("org:evil", "github_app_unavailable", silent),
    ],
    [
      "whose quota is spent",
      "team:evil/ops",
      hiddenFor("shared_quota_spent"),
      warning("team:evil/ops", "shared_quota_spent", silent),
    ],
  ])("one %s", (_, entry, membership, text) => {
    expect(warningsWith({ allow: ["anyone"], deny: [entry] }, { evil: membership })).toContain(text);
  });

  test.each<[string, Membership]>([
    ["is known not to have the user", noMember],
    ["GitHub fails at for a moment", hiddenFor("github_server_error")],
    ["the user's token may not see", invisibleFor("sso_required")],
  ])("and none that %s", (_, membership) => {
    expect(warningsWith({ allow: ["anyone"], deny: ["org:evil#6"] }, { evil: membership })).toEqual([]);
  });

  test("and none of allow", () => {
    expect(warningsWith({ allow: ["org:evil#6"] }, { evil: notFound })).toEqual([]);
  });
});
