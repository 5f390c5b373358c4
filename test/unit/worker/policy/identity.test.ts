import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readClusterPolicy, type UsernameForm, usernameForms } from "../../../../src/worker/config/cluster-policy.ts";
import type { Facts } from "../../../../src/worker/facts.ts";
import { identify, isSafeName, type PresentedCredential } from "../../../../src/worker/policy/identity.ts";
import { clusterTable, factsOf, policyOf } from "../support.ts";

const credential: PresentedCredential = { tokenKind: "classic", credentialId: "GITHUBSHA256=abc" };

describe("an identity", () => {
  test("is the username, the account's number as text, no groups, and where it comes from", () => {
    expect(identify(policyOf(), credential, factsOf({ account: { login: "OctoCat" } }))).toEqual({
      username: "github:OctoCat:583231",
      uid: "583231",
      groups: [],
      extra: {
        "authentication.kubernetes.io/credential-id": ["GITHUBSHA256=abc"],
        "octogate.dev/credential-kind": ["classic"],
        "octogate.dev/login": ["OctoCat"],
      },
    });
  });

  test.each<[UsernameForm, string, string]>([
    ["login", "github:", "github:octocat"],
    ["id", "github:", "github:583231"],
    ["login:id", "github:", "github:octocat:583231"],
    ["login", "", "octocat"],
    ["id", "", "583231"],
    ["login:id", "", "octocat:583231"],
  ])("of the form %s with the prefix %j is %s", (username, prefix, expected) => {
    expect(identify(policyOf({ username, prefix }), credential, factsOf())?.username).toBe(expected);
  });

  test.each([
    ["login:id", "", "system"],
    ["login:id", "", "System"],
    ["login:id", "sys", "tem"],
    ["login:id", "sYs", "TEM"],
    ["login:id", "system", ""],
  ] as const)(
    "of the form %s with the prefix %j and the login %j would be one of Kubernetes' own",
    (username, prefix, login) => {
      expect(identify(policyOf({ username, prefix }), credential, factsOf({ account: { login } }))).toBeNull();
    },
  );

  test("is none if the login could not leave, in whichever form the username is", () => {
    for (const username of usernameForms) {
      for (const login of ["octo\ncat", "octo cat", "", "\u0000", "system:masters"]) {
        expect(identify(policyOf({ username, prefix: "" }), credential, factsOf({ account: { login } }))).toBeNull();
      }
    }
  });

  test("is none if its name would be too long", () => {
    const login = "a".repeat(249);
    expect(
      identify(policyOf({ username: "login" }), credential, factsOf({ account: { login } }))?.username,
    ).toHaveLength(256);
    expect(
      identify(policyOf({ username: "login" }), credential, factsOf({ account: { login: `${login}a` } })),
    ).toBeNull();
  });
});

describe("a name", () => {
  test.each(["a", "github:octocat", "systems:a", "system", "my-system:a", "a".repeat(256)])("%s may leave", (name) => {
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
    "a".repeat(257),
  ])("%j may not", (name) => {
    expect(isSafeName(name)).toBe(false);
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
        const user = identify(policy.value, credential, known);
        if (user === null) return;
        identities += 1;
        const extra = Object.values(user.extra).flat();
        for (const name of [user.username, user.uid, ...user.groups, ...extra]) {
          expect(name).toMatch(/^[!-~]+$/);
          expect(name.length).toBeLessThanOrEqual(256);
          expect(name).not.toMatch(/^system:/i);
        }
      }),
      { numRuns: 3000 },
    );
    expect(identities).toBeGreaterThan(100);
  });
});
