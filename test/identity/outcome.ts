// The result of a review, read only from what leaves the Worker: its answer and its line in the decision log.
import * as v from "valibot";
import type { Reason, VerdictKind } from "../../src/worker/reasons.ts";
import { reasons } from "../../src/worker/reasons.ts";
import { statusSchema, tokenReviewSchema } from "../support/answer-rules.ts";

export interface Outcome {
  readonly verdict: VerdictKind;
  readonly reason: Reason;
  readonly user: string | null;
  readonly uid: string | null;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
  /** `organisation=reason` of each organisation that the token may not see. */
  readonly hidden: readonly string[];
  /** The text that kube-apiserver logs: null for a plain yes or no. */
  readonly message: string | null;
}

export const hiddenKey = "octogate.dev/hidden-organisations";

const decisionSchema = v.object({
  verdict: v.picklist(["authenticated", "unauthenticated", "denied", "undetermined"]),
  reason: v.pipe(
    v.string(),
    v.check((reason) => Object.hasOwn(reasons, reason)),
    v.transform((reason) => reason as Reason), // it is a key of theirs
  ),
});

/**
 * @param status of the answer
 * @param body of the answer
 * @param decision the review's record, or null: tokens that are no GitHub tokens have none of their own
 * @throws if the answer is not one of those that a review may get, or says anything else than the log
 */
export function outcomeOf(status: number, body: string, decision: unknown): Outcome {
  const { verdict, reason } =
    decision === null
      ? ({ verdict: "unauthenticated", reason: "not_github_token" } as const)
      : v.parse(decisionSchema, decision);
  const refusal = { verdict, reason, user: null, uid: null, groups: [], extra: {}, hidden: [] };
  if (status === 503) {
    if (verdict !== "undetermined") throw new Error(`the log says ${verdict}, the answer undetermined`);
    return { ...refusal, message: v.parse(statusSchema, JSON.parse(body)).message };
  }
  const review = v.parse(tokenReviewSchema, JSON.parse(body)).status;
  if (review.authenticated !== (verdict === "authenticated") || verdict === "undetermined") {
    throw new Error(`the log says ${verdict}, the answer authenticated: ${review.authenticated}`);
  }
  if (!review.authenticated) return { ...refusal, message: review.error ?? null };
  const { username, uid, groups, extra } = review.user;
  return { verdict, reason, user: username, uid, groups, extra, hidden: extra[hiddenKey] ?? [], message: null };
}
