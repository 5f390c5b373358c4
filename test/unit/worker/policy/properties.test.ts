// What holds for every policy that config accepts and everything that GitHub can say.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ClusterPolicy, readClusterPolicy, tokenKinds } from "../../../../src/worker/config/cluster.ts";
import { type Facts, type Membership, needsOrganisations } from "../../../../src/worker/github/facts.ts";
import { expandScopes } from "../../../../src/worker/github/scopes.ts";
import { evaluate, factsRequestOf } from "../../../../src/worker/policy/evaluate.ts";
import type { PresentedCredential } from "../../../../src/worker/policy/identity.ts";
import { findNameWarnings } from "../../../../src/worker/policy/name-warnings.ts";
import type { Verdict } from "../../../../src/worker/verdict.ts";
import { isThorough } from "../../../support/thoroughness.ts";
import { clusterTable, invisibleFor } from "../support.ts";
import { factsFor, type Table, tables } from "./arbitraries.ts";

interface Situation {
  readonly table: Table & Record<string, unknown>;
  readonly policy: ClusterPolicy;
  readonly credential: PresentedCredential;
  readonly facts: Facts;
}

const situations: fc.Arbitrary<Situation> = tables
  .map((table) => ({ table, checked: readClusterPolicy("CLUSTER_P", clusterTable(table)) }))
  .filter(({ checked }) => checked.ok)
  .chain(({ table, checked }) => {
    if (!checked.ok) throw new Error("filtered out before");
    const policy = checked.value;
    return fc.record({
      table: fc.constant(table),
      policy: fc.constant(policy),
      credential: fc.record({
        tokenKind: fc.constantFrom(...tokenKinds),
        credentialId: fc.constant("GITHUBSHA256=abc"),
      }),
      facts: factsFor(policy),
    });
  });

/** How many situations there are, and how many of them a property has to be about. */
const [numRuns, minRelevant] = isThorough ? [3000, 40] : [1000, 8];

/**
 * Runs a property over many situations.
 *
 * @param check says whether the situation was one that the property is about; there have to be enough of those
 */
function holds(check: (situation: Situation, verdict: Verdict) => boolean): void {
  let count = 0;
  fc.assert(
    fc.property(situations, (situation) => {
      const verdict = evaluate(situation.policy, situation.credential, situation.facts);
      if (check(situation, verdict)) count += 1;
    }),
    { numRuns },
  );
  expect(count).toBeGreaterThan(minRelevant);
}

/** The organisations that the policy names, as its texts say it: name and number, if any. */
function namesIn({ allow, deny, groups_from = [] }: Table): [name: string, number: string | undefined][] {
  return [...allow, ...deny, ...groups_from.map((text) => text.replace(/^(?!team:)/, "org:"))].flatMap((text) => {
    const [, kind, name = "", number] = /^(org|team):([^/#]+)(?:\/[^#]+)?(?:#(\d+))?$/.exec(text.toLowerCase()) ?? [];
    return kind === undefined ? [] : [[name, kind === "org" ? number : undefined]];
  });
}

/** How the person stands to the organisation with this name: whichever number the policy gives it anywhere counts. */
function membershipIn(name: string, table: Table, facts: Facts): Membership | undefined {
  const number = namesIn(table).find(([other, pin]) => other === name.toLowerCase() && pin !== undefined)?.[1];
  return facts.organisations[name.toLowerCase() + (number === undefined ? "" : `#${number}`)];
}

/** Whether an entry matches a person for sure, as the documentation says it. */
function means(text: string, table: Table, facts: Facts): boolean {
  if (text === "anyone") return true;
  const [, kind, name = "", slug, number] = /^(\w+):([^/#]+)(?:\/([^#]+))?(?:#(\d+))?$/.exec(text) ?? [];
  const fits = (one: { id: number }, label: string, wanted: string) =>
    number === undefined ? label.toLowerCase() === wanted.toLowerCase() : one.id === Number(number);
  if (kind === "user") return fits(facts.account, facts.account.login, name);
  const membership = membershipIn(name, table, facts);
  if (membership?.kind !== "active") return false;
  return slug === undefined || membership.teams.some((team) => fits(team, team.slug, slug));
}

describe("groups", () => {
  test("are those of the organisations of groups_from that the person is a member of: all of them, and no others", () => {
    holds(({ table, facts, policy }, verdict) => {
      if (verdict.kind !== "authenticated") return false;
      const { prefix, group } = policy;
      const sources = table.groups_from ?? namesIn({ ...table, deny: [], groups_from: [] }).map(([name]) => name);
      const nameOf = {
        slug: (name: string) => name,
        id: (_: string, id: number) => String(id),
        "slug:id": (name: string, id: number) => `${name}:${id}`,
      }[group];
      const expected = new Set<string>();
      for (const source of sources) {
        const [, isTeam, login = "", slug, number] = /^(team:)?([^/#]+)(?:\/([^#]+))?(?:#(\d+))?$/.exec(source) ?? [];
        const membership = membershipIn(login, table, facts);
        if (membership?.kind !== "active") continue;
        const name = membership.login.toLowerCase();
        const named = policy.organisations.map(({ login }) => login);
        // Its groups would be those of another organisation of the policy.
        if (group === "slug" && name !== login.toLowerCase() && named.includes(name)) continue;
        const organisation = prefix + nameOf(membership.login, membership.id);
        if (isTeam === undefined) expected.add(organisation);
        for (const team of membership.teams) {
          // A team whose name has no letter that a slug can have.
          if (team.slug === "" && group !== "id") continue;
          const isNamed =
            number === undefined ? team.slug.toLowerCase() === slug?.toLowerCase() : team.id === Number(number);
          if (isTeam !== undefined && !isNamed) continue;
          expected.add(`${organisation}/${nameOf(team.slug, team.id)}`);
        }
      }
      expect(verdict.user.groups).toEqual([...expected].sort());
      return expected.size > 0;
    });
  });

  test("and names are never empty and never Kubernetes' own, in any case", () => {
    holds((_, verdict) => {
      if (verdict.kind !== "authenticated") return false;
      for (const name of [verdict.user.username, verdict.user.uid, ...verdict.user.groups]) {
        expect(name).toMatch(/^[!-~]+$/);
        expect(name).not.toMatch(/^system:/i);
      }
      return verdict.user.groups.length > 0;
    });
  });
});

test("the order in which GitHub lists organisations, teams and scopes changes nothing", () => {
  holds(({ policy, credential, facts }, verdict) => {
    const backwards: Facts = {
      ...facts,
      scopes: facts.scopes?.toReversed() ?? null,
      organisations: Object.fromEntries(
        Object.entries(facts.organisations)
          .reverse()
          .map(([key, membership]) => [
            key,
            membership.kind === "active" ? { ...membership, teams: membership.teams.toReversed() } : membership,
          ]),
      ),
    };
    expect(evaluate(policy, credential, backwards)).toEqual(verdict);
    expect(findNameWarnings(policy, backwards)).toEqual(findNameWarnings(policy, facts));
    return verdict.kind === "authenticated" || verdict.reason === "too_many_scopes";
  });
});

describe("deny", () => {
  test("always wins: by account, organisation and team, pinned or not", () => {
    const seen = new Set<string>();
    holds(({ table, facts }, verdict) => {
      const denials = table.deny.filter((text) => means(text, table, facts));
      if (denials.length === 0 || facts.account.type !== "User") return false;
      for (const text of denials) seen.add(text.replace(/:.*?(#?)\d*$/, "$1"));
      expect(verdict.kind).toBe("unauthenticated");
      expect(["user_denied", "membership_denied"]).toContain(verdict.reason);
      return true;
    });
    expect([...seen].sort()).toEqual(["org", "org#", "team", "team#", "user", "user#"]);
  });

  test("keeps out a person whose membership in what is denied is hidden", () => {
    holds(({ table, facts }, verdict) => {
      const isHidden = table.deny.some((text) => {
        const name = /^(?:org|team):([^/#]+)/.exec(text)?.[1];
        return name !== undefined && membershipIn(name, table, facts)?.kind === "hidden";
      });
      if (isHidden) expect(verdict.kind).not.toBe("authenticated");
      return isHidden && table.allow.some((text) => means(text, table, facts));
    });
  });
});

test("only a person gets in whom an entry of allow matches and none of deny", () => {
  holds(({ table, policy, facts, credential }, verdict) => {
    if (verdict.kind !== "authenticated") return false;
    expect(facts.account.type).toBe("User");
    expect(table.allow.some((text) => means(text, table, facts))).toBe(true);
    expect(table.deny.some((text) => means(text, table, facts))).toBe(false);
    if (facts.oauthClientId !== null) expect(table.oauth_clients).toContain(facts.oauthClientId);
    else expect(["oauth", "app"]).not.toContain(credential.tokenKind);
    if (policy.scopesAtMost !== null && !["fine_grained", "app"].includes(credential.tokenKind)) {
      expect([...expandScopes(policy.scopesAtMost)]).toEqual(
        expect.arrayContaining([...(facts.scopes ?? ["unknown"])]),
      );
    }
    if (table.require_expiry === true) expect(facts.expiry.kind).toBe("at");
    return true;
  });
});

describe("seeing less never means more access:", () => {
  /** These two are about what may leave, not about who gets in: a person with fewer names can be within the bounds. */
  const bounds: readonly string[] = ["too_many_groups", "identity_unsafe"];

  function expectNoMore(before: Verdict, after: Verdict): void {
    if (before.kind !== "authenticated") {
      if (!bounds.includes(before.reason)) expect(after.kind).not.toBe("authenticated");
    } else if (after.kind === "authenticated") {
      expect(before.user.groups).toEqual(expect.arrayContaining([...after.user.groups]));
      expect({ ...after.user, groups: [], extra: {} }).toEqual({ ...before.user, groups: [], extra: {} });
    }
  }

  test.each<[string, (membership: Membership) => Membership | undefined]>([
    ["an organisation that becomes hidden", () => invisibleFor("sso_required")],
    ["an organisation that was not asked about", () => undefined],
  ])("%s admits no one and adds no group", (_, hide) => {
    holds(({ policy, credential, facts }, verdict) => {
      const keys = Object.keys(facts.organisations);
      for (let subset = 1; subset < 2 ** keys.length; subset += 1) {
        const organisations = Object.entries(facts.organisations).flatMap(([key, membership], index) => {
          const left = (subset & (1 << index)) === 0 ? membership : hide(membership);
          return left === undefined ? [] : [[key, left] as const];
        });
        const after = evaluate(policy, credential, { ...facts, organisations: Object.fromEntries(organisations) });
        expectNoMore(verdict, after);
      }
      return verdict.kind !== "authenticated" || verdict.user.groups.length > 0;
    });
  });
});

test("where organisations are not asked about, they could not have let anybody in", () => {
  holds(({ policy, credential, facts }, verdict) => {
    if (needsOrganisations(factsRequestOf("production", policy, credential), facts.account)) return false;
    expect(verdict.kind).toBe("unauthenticated");
    const unasked = evaluate(policy, credential, { ...facts, organisations: {} });
    expect(unasked.kind).toBe("unauthenticated");
    return true;
  });
});
