// What organisations and teams make of a verdict: which reason it has, what is said, and which of several comes first.
import { describe, expect, test } from "vitest";
import type { HiddenReason, Membership } from "../../../../src/worker/github/facts.ts";
import { evaluate } from "../../../../src/worker/policy/evaluate.ts";
import { factsOf, invisibleFor, invitedTo, memberOf, noMember, policyOf, takenBy } from "../support.ts";
import { admitted, no, type Situation, verdictOf } from "./support.ts";

const acme = memberOf("Acme", 1234, { platform: 55 });
const ssoUrl = "https://github.com/orgs/acme/sso?authorization_request=AB";

describe("an entry of allow admits", () => {
  test.each([
    "org:acme",
    "org:acme#1234",
    "org:ACME",
    "team:acme/platform",
    "team:acme/platform#55",
    "team:acme/old#55",
  ])("by %s", (entry) => {
    expect(verdictOf({ policy: { allow: ["user:hubot", entry] }, memberships: { acme } })).toMatchObject(admitted);
  });

  test("a person whom any one of them admits, with any others", () => {
    const allow = ["org:pending", "org:hidden", "org:taken#1", "team:acme/dev", "user:hubot", "team:acme/platform"];
    const memberships = {
      pending: invitedTo("pending", 1),
      hidden: invisibleFor("sso_required"),
      taken: takenBy(9),
      acme,
    };
    expect(verdictOf({ policy: { allow }, memberships })).toMatchObject({
      ...admitted,
      user: { groups: ["github:Acme", "github:Acme/platform"] },
    });
  });
});

describe("a plain no says to the log why", () => {
  test.each<[string, Situation, string]>([
    ["no member", { policy: { allow: ["org:acme"] } }, "not_allowed"],
    ["no member of a team's organisation", { policy: { allow: ["team:acme/platform"] } }, "not_allowed"],
    ["a member of another team", { policy: { allow: ["team:acme/dev"] }, memberships: { acme } }, "not_in_team"],
    [
      "a member of another team, and an outsider elsewhere",
      { policy: { allow: ["user:hubot", "team:acme/dev", "org:umbrella"] }, memberships: { acme } },
      "not_in_team",
    ],
    [
      "a member of the organisation that has the name now",
      { policy: { allow: ["org:acme#1"] }, memberships: { acme: takenBy(9) } },
      "name_reassigned",
    ],
    [
      "a member of the team that has the slug now",
      { policy: { allow: ["team:acme/platform#9"] }, memberships: { acme } },
      "name_reassigned",
    ],
    [
      "a name that changed hands comes before a team",
      { policy: { allow: ["team:acme/dev", "org:umbrella#1"] }, memberships: { acme, umbrella: takenBy(9) } },
      "name_reassigned",
    ],
    [
      "a member of a denied organisation",
      { policy: { allow: ["anyone"], deny: ["org:acme"] }, memberships: { acme } },
      "membership_denied",
    ],
    [
      "a member of a denied organisation, pinned",
      { policy: { allow: ["anyone"], deny: ["org:old#1234"] }, memberships: { old: acme } },
      "membership_denied",
    ],
    [
      "a member of a denied team",
      { policy: { allow: ["org:acme"], deny: ["team:acme/platform"] }, memberships: { acme } },
      "membership_denied",
    ],
    [
      "a member of a denied team, pinned",
      { policy: { allow: ["org:acme"], deny: ["team:acme/old#55"] }, memberships: { acme } },
      "membership_denied",
    ],
    [
      "a denied account whose organisation is denied, too",
      { policy: { allow: ["anyone"], deny: ["user:octocat", "org:acme"] }, memberships: { acme } },
      "user_denied",
    ],
    [
      "a denied member who is no other entry's",
      { policy: { allow: ["user:hubot"], deny: ["org:acme"] }, memberships: { acme } },
      "membership_denied",
    ],
  ])("%s", (_, person, reason) => {
    expect(verdictOf(person)).toEqual(no(reason));
  });
});

describe("deny spares", () => {
  test.each<[string, Situation]>([
    ["a person who is no member", { policy: { allow: ["anyone"], deny: ["org:acme", "team:umbrella/sre"] } }],
    [
      "a person who is only invited",
      { policy: { allow: ["anyone"], deny: ["org:acme"] }, memberships: { acme: invitedTo("acme", 1) } },
    ],
    [
      "a member of the organisation that has the denied name now",
      { policy: { allow: ["anyone"], deny: ["org:acme#1"] }, memberships: { acme: takenBy(9) } },
    ],
    [
      "other teams' members",
      {
        policy: { allow: ["org:acme"], deny: ["team:acme/dev", "team:acme/dev#56"], groups_from: ["acme#1"] },
        memberships: { acme },
      },
    ],
    [
      "members of the team that has the slug now",
      { policy: { allow: ["org:acme#1"], deny: ["team:acme/platform#9"] }, memberships: { acme } },
    ],
  ])("%s", (_, person) => {
    expect(verdictOf(person)).toMatchObject(admitted);
  });
});

const hiddenReasons: HiddenReason[] = [
  "scope_missing",
  "sso_required",
  "app_not_approved",
  "ip_allow_list",
  "other_resource_owner",
  "token_kind_forbidden",
  "organisation_forbidden",
];

describe("an organisation that cannot be seen", () => {
  test.each(hiddenReasons)("keeps out whom it alone could admit, with the reason %s", (reason) => {
    for (const allow of [["org:Acme"], ["team:acme/platform"], ["user:hubot", "org:acme#1"]]) {
      expect(verdictOf({ policy: { allow }, memberships: { acme: invisibleFor(reason) } })).toEqual({
        kind: "denied",
        reason,
        detail: "acme",
      });
    }
  });

  test("is named with the address at which the person authorises the token, where GitHub gave it", () => {
    const verdict = verdictOf({
      policy: { allow: ["org:acme"] },
      memberships: { acme: invisibleFor("sso_required", ssoUrl) },
    });
    expect(verdict).toMatchObject({ reason: "sso_required", detail: `acme, ${ssoUrl}` });
  });

  test.each(hiddenReasons)("and is denied keeps out a person who may be its member: %s", (reason) => {
    for (const deny of [
      ["org:evil"],
      ["team:evil/crew"],
      ["user:mallory", "org:evil#6"],
      ["team:acme/dev", "team:evil/crew#7"],
    ]) {
      for (const allow of [["anyone"], ["org:acme"], ["user:octocat#583231"]]) {
        expect(verdictOf({ policy: { allow, deny }, memberships: { acme, evil: invisibleFor(reason) } })).toMatchObject(
          {
            kind: "denied",
            reason,
            detail: "evil",
          },
        );
      }
    }
  });

  test("and is denied turns no plain no into a denial", () => {
    const evil = invisibleFor("sso_required");
    expect(verdictOf({ policy: { allow: ["user:hubot"], deny: ["org:evil"] }, memberships: { evil } })).toEqual(
      no("not_allowed"),
    );
    expect(
      verdictOf({ policy: { allow: ["anyone"], deny: ["org:evil", "user:octocat"] }, memberships: { evil } }),
    ).toEqual(no("user_denied"));
    expect(
      verdictOf({ policy: { allow: ["anyone"], deny: ["org:evil", "org:acme"] }, memberships: { evil, acme } }),
    ).toEqual(no("membership_denied"));
  });

  test("keeps no person out whom another entry admits", () => {
    const policy = { allow: ["org:umbrella", "org:acme"], groups_from: ["umbrella", "acme"] };
    const verdict = verdictOf({ policy, memberships: { acme, umbrella: invisibleFor("app_not_approved") } });
    expect(verdict).toMatchObject({
      ...admitted,
      user: {
        groups: ["github:Acme", "github:Acme/platform"],
        extra: { "octogate.dev/hidden-organisations": ["umbrella=app_not_approved"] },
      },
    });
  });

  test("is the one that the policy names first, where there are several", () => {
    const memberships = { b: invisibleFor("sso_required"), a: invisibleFor("scope_missing") };
    expect(verdictOf({ policy: { allow: ["org:b", "org:a"] }, memberships })).toMatchObject({ reason: "sso_required" });
    expect(verdictOf({ policy: { allow: ["org:a", "org:b"] }, memberships })).toMatchObject({
      reason: "scope_missing",
    });
  });
});

describe("an organisation that was found nowhere by its number", () => {
  const nowhere: Membership = { ...noMember, isProven: false };

  test.each(["org:evil#6", "team:evil/crew#7"])("keeps out a person whom %s in deny may name", (entry) => {
    const policy = { allow: ["org:acme"], deny: [entry] };
    expect(verdictOf({ policy, memberships: { acme, evil: nowhere } })).toEqual({
      kind: "denied",
      reason: "organisation_not_found",
      detail: "evil",
    });
  });

  test("is a plain no in allow", () => {
    expect(verdictOf({ policy: { allow: ["org:evil#6"] }, memberships: { evil: nowhere } })).toEqual(no("not_allowed"));
  });

  test("keeps out a person also where another organisation has its name", () => {
    const policy = { allow: ["org:acme"], deny: ["org:evil#6"] };
    const evil: Membership = { ...takenBy(9), isProven: false };
    expect(verdictOf({ policy, memberships: { acme, evil } })).toMatchObject({ reason: "organisation_not_found" });
  });
});

describe("an organisation about which GitHub failed", () => {
  const failed: Membership = { kind: "hidden", reason: "github_server_error", ssoUrl: null };
  const undetermined = { kind: "undetermined", reason: "github_server_error" };

  test.each<[string, Membership]>([
    ["an invitation", invitedTo("umbrella", 2)],
    ["what the token may not see", invisibleFor("sso_required")],
    ["a name that has another owner", takenBy(9)],
  ])("comes before %s, in any order: it could admit the person", (_, umbrella) => {
    for (const allow of [
      ["org:acme", "org:umbrella#2"],
      ["org:umbrella#2", "org:acme"],
    ]) {
      expect(verdictOf({ policy: { allow }, memberships: { acme: failed, umbrella } })).toMatchObject(undetermined);
    }
  });

  test("and is denied comes before one that is denied and hidden", () => {
    const policy = { allow: ["anyone"], deny: ["org:evil", "org:acme"] };
    const memberships = { evil: invisibleFor("sso_required"), acme: failed };
    expect(verdictOf({ policy, memberships })).toMatchObject(undetermined);
  });
});

describe("an invited person", () => {
  test("is told so, with the address of the invitation on the host that it is on", () => {
    const verdict = verdictOf({
      policy: { allow: ["team:acme/platform#55"] },
      memberships: { acme: invitedTo("Acme-Inc", 1234) },
      facts: { host: "acme.ghe.com" },
    });
    const address = "https://acme.ghe.com/orgs/Acme-Inc/invitation";
    expect(verdict).toEqual({
      kind: "denied",
      reason: "invitation_pending",
      detail: address,
    });
  });

  test("hears of that before anything else that is wrong", () => {
    const allow = ["org:hidden", "org:taken#1", "team:acme/dev", "org:acme2"];
    const memberships = { hidden: invisibleFor("sso_required"), taken: takenBy(9), acme, acme2: invitedTo("acme2", 2) };
    expect(verdictOf({ policy: { allow }, memberships })).toMatchObject({ reason: "invitation_pending" });
    expect(verdictOf({ policy: { allow: allow.slice(0, 3) }, memberships })).toMatchObject({ reason: "sso_required" });
    expect(verdictOf({ policy: { allow: allow.slice(1, 3) }, memberships })).toMatchObject({
      reason: "name_reassigned",
    });
    expect(verdictOf({ policy: { allow: allow.slice(2, 3) }, memberships })).toMatchObject({ reason: "not_in_team" });
  });

  test("to a denied organisation is denied nothing by it", () => {
    const policy = { allow: ["org:acme"], deny: ["org:evil"] };
    expect(verdictOf({ policy, memberships: { acme, evil: invitedTo("evil", 6) } })).toMatchObject(admitted);
  });
});

describe("a thousand groups", () => {
  const teamsOf = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`team-${index}`, index + 1]));

  test("may leave, and one more locks no user out: teams give none then", () => {
    const verdictWith = (count: number) =>
      verdictOf({ policy: { allow: ["org:acme"] }, memberships: { acme: memberOf("acme", 1, teamsOf(count)) } });
    expect(verdictWith(999)).toMatchObject({ kind: "authenticated", user: { groups: { length: 1000 } } });
    expect(verdictWith(1000)).toMatchObject({ kind: "authenticated", user: { groups: ["github:acme"] } });
  });

  test("lose the teams of the organisation that has the most, and no more than that", () => {
    const memberships = { acme, umbrella: memberOf("umbrella", 2, teamsOf(999)) };
    const verdict = verdictOf({ policy: { allow: ["org:acme", "org:umbrella"] }, memberships });
    expect(verdict).toMatchObject({
      kind: "authenticated",
      user: {
        groups: ["github:Acme", "github:Acme/platform", "github:umbrella"],
        extra: { "octogate.dev/hidden-organisations": ["umbrella/teams=too_many_teams"] },
      },
    });
  });
});

test("a token that deny names keeps out no other token of the same person", () => {
  const deny = [`token:GITHUBSHA256=${"a".repeat(43)}=`, "org:evil"];
  expect(verdictOf({ policy: { allow: ["org:acme"], deny }, memberships: { acme } })).toMatchObject(admitted);
});

test("an account that is no person's gets a plain no whatever it belongs to", () => {
  for (const allow of [["org:acme"], ["anyone"]]) {
    expect(verdictOf({ policy: { allow }, memberships: { acme }, facts: { account: { type: "Bot" } } })).toEqual(
      no("not_a_person"),
    );
  }
});

test("an organisation that is named like what every object has, and that was not asked about, lets no one in", () => {
  const policy = policyOf({ allow: ["org:constructor"] });
  const verdict = evaluate(policy, { tokenKind: "classic", credentialId: "x" }, factsOf());
  expect(verdict).toMatchObject({ kind: "denied", reason: "organisation_forbidden" });
});
