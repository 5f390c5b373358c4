// What a lookup leaves behind, in memory and in KV: facts, or a tombstone for a token that GitHub refused.
//
// KV writes cost money: 1,000 a day on the free plan, 5 dollars a million on the paid one. So facts are written when
// they have changed, or when the copy is too old to be fresh: it no longer answers any review then, and has lost that
// much of the grace it could give.
import { type Entry, type FactsEntry, knownMemberships, withoutFuture } from "./entry.ts";
import { currentFacts, type EvaluatedFacts } from "./freshness.ts";
import type { CacheParts, Lookup } from "./lookup.ts";
import { emptyRecord, type TokenRecord } from "./memory.ts";
import { mergeEntries } from "./merge.ts";
import { nameChanges } from "./name-changes.ts";

/** @param read what KV holds; null for a miss */
export function withKvCopy(current: TokenRecord, read: Entry | null, now: number): TokenRecord {
  if (read === null) return current;
  return {
    ...current,
    entry: mergeEntries(current.entry, withoutFuture(read, now)),
    kvCopy: mergeEntries(current.kvCopy, read),
  };
}

/**
 * Keeps facts that GitHub has just told.
 *
 * @returns what is known with them, and what the policy makes of it; null where memory has learned meanwhile that they
 *   no longer hold
 */
export function keepFacts(
  parts: CacheParts,
  lookup: Lookup,
  name: string,
  before: TokenRecord,
  loaded: FactsEntry,
): { readonly record: TokenRecord; readonly found: EvaluatedFacts; readonly isFresh: boolean } | null {
  const { memory, now, lifetimes, writeWarning } = parts;
  const { token, request, evaluate } = lookup;
  const record = memory.update(token, before, (current) => ({
    ...current,
    entry: mergeEntries(current.entry, loaded),
    revalidatingSince: null,
  }));
  const { entry, kvCopy, hasAdmitted } = record;
  // Another cluster's request may have asked about other teams at the same time.
  const current =
    entry?.kind === "facts" && entry.account.id === loaded.account.id
      ? (currentFacts(entry, request, evaluate, now(), lifetimes) ??
        currentFacts(loaded, request, evaluate, now(), lifetimes))
      : null;
  if (entry?.kind !== "facts" || current === null) return null;
  if (before.entry?.kind === "facts") nameChanges(before.entry, entry).forEach(writeWarning);
  const { verdict } = current.found;
  const admits = verdict.kind === "authenticated";
  const wasDenied = verdict.kind === "denied";
  if ((admits && !hasAdmitted) || wasDenied !== record.wasDenied) {
    memory.update(token, record, (one) => ({ ...one, hasAdmitted: hasAdmitted || admits, wasDenied }));
  }
  const changes = record.changesWrittenAt.filter((time) => now() - time < changesWindowMs);
  const mayWriteChange = changes.length < maxChangesWritten;
  if (isWorthWriting(entry, kvCopy, { admits, hasAdmitted, mayWriteChange, now: now(), ttlMs: lifetimes.ttlMs })) {
    const changesWrittenAt = kvCopy === null ? changes : [...changes, now()];
    writeCopy(parts, token, name, { ...record, changesWrittenAt }, entry, !admits);
  }
  return { record, ...current };
}

/** No other isolate shall bring the facts of a refused token back while GitHub is down. */
export function writeTombstone(
  parts: CacheParts,
  { token }: Pick<Lookup, "token">,
  name: string,
  before: TokenRecord,
): void {
  const { memory, now } = parts;
  const record = memory.update(token, before, (current) =>
    // There is nothing to overwrite about a token that was never seen.
    current.entry === null && current.kvCopy === null
      ? current
      : { ...current, entry: { kind: "tombstone", askedAt: now() }, revalidatingSince: null },
  );
  const { entry, kvCopy, hasAdmitted } = record;
  // KV may hold facts that admit the user, even where no copy was seen there; of tokens that were never admitted it
  // holds none.
  const isWritten = kvCopy === null ? hasAdmitted : kvCopy.kind === "facts";
  if (entry !== null && isWritten) writeCopy(parts, token, name, record, entry, true);
}

/** @param endsAccess see KvCache.write */
function writeCopy(
  { memory, kv, waitUntil }: CacheParts,
  token: string,
  name: string,
  record: TokenRecord,
  entry: Entry,
  endsAccess: boolean,
): void {
  const { changesWrittenAt } = record;
  memory.update(token, record, (current) => ({ ...current, kvCopy: entry, changesWrittenAt }));
  const writing = kv.write(name, entry, endsAccess).then((isWritten) => {
    if (isWritten) return;
    // KV did not take it, so it is no copy: the next lookup tries again.
    memory.update(token, emptyRecord, (current) =>
      current.kvCopy === entry ? { ...current, kvCopy: record.kvCopy } : current,
    );
  });
  waitUntil(writing);
}

/**
 * A user can change facts at will, by a team of their own. So many changes an hour are written at once; further ones
 * wait until the copy is no longer fresh.
 */
const maxChangesWritten = 10;
const changesWindowMs = 60 * 60 * 1000;

interface WriteCircumstances {
  /**
   * Whether the facts admit the user at the asking cluster: those of tokens that were never admitted are not written.
   */
  readonly admits: boolean;
  /** Whether earlier facts of this token did, at any cluster. */
  readonly hasAdmitted: boolean;
  /** Whether few changes were written lately. */
  readonly mayWriteChange: boolean;
  readonly now: number;
  readonly ttlMs: number;
}

/**
 * @param copy what KV holds as far as is known; null where that is not known, which does not say that it holds nothing
 */
export function isWorthWriting(
  entry: FactsEntry,
  copy: Entry | null,
  { admits, hasAdmitted, mayWriteChange, now, ttlMs }: WriteCircumstances,
): boolean {
  // Facts that KV may still hold of a user who has just left must not admit the user in an outage.
  if (copy === null) return admits || hasAdmitted;
  if (copy.kind === "tombstone") return admits;
  // It is not fresh yet, but it would be once its time has come.
  if (copy.askedAt > now) return true;
  const isOld = now - copy.askedAt >= ttlMs;
  if (!haveSameFacts(entry, copy)) return mayWriteChange || isOld;
  return admits && isOld;
}

/** Whether a policy would see the same. */
function haveSameFacts(one: FactsEntry, other: FactsEntry): boolean {
  return JSON.stringify(factsAlone(one)) === JSON.stringify(factsAlone(other));
}

function factsAlone(entry: FactsEntry): unknown {
  const { account, oauthClientId, scopes, expiry } = entry;
  const memberships = knownMemberships(entry).map(([key, membership]) => [
    key,
    // The address for single sign-on is another one in each of GitHub's responses.
    JSON.stringify(membership.kind === "hidden" ? membership.reason : membership),
  ]);
  return [account, oauthClientId, scopes, expiry, memberships.sort()];
}
