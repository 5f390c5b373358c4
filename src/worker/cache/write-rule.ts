// When is an entry worth a write to KV? Writes are what costs: 1,000 a day on the free plan, 5 dollars a million on the paid one. So one is made when the facts have changed, or when the copy
// is too old to be believed: then it no longer answers anybody, and has lost that much of the grace it could give.
import type { Entry, FactsEntry } from "./entry.ts";

/**
 * @param copy what KV holds as far as is known
 * @param admits whether the facts let the person in at the asking cluster: tokens that never did are not written
 */
export function isWorthWriting(
  entry: FactsEntry,
  copy: Entry | null,
  { admits, now, ttlMs }: { readonly admits: boolean; readonly now: number; readonly ttlMs: number },
): boolean {
  if (copy === null) return admits;
  if (copy.kind === "tombstone" || !haveSameFacts(entry, copy)) return true;
  return admits && now - copy.askedAt >= ttlMs;
}

/** Whether a policy would see the same. */
export function haveSameFacts(one: FactsEntry, other: FactsEntry): boolean {
  return JSON.stringify(withoutTimes(one)) === JSON.stringify(withoutTimes(other));
}

function withoutTimes({ account, oauthClientId, scopes, expiry, organisations }: FactsEntry): unknown {
  const standings = Object.entries(organisations).map(([key, { standing }]) => [key, JSON.stringify(standing)]);
  return [account, oauthClientId, scopes, expiry, standings.sort()];
}
