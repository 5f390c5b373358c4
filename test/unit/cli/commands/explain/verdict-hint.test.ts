import { describe, expect, test } from "vitest";
import { explainVerdict } from "../../../../../src/cli/commands/explain/explain.ts";
import { type Reason, type ReasonFor, reasons, type VerdictKind } from "../../../../../src/worker/reasons.ts";
import { denied, sentenceOf, unauthenticated, undetermined, type Verdict } from "../../../../../src/worker/verdict.ts";

function isOf<Kind extends VerdictKind>(kind: Kind, reason: Reason): reason is ReasonFor<Kind> {
  return reasons[reason].verdict === kind;
}

function verdictOf(reason: Reason): Verdict | null {
  if (isOf("denied", reason)) return denied(reason);
  if (isOf("unauthenticated", reason)) return unauthenticated(reason);
  return isOf("undetermined", reason) ? undetermined(reason) : null;
}

// Whatever the keys of an object are is what they are declared as.
const allReasons = Object.keys(reasons) as Reason[];

describe("a verdict", () => {
  test.each(allReasons.filter((reason) => reason !== "admitted"))("%s has a sentence and a hint", (reason) => {
    const verdict = verdictOf(reason);
    if (verdict === null) throw new Error("there are four kinds of verdicts");
    const { sentence, hint } = explainVerdict(verdict);
    expect(sentence).toMatch(/^[A-Z].*[.?]$/);
    expect(hint).toMatch(/^(?:[a-z]|SAML)/);
    if (verdict.kind === "denied")
      expect(`${sentence.slice(0, -1)}: ${hint}`).toBe(sentenceOf(reasons[reason]).slice(0, -1));
  });

  test("says which organisation it is about", () => {
    expect(explainVerdict(denied("sso_required", "acme, https://github.test/sso")).hint).toBe(
      "authorise the token for it in GitHub's settings (acme, https://github.test/sso)",
    );
  });

  test("has no hint for an account that gets in", () => {
    const user = { username: "github:octocat", uid: "1", groups: [], extra: {} };
    expect(explainVerdict({ kind: "authenticated", reason: "admitted", user })).toEqual({
      kind: "authenticated",
      reason: "admitted",
      sentence: "An entry of allow admits this person or workflow.",
      hint: null,
    });
  });
});
