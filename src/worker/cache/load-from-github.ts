// A lookup that memory and KV cannot answer: asks GitHub, keeps what it says, and falls back to stale facts while it is
// unavailable.
import { earnsGrace, type FactsRequest, type LookupFailure } from "../github/facts.ts";
import type { GitHubOutcome } from "../github/github-facts.ts";
import { inconsistentResponses } from "../github/outcomes.ts";
import { decidingCall } from "../github/trace.ts";
import { type FactsEntry, factsEntryOf, missingParts } from "./entry.ts";
import { staleFacts } from "./freshness.ts";
import { type CacheParts, type FactsOutcome, type Lookup, type LookupResult, negativeKeyOf } from "./lookup.ts";
import type { TokenRecord } from "./memory.ts";
import { keepFacts, writeTombstone } from "./store.ts";

/**
 * @param name the token's key in KV
 * @param before what was known before GitHub was asked
 */
export async function loadFromGitHub(
  parts: CacheParts,
  lookup: Lookup,
  name: string,
  before: TokenRecord,
): Promise<LookupResult> {
  const { github, memory, negative, breaker, teamLists, lifetimes, now } = parts;
  const { token, credentialId, request, evaluate, trace } = lookup;
  const askedAt = now();
  const earlier = before.entry?.kind === "facts" ? before.entry : null;
  const asked = onlyMissing(request, earlier, askedAt - lifetimes.ttlMs);

  const hasAdmitted = before.hasAdmitted || before.kvCopy !== null;
  // A user who was denied may have mended what a header alone tells, which a 304 does not repeat.
  const known =
    earlier === null ? null : { ...earlier, hasAdmitted, ...(before.wasDenied ? { validators: null } : {}) };
  const load = () => github.load(token, asked, known, trace);
  let { outcome, validators } = await load();
  // GitHub has answered valid tokens with 401 for a moment, so one that was valid is asked about once more.
  if (outcome.kind === "refused" && earlier !== null) {
    const again = await load();
    // A second question without an answer takes nothing back: a revoked token must not get the grace of an outage.
    if (hasAnswer(again.outcome)) ({ outcome, validators } = again);
  }

  const call = decidingCall(trace, outcome);
  const retryAfterMs = call?.retryAfterMs ?? null;
  breaker.report(outcome, now(), retryAfterMs);
  const negativeKey = negativeKeyOf(name, request);
  const resultOf = (one: FactsOutcome): LookupResult => ({ outcome: one, source: "github", call });
  switch (outcome.kind) {
    case "found": {
      const loaded = factsEntryOf(outcome.facts, asked, { credentialId, askedAt, validators });
      teamLists.note(loaded, now());
      const kept = keepFacts(parts, lookup, name, before, loaded);
      // Another request has heard meanwhile that the token is refused, or that the account has changed.
      if (kept === null) return resultOf(negative.get(negativeKey, now()) ?? inconsistentResponses);
      const { record, found, isFresh } = kept;
      // The parts that were not asked about again are too old for this verdict. Nothing is missing now, so all are
      // asked about.
      if (asked !== request && !isFresh) return loadFromGitHub(parts, lookup, name, record);
      return resultOf(found);
    }
    case "refused":
    case "suspended":
      negative.add(negativeKey, outcome, now());
      if (concernsToken(outcome, request, earlier)) writeTombstone(parts, lookup, name, before);
      return resultOf(outcome);
    case "unrecognised":
    case "denied":
      negative.add(negativeKey, outcome, now());
      return resultOf(outcome);
    case "limited":
      negative.add(negativeKey, outcome, now(), retryAfterMs);
      return resultOf(outcome);
    case "unavailable": {
      // Memory may have heard of a refusal meanwhile.
      const { entry } = memory.update(token, before, (current) => current);
      const mayUseStale = earnsGrace(outcome.reason);
      const stale = mayUseStale ? staleFacts(entry, request, evaluate, now(), lifetimes) : null;
      return resultOf(stale ?? outcome);
    }
  }
}

/** Whether GitHub said something about the token; calls that disagree about it did. */
function hasAnswer(outcome: GitHubOutcome): boolean {
  if (outcome.kind === "unavailable") return outcome.reason === inconsistentResponses.reason;
  return outcome.kind !== "limited";
}

/** A changed policy asks only about what is missing. */
function onlyMissing(request: FactsRequest, earlier: FactsEntry | null, since: number): FactsRequest {
  const missing = earlier === null ? null : missingParts(earlier, request, since);
  return missing === null ? request : { ...request, organisations: missing };
}

/**
 * That a token belongs to none of one cluster's clients says nothing against it elsewhere, unless it is known to belong
 * to one of them.
 */
function concernsToken(outcome: LookupFailure, { oauthClients }: FactsRequest, earlier: FactsEntry | null): boolean {
  if (outcome.kind !== "refused" || outcome.reason !== "token_client_mismatch") return true;
  return earlier !== null && earlier.oauthClientId !== null && oauthClients.includes(earlier.oauthClientId);
}
