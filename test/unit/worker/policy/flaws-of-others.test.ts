// Flaws of other authenticators that the policy alone prevents.
import { describe, expect, test } from "vitest";
import { type TokenKind, tokenKinds } from "../../../../src/worker/config/cluster.ts";
import type { Membership } from "../../../../src/worker/github/facts.ts";
import { evaluate } from "../../../../src/worker/policy/evaluate.ts";
import type { Verdict } from "../../../../src/worker/verdict.ts";
import { factsOf, invitedTo, memberOf, noMember, policyOf, takenBy } from "../support.ts";
import { type Situation, verdictOf as verdictOfSituation } from "./support.ts";

function verdictOf(
  policy: Record<string, unknown>,
  memberships: Readonly<Record<string, Membership>> = {},
  facts: NonNullable<Situation["facts"]> = {},
  tokenKind: TokenKind = "classic",
): Verdict {
  return verdictOfSituation({ policy, memberships, facts, tokenKind });
}

const groupsIn = (verdict: Verdict) => (verdict.kind === "authenticated" ? verdict.user.groups : verdict.reason);

describe("a team named system:masters does not rule the cluster:", () => {
  // GitHub makes the slug "system-masters" of that name, and the slug is what counts.
  test.each(["github:", ""])(
    "its slug becomes a group behind its organisation's name, with the prefix %j",
    (prefix) => {
      const verdict = verdictOf(
        { allow: ["org:acme"], prefix },
        { acme: memberOf("acme", 1, { "system-masters": 2 }) },
      );
      expect(groupsIn(verdict)).toEqual([`${prefix}acme`, `${prefix}acme/system-masters`]);
    },
  );

  test.each(["slug", "id", "slug:id"])("even if it came as a slug, in the form %s and without a prefix", (group) => {
    const acme = memberOf("system", 1, { "system:masters": 2, masters: 3 });
    const verdict = verdictOf({ allow: ["org:acme#1"], prefix: "", group }, { acme });
    expect(
      verdict.kind === "authenticated" ? verdict.user.groups.filter((name) => /^system:/i.test(name)) : [],
    ).toEqual([]);
  });

  test("nor does an organisation or a prefix that makes it so", () => {
    const acme = memberOf("System", 1, { masters: 2 });
    expect(verdictOf({ allow: ["org:acme#1"], prefix: "", group: "slug:id" }, { acme })).toMatchObject({
      reason: "identity_unsafe",
    });
    expect(() => policyOf({ prefix: "system:" })).toThrow("must not begin with");
  });
});

describe("a pending invitee is no member:", () => {
  const acme = invitedTo("acme", 1234);

  test.each(["org:acme", "org:acme#1234", "team:acme/platform", "team:acme/platform#55"])(
    "%s does not admit them",
    (entry) => {
      expect(verdictOf({ allow: [entry] }, { acme })).toMatchObject({ kind: "denied", reason: "invitation_pending" });
    },
  );

  test("they get no group of the organisation where something else admits them", () => {
    expect(groupsIn(verdictOf({ allow: ["user:octocat"], groups_from: ["acme"] }, { acme }))).toEqual([]);
  });
});

describe("a team of another organisation is no group:", () => {
  const evil = memberOf("evil", 666, { platform: 55, sre: 56 });

  test("not if the policy does not name the organisation, even if GitHub lists it", () => {
    const verdict = verdictOf(
      { allow: ["org:acme"] },
      {},
      { organisations: { acme: memberOf("acme", 1, { dev: 2 }), evil } },
    );
    expect(groupsIn(verdict)).toEqual(["github:acme", "github:acme/dev"]);
  });

  test("not if the organisation is allowed but no source of groups", () => {
    expect(groupsIn(verdictOf({ allow: ["org:evil"], groups_from: ["acme"] }, { evil }))).toEqual([]);
  });

  test("and its slug is not the slug of a team of the organisation that the policy names", () => {
    const allow = ["team:acme/platform", "org:initech"];
    expect(verdictOf({ allow, groups_from: ["evil"] }, { acme: noMember, evil })).toMatchObject({
      reason: "not_allowed",
    });
    expect(verdictOf({ allow, groups_from: ["evil"] }, { acme: memberOf("acme", 1), evil })).toMatchObject({
      reason: "not_in_team",
    });
  });
});

describe("an organisation written in another case is the same organisation:", () => {
  const acme = memberOf("ACME-Corp", 1234, { platform: 55 });

  test.each(["org:acme-corp", "org:Acme-CORP", "team:aCME-corp/Platform"])("%s admits its members", (entry) => {
    expect(verdictOf({ allow: [entry] }, { "acme-corp": acme })).toMatchObject({ kind: "authenticated" });
  });

  test("its group is written in GitHub's way, so that RBAC needs one spelling only", () => {
    for (const name of ["acme-corp", "ACME-CORP", "Acme-Corp#1234"]) {
      const verdict = verdictOf({ groups_from: [name] }, { "acme-corp": acme });
      expect(groupsIn(verdict)).toEqual(["github:ACME-Corp", "github:ACME-Corp/platform"]);
    }
  });

  test("and deny is not got around by it", () => {
    expect(verdictOf({ allow: ["anyone"], deny: ["org:Acme-Corp"] }, { "acme-corp": acme })).toMatchObject({
      reason: "membership_denied",
    });
    expect(verdictOf({ allow: ["anyone"], deny: ["team:ACME-corp/PLATFORM"] }, { "acme-corp": acme })).toMatchObject({
      reason: "membership_denied",
    });
  });
});

describe("a name that has another owner now is not the person, organisation or team that had it:", () => {
  test("a login", () => {
    const heir = { account: { id: 999, login: "octocat" } };
    expect(verdictOf({ allow: ["user:octocat#583231"] }, {}, heir)).toEqual({
      kind: "unauthenticated",
      reason: "name_reassigned",
    });
    const renamed = verdictOf({ allow: ["user:octocat#583231"] }, {}, { account: { login: "renamed" } });
    expect(renamed).toMatchObject({ user: { uid: "583231" } });
    // Both have been "octocat" at some time, and are told apart in the cluster.
    const heirs = verdictOf({ allow: ["anyone"] }, {}, heir);
    expect(heirs).toMatchObject({ user: { username: "github:octocat:999" } });
  });

  test("a login in deny", () => {
    const policy = { allow: ["anyone"], deny: ["user:mallory#583231"] };
    expect(verdictOf(policy, {}, { account: { login: "fresh-start" } })).toMatchObject({ reason: "user_denied" });
    expect(verdictOf(policy, {}, { account: { login: "mallory", id: 999 } })).toMatchObject({ reason: "admitted" });
  });

  test("an organisation's name", () => {
    const acme = takenBy(999);
    for (const entry of ["org:acme#1234", "team:acme/platform"]) {
      const verdict = verdictOf({ allow: [entry], groups_from: ["acme#1234"] }, { acme });
      expect(verdict).toEqual({ kind: "unauthenticated", reason: "name_reassigned" });
    }
    expect(groupsIn(verdictOf({ allow: ["user:octocat"], groups_from: ["acme#1234"] }, { acme }))).toEqual([]);
    expect(verdictOf({ allow: ["org:acme#1234"] }, { acme: memberOf("renamed", 1234) })).toMatchObject({
      kind: "authenticated",
    });
  });

  test("an organisation's name, for the entries that do not repeat the number", () => {
    const policy = policyOf({ allow: ["team:acme/platform"], groups_from: ["acme#1234"] });
    const organisations = { acme: memberOf("acme", 999, { platform: 5 }) };
    const verdict = evaluate(policy, { tokenKind: "classic", credentialId: "x" }, factsOf({ organisations }));
    expect(verdict.kind).not.toBe("authenticated");
  });

  test("a team's slug", () => {
    const heir = memberOf("acme", 1234, { platform: 999 });
    expect(verdictOf({ allow: ["team:acme/platform#55"] }, { acme: heir })).toEqual({
      kind: "unauthenticated",
      reason: "name_reassigned",
    });
    const renamed = memberOf("acme", 1234, { "platform-old": 55 });
    expect(verdictOf({ allow: ["team:acme/platform#55"] }, { acme: renamed })).toMatchObject({ kind: "authenticated" });
    expect(groupsIn(verdictOf({ allow: ["org:acme"], group: "id" }, { acme: heir }))).toEqual([
      "github:1234",
      "github:1234/999",
    ]);
  });
});

describe("the token of a foreign app lets no one in, even if its owner is allowed:", () => {
  const policy = { allow: ["anyone", "user:octocat#583231", "org:acme"], oauth_clients: ["Iv1.a0facee5139c0213"] };
  const acme = memberOf("acme", 1234);

  test.each(tokenKinds)("not in the shape of a token of kind %s", (kind) => {
    expect(verdictOf(policy, { acme }, { oauthClientId: "Iv1.b0facee5139c0213" }, kind)).toMatchObject({
      kind: "denied",
      reason: "client_not_listed",
    });
    expect(
      verdictOf({ ...policy, oauth_clients: [] }, { acme }, { oauthClientId: "Iv1.a0facee5139c0213" }, kind),
    ).toMatchObject({ reason: "client_not_listed" });
  });

  test("a legacy hex token is not taken for a personal one: GitHub says whose app it belongs to", () => {
    expect(verdictOf(policy, { acme }, { oauthClientId: "178c6fc778ccc68e1d6a" }, "legacy")).toMatchObject({
      kind: "denied",
      reason: "client_not_listed",
    });
    expect(verdictOf(policy, { acme }, { oauthClientId: null }, "legacy")).toMatchObject({ reason: "admitted" });
  });

  test.each(["oauth", "app"] as const)("nor if GitHub does not say whose token of kind %s it is", (kind) => {
    expect(verdictOf(policy, { acme }, { oauthClientId: null }, kind)).toMatchObject({
      kind: "denied",
      reason: "client_unknown",
    });
  });
});

describe("a [bot] account does not sign in,", () => {
  test.each(["Bot", "Organization", "Mannequin"])(
    "nor does another account of type %s, with any entry of allow",
    (type) => {
      const bot = { account: { login: "renovate[bot]", id: 29139614, type } };
      for (const allow of [["anyone"], ["org:acme"], ["user:renovate#29139614"]]) {
        expect(verdictOf({ allow }, { acme: memberOf("acme", 1234) }, bot)).toEqual({
          kind: "unauthenticated",
          reason: "not_a_person",
        });
      }
    },
  );

  test("and cannot be written into a policy by its name", () => {
    expect(() => policyOf({ allow: ["user:renovate[bot]"] })).toThrow("allow[0]");
  });
});
