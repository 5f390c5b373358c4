// Compares the result of a review with its row: verdict, identity, and who is told the reason.
import { expect } from "vitest";
import { reasons } from "../../src/worker/reasons.ts";
import { sentenceOf } from "../../src/worker/verdict.ts";
import type { IdentityCase } from "./case.ts";
import type { Outcome } from "./outcome.ts";

export function expectOutcome(outcome: Outcome, { expected }: IdentityCase): void {
  const { reason } = expected;
  const { verdict } = reasons[reason];
  if (expected.reason === "admitted") {
    const { user, groups, hidden = [] } = expected;
    expect(outcome).toEqual({ verdict, reason, user, groups, hidden, message: null });
    return;
  }
  const { message, ...rest } = outcome;
  expect(rest).toEqual({ verdict, reason, user: null, groups: [], hidden: [] });
  if (verdict === "unauthenticated") {
    // Outsiders and people who are denied by name get a plain no.
    expect(message).toBeNull();
    return;
  }
  // A wrong configuration has its own text in place of the reason's sentence.
  expect(message).toContain(reason === "configuration" ? `${reason}: ` : `${reason}: ${sentenceOf(reasons[reason])}`);
  expect(message).toContain(expected.detail ?? "");
}
