// What a token may be able to do at most, that it has to end, and which of several things that the person could put
// right is said first.
import { describe, expect, test } from "vitest";
import type { TokenKind } from "../../../../src/worker/config/cluster.ts";
import { invisibleFor, memberOf } from "../support.ts";
import { admitted, no, type Situation, verdictOf } from "./support.ts";

describe("scopes_at_most", () => {
  const verdictOfScopes = (
    scopes_at_most: string[] | undefined,
    scopes: string[] | null,
    tokenKind: TokenKind = "classic",
  ) =>
    verdictOf({
      policy: {
        scopes_at_most,
        oauth_clients: ["Iv1.a"],
      },
      facts: { scopes, oauthClientId: tokenKind === "oauth" || tokenKind === "app" ? "Iv1.a" : null },
      tokenKind,
    });

  test.each<[string[], string[]]>([
    [["read:org"], ["read:org"]],
    [["read:org", "gist"], []],
    [[], []],
    [["admin:org"], ["read:org", "write:org"]],
    [
      ["repo", "user"],
      ["public_repo", "user:email", "repo"],
    ],
  ])("%j accepts %j", (atMost, scopes) => {
    for (const kind of ["classic", "oauth", "legacy"] as const)
      expect(verdictOfScopes(atMost, scopes, kind)).toMatchObject(admitted);
  });

  test.each<[string[], string[], string]>([
    [["read:org"], ["read:org", "repo"], "repo"],
    [[], ["read:org"], "read:org"],
    [["read:org"], ["admin:org"], "admin:org"],
    [["public_repo"], ["repo", "read:org", "gist"], "gist, read:org, repo"],
    [["read:org"], ["toString", "constructor"], "constructor, toString"],
  ])("%j does not accept %j", (atMost, scopes, named) => {
    for (const kind of ["classic", "oauth", "legacy"] as const) {
      expect(verdictOfScopes(atMost, scopes, kind)).toEqual({
        kind: "denied",
        reason: "too_many_scopes",
        detail: named,
      });
    }
  });

  test("names at most twenty of those that are too many", () => {
    const scopes = Array.from({ length: 30 }, (_, index) => `scope_${String(index).padStart(2, "0")}`);
    const verdict = verdictOfScopes([], scopes.toReversed());
    expect(verdict).toMatchObject({ detail: scopes.slice(0, 20).join(", ") });
  });

  test.each(["classic", "oauth", "legacy"] as const)("denies a token of kind %s whose scopes are not known", (kind) => {
    expect(verdictOfScopes(["repo"], null, kind)).toMatchObject({ kind: "denied", reason: "scopes_unknown" });
    expect(verdictOfScopes(undefined, null, kind)).toMatchObject(admitted);
  });

  test.each(["fine_grained", "app"] as const)("means no token of kind %s, which has permissions instead", (kind) => {
    expect(verdictOfScopes([], null, kind)).toMatchObject(admitted);
    expect(verdictOfScopes([], [], kind)).toMatchObject(admitted);
  });

  test("that is not set accepts every scope", () => {
    expect(verdictOfScopes(undefined, ["repo", "delete_repo"])).toMatchObject(admitted);
  });
});

describe("require_expiry", () => {
  test.each([
    [true, { kind: "at", epochMs: 1 }, "admitted"],
    [true, { kind: "never" }, "expiry_missing"],
    [true, { kind: "unreadable" }, "expiry_missing"],
    [false, { kind: "at", epochMs: 1 }, "admitted"],
    [false, { kind: "never" }, "admitted"],
    [false, { kind: "unreadable" }, "admitted"],
  ] as const)("= %j with an expiry of %j: %s", (require_expiry, expiry, reason) => {
    expect(verdictOf({ policy: { require_expiry }, facts: { expiry } })).toMatchObject({
      kind: reason === "admitted" ? "authenticated" : "denied",
      reason,
    });
  });
});

describe("of several things that the person could put right, the first is said:", () => {
  const wrong = {
    policy: {
      allow: ["anyone"],
      deny: ["org:evil"],
      groups_from: ["acme"],
      scopes_at_most: ["read:org"],
      require_expiry: true,
      oauth_clients: ["Iv1.a"],
    },
    memberships: { evil: invisibleFor("scope_missing"), acme: memberOf("acme", 1, { "no good": 1 }) },
    facts: { oauthClientId: "Iv1.b", scopes: ["repo"] },
  };

  test.each<[string, Situation]>([
    ["scope_missing", wrong],
    ["client_not_listed", { ...wrong, memberships: { acme: wrong.memberships.acme } }],
    [
      "too_many_scopes",
      { ...wrong, memberships: { acme: wrong.memberships.acme }, facts: { oauthClientId: "Iv1.a", scopes: ["repo"] } },
    ],
    ["expiry_missing", { ...wrong, memberships: { acme: wrong.memberships.acme }, facts: { oauthClientId: "Iv1.a" } }],
    [
      "identity_unsafe",
      {
        ...wrong,
        memberships: { acme: wrong.memberships.acme },
        facts: { oauthClientId: "Iv1.a", expiry: { kind: "at", epochMs: 1 } },
      },
    ],
    ["admitted", { ...wrong, memberships: {}, facts: { oauthClientId: "Iv1.a", expiry: { kind: "at", epochMs: 1 } } }],
  ])("%s", (reason, person) => {
    expect(verdictOf(person).reason).toBe(reason);
  });

  test("none of them to an outsider", () => {
    const policy = { ...wrong.policy, allow: ["user:hubot"] };
    expect(verdictOf({ ...wrong, policy })).toEqual(no("not_allowed"));
  });
});
