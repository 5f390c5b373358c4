import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readClusterPolicy, type UsernameForm, usernameForms } from "../../../../src/worker/config/cluster.ts";
import type { Facts } from "../../../../src/worker/github/facts.ts";
import { identify, isSafeName, type PresentedCredential } from "../../../../src/worker/policy/identity.ts";
import type { UserInfo, Verdict } from "../../../../src/worker/verdict.ts";
import { clusterTable, factsOf, invisibleFor, memberOf, membershipsFor, policyOf } from "../support.ts";

const credential: PresentedCredential = { tokenKind: "classic", credentialId: "GITHUBSHA256=abc" };
const unsafe = { kind: "denied", reason: "identity_unsafe" };

function userIn(verdict: Verdict): UserInfo | null {
  return verdict.kind === "authenticated" ? verdict.user : null;
}

describe("an identity", () => {
  test("is the username, the account's number as text, no groups, and where it comes from", () => {
    expect(identify(policyOf(), credential, factsOf({ account: { login: "OctoCat" } }))).toEqual({
      kind: "authenticated",
      reason: "admitted",
      user: {
        username: "github:OctoCat:583231",
        uid: "583231",
        groups: [],
        extra: {
          "authentication.kubernetes.io/credential-id": ["GITHUBSHA256=abc"],
          "octogate.dev/credential-kind": ["classic"],
          "octogate.dev/github-host": ["github.com"],
          "octogate.dev/login": ["OctoCat"],
        },
      },
    });
  });

  test("names the host that its numbers belong to", () => {
    const user = userIn(identify(policyOf(), credential, factsOf({ host: "acme.ghe.com" })));
    expect(user?.extra["octogate.dev/github-host"]).toEqual(["acme.ghe.com"]);
  });

  test("has its memberships as groups, and names what the token may not see with the reason", () => {
    const policy = policyOf({ allow: ["user:octocat", "org:acme#1234", "org:Umbrella"], deny: ["org:evil"] });
    const organisations = membershipsFor(policy, {
      acme: memberOf("Acme", 1234, { platform: 55 }),
      umbrella: invisibleFor("sso_required", "https://github.com/orgs/umbrella/sso"),
      evil: invisibleFor("other_resource_owner"),
    });
    const user = userIn(identify(policy, credential, factsOf({ organisations })));
    expect(user?.groups).toEqual(["github:Acme", "github:Acme/platform"]);
    expect(user?.extra["octogate.dev/hidden-organisations"]).toEqual([
      "umbrella=sso_required",
      "evil=other_resource_owner",
    ]);
  });

  test.each<[UsernameForm, string, string]>([
    ["login", "github:", "github:octocat"],
    ["id", "github:", "github:583231"],
    ["login:id", "github:", "github:octocat:583231"],
    ["login", "", "octocat"],
    ["id", "", "583231"],
    ["login:id", "", "octocat:583231"],
  ])("of the form %s with the prefix %j is %s", (username, prefix, expected) => {
    expect(userIn(identify(policyOf({ username, prefix }), credential, factsOf()))?.username).toBe(expected);
  });

  test.each([
    ["login:id", "", "system"],
    ["login:id", "", "System"],
    ["login:id", "sys", "tem"],
    ["login:id", "sYs", "TEM"],
    ["login:id", "system", ""],
  ] as const)(
    "of the form %s with the prefix %j and the login %j would be a name that Kubernetes reserves",
    (username, prefix, login) => {
      expect(identify(policyOf({ username, prefix }), credential, factsOf({ account: { login } }))).toMatchObject(
        unsafe,
      );
    },
  );

  test("is none if the login could not leave, in whichever form the username is", () => {
    for (const username of usernameForms) {
      for (const login of ["octo\ncat", "octo cat", "", "\u0000", "system:masters"]) {
        expect(identify(policyOf({ username, prefix: "" }), credential, factsOf({ account: { login } }))).toMatchObject(
          unsafe,
        );
      }
    }
  });

  test("is none if its name would be too long", () => {
    const login = "a".repeat(505);
    expect(
      userIn(identify(policyOf({ username: "login" }), credential, factsOf({ account: { login } })))?.username,
    ).toHaveLength(512);
    expect(
      identify(policyOf({ username: "login" }), credential, factsOf({ account: { login: `${login}a` } })),
    ).toMatchObject(unsafe);
  });
});

describe("the groups of an identity", () => {
  function identityIn(organisation: string, teams: Readonly<Record<string, number>>, changes: object = {}): Verdict {
    const policy = policyOf({ allow: ["org:acme"], ...changes });
    const organisations = membershipsFor(policy, { acme: memberOf(organisation, 1234, teams) });
    return identify(policy, credential, factsOf({ organisations }));
  }
  const teamsOf = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`team-${n}`, n + 1]));

  test("can be 500, and 1,000 with the organisation's own", () => {
    for (const count of [500, 999]) {
      const groups = userIn(identityIn("acme", teamsOf(count)))?.groups;
      expect(groups).toHaveLength(count + 1);
      expect(new Set(groups).size).toBe(count + 1);
    }
  });

  test("are none of an organisation's teams where they would be 1,001: anybody there can put a user into teams", () => {
    const user = userIn(identityIn("acme", teamsOf(1000)));
    expect(user?.groups).toEqual(["github:acme"]);
    expect(user?.extra["octogate.dev/hidden-organisations"]).toEqual(["acme/teams=too_many_teams"]);
  });

  test("lose the teams of that organisation first in which the user is in most", () => {
    const logins = ["acme", "globex", "initech"];
    const policy = policyOf({ allow: logins.map((login) => `org:${login}`) });
    const identityWith = (...counts: number[]) => {
      const known = logins.map((login, n) => [login, memberOf(login, n + 1, teamsOf(counts[n] ?? 0))] as const);
      const organisations = membershipsFor(policy, Object.fromEntries(known));
      return userIn(identify(policy, credential, factsOf({ organisations })));
    };
    const attacked = identityWith(5, 996, 2);
    expect(attacked?.groups).toHaveLength(3 + 5 + 2);
    expect(attacked?.extra["octogate.dev/hidden-organisations"]).toEqual(["globex/teams=too_many_teams"]);
    expect(identityWith(0, 995, 2)?.groups).toHaveLength(1000);
    expect(identityWith(998, 999, 2)?.extra["octogate.dev/hidden-organisations"]).toEqual([
      "acme/teams=too_many_teams",
      "globex/teams=too_many_teams",
    ]);
  });

  test("that are 1,001 without any team are a denial that counts them, never a shorter list", () => {
    const logins = Array.from({ length: 1001 }, (_, n) => `o${n}`);
    const policy = policyOf({ allow: ["org:o1"], groups_from: logins });
    const known = Object.fromEntries(logins.map((login, n) => [login, memberOf(login, n + 1, {})]));
    const organisations = membershipsFor(policy, known);
    expect(identify(policy, credential, factsOf({ organisations }))).toMatchObject({
      kind: "denied",
      reason: "too_many_groups",
      detail: "1001, at most 1000",
    });
  });

  test.each([
    ["would be Kubernetes' own", "system", {}, { prefix: "", group: "slug:id" }],
    ["would be Kubernetes' own in another case", "SYSTEM", {}, { prefix: "", group: "slug:id" }],
    ["would be Kubernetes' own by the prefix's help", "tem", {}, { prefix: "sys", group: "slug:id" }],
    ["would be empty", "", {}, { prefix: "" }],
    ["would hold a control character", "ac\nme", {}, {}],
    ["would hold a control character in a team", "acme", { "plat\u0000form": 1 }, {}],
    ["would hold a space", "acme", { "plat form": 1 }, {}],
    ["would be no ASCII", "acme", { plätform: 1 }, {}],
    ["would be too long", "acme", { ["a".repeat(501)]: 1 }, {}],
  ])("are a denial where one %s", (_, organisation, teams, changes) => {
    expect(identityIn(organisation, teams, changes)).toMatchObject(unsafe);
  });

  test("may be 512 characters long", () => {
    expect(userIn(identityIn("acme", { ["a".repeat(500)]: 1 }))?.groups[1]).toHaveLength(512);
  });
});

describe("a name", () => {
  test.each(["a", "github:octocat", "systems:a", "system", "my-system:a", "a".repeat(512)])("%s may leave", (name) => {
    expect(isSafeName(name)).toBe(true);
  });

  test.each([
    "",
    "system:",
    "system:masters",
    "SYSTEM:masters",
    "sYsTeM:x",
    "a b",
    "a\n",
    "\na",
    "a\u0000",
    "\u007f",
    "é",
    "a".repeat(513),
  ])("%j may not", (name) => {
    expect(isSafeName(name)).toBe(false);
  });
});

describe("where the cluster adds the prefix", () => {
  const identityOf = (changes: Record<string, unknown>, addsPrefix: boolean, facts: Partial<Facts> = {}) => {
    const policy = policyOf({ allow: ["org:acme#1234"], ...changes });
    const organisations = membershipsFor(policy, { acme: memberOf("Acme", 1234, { platform: 55 }) });
    return identify({ ...policy, addsPrefix }, credential, factsOf({ organisations, ...facts }));
  };

  test.each(["github:", "gh/", ""])("names leave without it, the rest as it is: %j", (prefix) => {
    const withPrefix = userIn(identityOf({ prefix }, true));
    const without = userIn(identityOf({ prefix }, false));
    expect(without).toMatchObject({ username: "octocat:583231", groups: ["Acme", "Acme/platform"] });
    expect({
      ...without,
      username: prefix + without?.username,
      groups: without?.groups.map((group) => prefix + group),
    }).toEqual(withPrefix);
  });

  test.each([true, false])("a user is admitted or refused by the name with it: %s", (addsPrefix) => {
    const account = { id: 7, login: "system", type: "User" } as const;
    expect(identityOf({}, addsPrefix, { account }).kind).toBe("authenticated");
    expect(identityOf({ prefix: "" }, addsPrefix, { account })).toMatchObject(unsafe);
  });
});

describe("for any policy that config accepts and any facts", () => {
  const prefix = fc.oneof(
    fc.constantFrom("", "github:", "system", "sys", "SYSTEM", "system:", "s", "systems:"),
    fc.string({ unit: "binary-ascii", maxLength: 70 }),
  );
  const login = fc.oneof(
    fc.constantFrom("octocat", "system", "tem", "System", "ystem", "", "system:masters"),
    fc.string({ unit: "binary", maxLength: 300 }),
  );
  const id = fc.oneof(fc.integer(), fc.double(), fc.constant(583231));
  const facts = fc.record({ login, id, type: fc.constant("User") }).map((account): Facts => factsOf({ account }));

  test("nothing that leaves is empty, too long, Kubernetes' own, or holds what a header cannot", () => {
    let identities = 0;
    fc.assert(
      fc.property(prefix, fc.constantFrom(...usernameForms), facts, (text, username, known) => {
        const policy = readClusterPolicy("CLUSTER_P", clusterTable({ prefix: text, username }));
        if (!policy.ok) return;
        const user = userIn(identify(policy.value, credential, known));
        if (user === null) return;
        identities += 1;
        const extra = Object.values(user.extra).flat();
        for (const name of [user.username, user.uid, ...user.groups, ...extra]) {
          expect(name).toMatch(/^[!-~]+$/);
          expect(name.length).toBeLessThanOrEqual(512);
          expect(name).not.toMatch(/^system:/i);
        }
      }),
      { numRuns: 3000 },
    );
    expect(identities).toBeGreaterThan(100);
  });
});
