// Cached facts about tokens: isolate memory → Workers KV → GitHub. Facts are cached, never decisions; a "no" is cached
// for seconds only; and a token that GitHub refused stays refused while GitHub is down.
import { freshFacts, staleFacts } from "./freshness.ts";
import { loadFromGitHub } from "./load-from-github.ts";
import { type CacheParts, type FactsOutcome, type Lookup, type LookupResult, negativeKeyOf } from "./lookup.ts";
import { emptyRecord } from "./memory.ts";
import { revalidate } from "./revalidate.ts";
import { withKvCopy, writeTombstone } from "./store.ts";

export interface FactsCache {
  /** @returns the credential-id of a token that is in memory, or null: a warm review does no cryptography */
  credentialIdOf(token: string): string | null;
  /** @returns whether GitHub ever accepted this token, as far as memory tells: it is not made up */
  isKnown(token: string): boolean;
  /** It does not throw: every fault is an outcome. */
  load(lookup: Lookup): Promise<LookupResult>;
}

export function createFactsCache(parts: CacheParts): FactsCache {
  return {
    credentialIdOf(token) {
      const { entry } = parts.memory.get(token);
      return entry?.kind === "facts" ? entry.credentialId : null;
    },
    isKnown: (token) => parts.memory.get(token).entry !== null,
    load: (lookup) => load(parts, lookup),
  };
}

/**
 * Looks in this order, and stops at the first that answers: fresh facts in memory; the negative cache; fresh facts in
 * KV; the limit on never-seen tokens; stale facts while the breaker is open; GitHub.
 */
async function load(parts: CacheParts, lookup: Lookup): Promise<LookupResult> {
  const { memory, kv, negative, nameOf, breaker, teamLists, admitNeverSeen, lifetimes, now } = parts;
  const { token, request, evaluate } = lookup;

  const cached = memory.get(token).entry;
  const warm = freshFacts(cached, request, evaluate, now(), lifetimes);
  if (warm !== null) {
    if (warm.isDue) revalidate(parts, lookup);
    return withoutCall(warm.found, "memory");
  }

  const name = await nameOf(token);
  const failure = negative.get(negativeKeyOf(name, request), now());
  if (failure !== null) return withoutCall(failure, "memory");

  const read = await kv.read(name);
  teamLists.note(read, now());
  const record = memory.update(token, emptyRecord, (current) => withKvCopy(current, read, now()));
  // An entry that is the one from before was not fresh a moment ago.
  const shared = record.entry === cached ? null : freshFacts(record.entry, request, evaluate, now(), lifetimes);
  if (shared !== null) {
    if (shared.isDue) revalidate(parts, lookup);
    return withoutCall(shared.found, "kv");
  }

  // A token that was looked up, and did not admit its owner, is no better known than before: outsiders share the limit.
  const wasAdmitted = record.hasAdmitted || record.kvCopy !== null;
  if (!wasAdmitted && !(await admitNeverSeen(request.cluster))) {
    return withoutCall({ kind: "limited", reason: "new_token_rate_limit" }, "none");
  }
  const stale = breaker.isOpen(now()) ? staleFacts(record.entry, request, evaluate, now(), lifetimes) : null;
  if (stale !== null) {
    revalidate(parts, lookup);
    return withoutCall(stale, cached === null ? "kv" : "memory");
  }
  return loadFromGitHub(parts, lookup, name, record);
}

/** Writes a tombstone for a token that has just ended at GitHub, so that no isolate brings its facts back. */
export async function endAccess(parts: CacheParts, token: string): Promise<void> {
  const { memory, kv, nameOf, now } = parts;
  const name = await nameOf(token);
  const read = await kv.read(name);
  const record = memory.update(token, emptyRecord, (current) => withKvCopy(current, read, now()));
  writeTombstone(parts, { token }, name, record);
}

function withoutCall(outcome: FactsOutcome, source: LookupResult["source"]): LookupResult {
  return { outcome, source, call: null };
}
