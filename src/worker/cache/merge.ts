// How two entries about one token become one: other isolates, and GitHub, know of it as well.
import { failureIn } from "../github/facts.ts";
import { type Entry, failingSince, type Part } from "./entry.ts";

/** An entry with more was asked about too much to be worth asking conditionally. */
const maxValidators = 300;

/**
 * Merges two entries about one token. A tombstone counts until GitHub has been asked later and has accepted the token
 * again. Of facts each part counts as it was seen last.
 */
export function mergeEntries(one: Entry | null, other: Entry | null): Entry | null {
  if (one === null || other === null) return one ?? other;
  const [newer, older] = isNewer(other, one) ? [other, one] : [one, other];
  if (newer.kind === "tombstone" || older.kind === "tombstone" || newer.account.id !== older.account.id) return newer;
  const organisations = { ...older.organisations };
  for (const [key, part] of Object.entries(newer.organisations)) {
    const earlier = organisations[key];
    organisations[key] = earlier === undefined ? part : mergeParts(earlier, part);
  }
  const validators = { ...older.validators, ...newer.validators };
  return {
    ...newer,
    // A token belongs to one client and has one end for good, but not every way of asking tells them.
    oauthClientId: newer.oauthClientId ?? older.oauthClientId,
    expiry: newer.expiry.kind === "never" ? older.expiry : newer.expiry,
    organisations,
    validators: Object.keys(validators).length > maxValidators ? newer.validators : validators,
  };
}

function mergeParts(earlier: Part, part: Part): Part {
  const [older, newer] = earlier.askedAt <= part.askedAt ? [earlier, part] : [part, earlier];
  if (failureIn(newer.membership) === null) return newer;
  const { membership, askedAt } = older;
  const before = failureIn(membership) === null ? { membership, askedAt } : older.lastKnown;
  const isBetter = (before?.askedAt ?? -1) > (newer.lastKnown?.askedAt ?? -1);
  return { ...newer, lastKnown: isBetter ? before : newer.lastKnown, failingSince: firstFailureOf(older, newer) };
}

/** @param newer one in which GitHub failed */
function firstFailureOf(older: Part, newer: Part): number {
  const since = failingSince(newer);
  if (failureIn(older.membership) !== null) return Math.min(since, failingSince(older));
  return since > older.askedAt ? since : newer.askedAt;
}

/** Of two entries of the same time, a tombstone counts. */
function isNewer(entry: Entry, than: Entry): boolean {
  return entry.askedAt > than.askedAt || (entry.askedAt === than.askedAt && entry.kind === "tombstone");
}
