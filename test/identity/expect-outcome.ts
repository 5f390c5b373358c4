// Holds what came of a review to what a row says: verdict, identity, and who gets to hear the reason.
import { expect } from "vitest";
import { reasons, sentenceOf } from "../../src/worker/reasons.ts";
import type { IdentityCase } from "./case.ts";
import type { Outcome } from "./outcome.ts";

export function expectOutcome(outcome: Outcome, { expected }: IdentityCase): void {
  const { reason } = expected;
  const { verdict } = reasons[reason];
  if (expected.reason === "admitted") {
    const { user, groups, unseen = [] } = expected;
    expect(outcome).toEqual({ verdict, reason, user, groups, unseen, message: null });
    return;
  }
  const { message, ...rest } = outcome;
  expect(rest).toEqual({ verdict, reason, user: null, groups: [], unseen: [] });
  if (verdict === "unauthenticated") {
    // Strangers and people denied by name get a plain no.
    expect(message).toBeNull();
    return;
  }
  // A wrong configuration is described itself, in place of a sentence that holds for all of them.
  expect(message).toContain(reason === "configuration" ? `${reason}: ` : `${reason}: ${sentenceOf(reasons[reason])}`);
  expect(message).toContain(expected.detail ?? "");
}
