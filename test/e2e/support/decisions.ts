// The local edge's decision log, as far as the stories look at it.
import * as v from "valibot";
import { until } from "../../support/until.ts";

const decisionSchema = v.object({
  verdict: v.string(),
  reason: v.string(),
  user: v.optional(v.string()),
  credentialId: v.optional(v.string()),
  source: v.optional(v.string()),
  outageGrace: v.optional(v.boolean()),
  certificateDaysLeft: v.optional(v.number()),
});

export type Decision = v.InferOutput<typeof decisionSchema>;

interface DecisionSource {
  decisions(): readonly unknown[];
}

/** @returns the reviews decided since this call, each time it is asked; sums of foreign tokens are none */
export function decisionsFromHere(edge: DecisionSource): () => Decision[] {
  const alreadyDecided = edge.decisions().length;
  return () =>
    edge
      .decisions()
      .slice(alreadyDecided)
      .flatMap((record) => {
        const decision = v.safeParse(decisionSchema, record);
        return decision.success ? [decision.output] : [];
      });
}

/** Waits for a decision to reach the log: it comes through a pipe, so a little later than the answer. */
export async function untilDecided(
  decisions: () => Decision[],
  is: (decision: Decision) => boolean,
): Promise<Decision> {
  return until(() => decisions().find(is), 10_000, "the decision is in the log");
}
