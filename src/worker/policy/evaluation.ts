// What a policy makes of facts, remembered for the next review: both are mostly the same objects then as in the last
// one.
import { BoundedMap } from "../bounded-map.ts";
import type { ClusterPolicy } from "../config/cluster.ts";
import type { Facts } from "../github/facts.ts";
import type { Verdict } from "../verdict.ts";
import { evaluate } from "./evaluate.ts";
import type { PresentedCredential } from "./identity.ts";
import { findNameWarnings } from "./name-warnings.ts";

export interface Evaluation {
  readonly verdict: Verdict;
  /** What the facts show to be uncertain about the policy's names. */
  readonly nameWarnings: readonly string[];
}

interface Remembered extends Evaluation, PresentedCredential {
  readonly policy: ClusterPolicy;
}

/** Of each user's facts the last evaluation: it goes with them when memory forgets them. */
const remembered = new WeakMap<Facts, Remembered>();

/** Most warnings are the same for many users: each text is kept once, and not with each user's facts. */
const warnings = new BoundedMap<string>({ maxEntries: 1000, maxBytes: 1000, bytesOf: () => 1 });

/** @returns what `evaluate` and `findNameWarnings` say, which depends on the arguments alone */
export function evaluationOf(policy: ClusterPolicy, credential: PresentedCredential, facts: Facts): Evaluation {
  const { tokenKind, credentialId } = credential;
  const last = remembered.get(facts);
  if (last?.policy === policy && last.tokenKind === tokenKind && last.credentialId === credentialId) return last;
  const verdict = evaluate(policy, credential, facts);
  const nameWarnings = findNameWarnings(policy, facts).map(keptOnce);
  const evaluation = { policy, tokenKind, credentialId, verdict, nameWarnings };
  remembered.set(facts, evaluation);
  return evaluation;
}

function keptOnce(warning: string): string {
  const known = warnings.get(warning);
  if (known === undefined) warnings.set(warning, warning);
  return known ?? warning;
}
