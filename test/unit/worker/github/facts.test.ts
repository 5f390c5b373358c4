import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readClusterPolicy } from "../../../../src/worker/config/cluster.ts";
import { type Account, failureIn, type Membership, needsOrganisations } from "../../../../src/worker/github/facts.ts";
import { factsRequestOf } from "../../../../src/worker/policy/evaluate.ts";
import { matchUser } from "../../../../src/worker/policy/match.ts";
import { clusterTable, invisibleFor, invitedTo, memberOf, noMember } from "../support.ts";
import { requestAbout } from "./support.ts";

const octocat: Account = { id: 583231, login: "octocat", type: "User" };
const byLogin = { kind: "user", login: "octocat", id: null } as const;
const byNumber = { kind: "user", login: "octocat-before", id: 583231 } as const;
const hubot = { kind: "user", login: "hubot", id: null } as const;
/** The name of octocat, but the number of another account. */
const other = { kind: "user", login: "octocat", id: 1 } as const;

describe("organisations are looked up", () => {
  const needs = (candidates: ReturnType<typeof requestAbout>["candidates"], account = octocat) =>
    needsOrganisations({ ...requestAbout([]), candidates }, account);

  test("for every account where the policy names no candidates", () => {
    expect(needs({ only: null, except: [] })).toBe(true);
  });

  test.each(["Bot", "Organization", "Mannequin", "user", ""])("never for an account of the type %j", (type) => {
    expect(needs({ only: null, except: [] }, { ...octocat, type })).toBe(false);
    expect(needs({ only: [byLogin], except: [] }, { ...octocat, type })).toBe(false);
  });

  test("only for the accounts that the policy names, where it names accounts alone", () => {
    expect(needs({ only: [], except: [] })).toBe(false);
    expect(needs({ only: [hubot], except: [] })).toBe(false);
    expect(needs({ only: [hubot, byLogin], except: [] })).toBe(true);
  });

  test("not for an account that the policy denies by its name or number", () => {
    for (const denied of [byLogin, byNumber]) {
      expect(needs({ only: null, except: [hubot, denied] })).toBe(false);
      expect(needs({ only: [byLogin], except: [denied] })).toBe(false);
    }
    expect(needs({ only: null, except: [hubot, other] })).toBe(true);
  });

  test("for a pinned account by its number alone, for another by its login in any case", () => {
    expect(needs({ only: [byNumber], except: [] })).toBe(true);
    expect(needs({ only: [other], except: [] })).toBe(false);
    expect(needs({ only: [byLogin], except: [] }, { ...octocat, login: "OctoCat" })).toBe(true);
    expect(needs({ only: [byLogin], except: [] }, { ...octocat, login: "octocat2" })).toBe(false);
  });

  test("exactly where an entry of the policy could admit the account", () => {
    const credential = { tokenKind: "classic", credentialId: "" } as const;
    const user = fc.constantFrom(
      "user:octocat",
      "user:OctoCat#583231",
      "user:before#583231",
      "user:octocat#1",
      "user:hubot",
    );
    const allowed = fc.array(fc.oneof(user, fc.constantFrom("org:acme", "team:acme/platform#5", "anyone")), {
      minLength: 1,
      maxLength: 3,
    });
    const deniable = fc.array(fc.oneof(user, fc.constantFrom("org:evil", "team:acme/banned")), { maxLength: 2 });
    const account = fc.record({
      id: fc.constantFrom(583231, 1, 2),
      login: fc.constantFrom("octocat", "OctoCat", "hubot", "before"),
      type: fc.constantFrom("User", "User", "Bot"),
    });
    fc.assert(
      fc.property(allowed, deniable, account, (allow, deny, one) => {
        const checked = readClusterPolicy("CLUSTER_PRODUCTION", clusterTable({ allow, deny }));
        // A policy that denies every account that it allows is refused as such.
        fc.pre(checked.ok);
        const policy = checked.value;
        const isMatched = (entry: (typeof policy.allow)[number] | (typeof policy.deny)[number]) =>
          entry.kind === "user" && matchUser(entry, one).kind === "matched";
        const couldAdmit =
          one.type === "User" &&
          !policy.deny.some(isMatched) &&
          policy.allow.some((entry) => entry.kind !== "user" || isMatched(entry));
        expect(needsOrganisations(factsRequestOf("production", policy, credential), one)).toBe(couldAdmit);
      }),
    );
  });
});

describe("a failure in a membership is GitHub's or a limit, and nothing that the user can put right:", () => {
  const member = memberOf("acme", 1234);
  test.each<[Membership, string | null]>([
    [{ kind: "hidden", reason: "github_timeout", ssoUrl: null }, "github_timeout"],
    [{ kind: "hidden", reason: "shared_quota_spent", ssoUrl: null }, "shared_quota_spent"],
    [{ ...member, teamsHidden: "github_server_error" }, "github_server_error"],
    [{ ...member, teamsHidden: "too_many_teams" }, null],
    [invisibleFor("sso_required"), null],
    [member, null],
    [noMember, null],
    [invitedTo("acme", 1234), null],
  ])("%j", (membership, failure) => {
    expect(failureIn(membership)).toBe(failure);
  });
});
