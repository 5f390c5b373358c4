import { describe, expect, test } from "vitest";
import type { Decision } from "../../../../src/worker/authenticate.ts";
import type { Membership } from "../../../../src/worker/github/facts.ts";
import { deniedReasons, unauthenticatedReasons, undeterminedReasons } from "../../../../src/worker/reasons.ts";
import { refusal, refusalOf } from "../../../../src/worker/sign-in/refusal.ts";
import type { Verdict } from "../../../../src/worker/verdict.ts";
import { decided } from "./support/provider.ts";

type No = Exclude<Verdict, { kind: "authenticated" }>;

/** Every verdict that is no yes, with a detail that must not leave where its reason does not. */
const verdicts: readonly No[] = [
  ...keysOf(unauthenticatedReasons).map((reason) => ({ kind: "unauthenticated", reason }) as const),
  ...keysOf(deniedReasons).map((reason) => ({ kind: "denied", reason, detail: "secret-organisation" }) as const),
  ...keysOf(undeterminedReasons).map((reason) => ({ kind: "undetermined", reason, detail: "SECRET_SETTING" }) as const),
];
const rows = { ...unauthenticatedReasons, ...deniedReasons, ...undeterminedReasons };

function keysOf<Table extends object>(table: Table): (keyof Table)[] {
  // Object.keys knows no key's type.
  return Object.keys(table) as (keyof Table)[];
}

function withMembership(verdict: No, membership: Membership | null): Decision {
  const decision = decided(verdict);
  if (decision.kind !== "evaluated" || decision.facts === null) throw new Error("decided() always has facts");
  return {
    ...decision,
    facts: { ...decision.facts, organisations: membership === null ? {} : { "1234": membership } },
  };
}

const active: Membership = { kind: "active", id: 1234, login: "acme", role: "member", teams: [], teamsHidden: null };

test("an admitted person gets no refusal", () => {
  expect(refusalOf(decided())).toBeNull();
});

describe("an outsider", () => {
  const kept = verdicts.filter(({ reason }) => rows[reason].audience !== "bearer");

  test("gets one and the same answer for everything that would tell who is admitted", () => {
    const answers = kept
      .filter(({ kind }) => kind !== "undetermined")
      .map((verdict) => refusalOf(withMembership(verdict, null)));
    expect(answers.length).toBeGreaterThan(15);
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]?.description).toMatch(/^This GitHub account is not admitted here: .* Reference: GITHUBSHA256=/);
  });

  test("gets one and the same answer for all faults that are the operator's", () => {
    const answers = kept
      .filter(({ kind }) => kind === "undetermined")
      .map((verdict) => refusalOf(withMembership(verdict, null)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]?.kind).toBe("undetermined");
  });

  test.each(kept)("$reason: reads neither an organisation nor a setting", (verdict) => {
    expect(JSON.stringify(refusalOf(withMembership(verdict, null)))).not.toMatch(/secret/i);
  });
});

describe("a member of an organisation of the policy", () => {
  test.each(verdicts.filter(({ reason }) => rows[reason].audience === "member"))("is told $reason", (verdict) => {
    const text = refusalOf(withMembership(verdict, active));
    expect(text?.problem.startsWith(rows[verdict.reason].problem)).toBe(true);
  });

  test.each(verdicts.filter(({ reason }) => rows[reason].audience === "operator"))("is not told $reason", (verdict) => {
    expect(refusalOf(withMembership(verdict, active))).toEqual(refusalOf(withMembership(verdict, null)));
  });

  test("reads which organisation is concerned", () => {
    const verdict = { kind: "denied", reason: "app_not_approved", detail: "acme" } as const;
    expect(refusalOf(withMembership(verdict, active))?.problem).toMatch(/\(acme\)$/);
  });
});

describe("a person to whom GitHub itself names the organisation", () => {
  const pending: Membership = { kind: "pending", id: 1234, login: "acme" };
  const behindSso: Membership = {
    kind: "hidden",
    reason: "sso_required",
    ssoUrl: "https://github.com/orgs/acme/sso?authorization_request=x",
  };

  test.each([
    ["invitation_pending", pending, true],
    ["sso_required", pending, false],
    ["sso_required", behindSso, true],
    ["sso_required", { ...behindSso, ssoUrl: null }, false],
    ["app_not_approved", behindSso, false],
    ["invitation_pending", behindSso, false],
  ] as const)("%s with %j: told %s", (reason, membership, isTold) => {
    const outsider = refusalOf(withMembership({ kind: "denied", reason, detail: null }, null));
    const person = refusalOf(withMembership({ kind: "denied", reason, detail: null }, membership));
    expect(person?.problem !== outsider?.problem).toBe(isTold);
  });
});

test.each(verdicts)("$reason: what is told is one line of ASCII that OAuth allows, and short", (verdict) => {
  for (const membership of [null, active]) {
    const text = refusalOf(withMembership(verdict, membership));
    expect(text?.description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]{20,300}$/);
    expect(text?.hint).not.toBe("");
  }
});

test("the reference is whole, however long the rest", () => {
  const { description } = refusal("refused", { problem: "p".repeat(400), hint: "h" }, "GITHUBSHA256=reference");
  expect(description).toMatch(/ Reference: GITHUBSHA256=reference$/);
  expect(description.length).toBeLessThanOrEqual(300);
});

test("a person who signs in is not told to make a token", () => {
  const text = refusalOf(decided({ kind: "unauthenticated", reason: "token_refused" }));
  expect(text).toMatchObject({ problem: "GitHub no longer accepts this sign-in", hint: "sign in again" });
});

test("a decision that asked no one has no reference", () => {
  const verdict = { kind: "undetermined", reason: "configuration", detail: "CLUSTER_X" } as const;
  expect(refusalOf({ kind: "misconfigured", problems: [], verdict })?.reference).toBeNull();
});
