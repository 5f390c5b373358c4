// When is an entry worth a write to KV? Writes are what costs: 1,000 a day on the free plan, 5 dollars a million on the paid one. So one is made when the facts have changed, or when the copy
// is too old to be believed: then it no longer answers anybody, and has lost that much of the grace it could give.
import type { Entry, FactsEntry } from "./entry.ts";

export interface WriteCircumstances {
  /** Whether the facts let the person in at the asking cluster: tokens that never did are not written. */
  readonly admits: boolean;
  /** Whether the facts before these did. */
  readonly admittedBefore: boolean;
  readonly now: number;
  readonly ttlMs: number;
}

export type WriteRule = (entry: FactsEntry, copy: Entry | null, circumstances: WriteCircumstances) => boolean;

/** @param copy what KV holds as far as is known; null where nothing is known of it, which does not mean that it holds nothing */
export function isWorthWriting(
  entry: FactsEntry,
  copy: Entry | null,
  { admits, admittedBefore, now, ttlMs }: WriteCircumstances,
): boolean {
  // What KV may still hold of somebody who has just left must not bring them back in an outage.
  if (copy === null) return admits || admittedBefore;
  if (copy.kind === "tombstone") return admits;
  // Nobody believes it yet, but they would once its time has come.
  if (copy.askedAt > now) return true;
  if (!haveSameFacts(entry, copy)) return true;
  return admits && now - copy.askedAt >= ttlMs;
}

/** Whether a policy would see the same. */
function haveSameFacts(one: FactsEntry, other: FactsEntry): boolean {
  return JSON.stringify(factsAlone(one)) === JSON.stringify(factsAlone(other));
}

function factsAlone({ account, oauthClientId, scopes, expiry, organisations }: FactsEntry): unknown {
  const memberships = Object.entries(organisations).map(([key, { membership }]) => [
    key,
    // The address for single sign-on is another one in each of GitHub's answers.
    JSON.stringify(membership.kind === "hidden" ? membership.reason : membership),
  ]);
  return [account, oauthClientId, scopes, expiry, memberships.sort()];
}
