// Freshness of cached facts: fresh, due for revalidation, or stale. It follows from when GitHub was asked. A time in
// the future comes from another machine's wrong clock, and is never fresh.
import type { Facts, FactsRequest } from "../github/facts.ts";
import type { Verdict } from "../verdict.ts";
import { type DatedFacts, factsIn } from "./dated-facts.ts";
import type { Entry, FactsEntry } from "./entry.ts";
import type { Lifetimes } from "./lifetimes.ts";

/** The policy of the asking cluster: pure. */
export type Evaluate = (facts: Facts) => Verdict;

export type EvaluatedFacts = { readonly kind: "found"; readonly facts: Facts; readonly verdict: Verdict } & (
  | { readonly isStale: false }
  /** A part of the facts is older than its TTL, and used because GitHub fails, until the grace ends; milliseconds. */
  | { readonly isStale: true; readonly graceEndsAt: number }
);

/**
 * Facts that do not admit the user are fresh for this long at most: an account that joins an organisation gets in soon.
 */
export const notAdmittedTtlMs = 10_000;

/**
 * @returns the facts and what the policy makes of them, if they are fresh enough for that verdict; otherwise null. With
 *   `isDue` it is time to ask GitHub again in the background (stale-while-revalidate), so that active users never wait
 */
export function freshFacts(
  entry: Entry | null,
  request: FactsRequest,
  evaluate: Evaluate,
  now: number,
  lifetimes: Lifetimes,
): { readonly found: EvaluatedFacts; readonly isDue: boolean } | null {
  if (entry?.kind !== "facts" || hasEnded(entry, now)) return null;
  const dated = factsIn(entry, request, now, lifetimes);
  // Facts that are too old for any verdict are not worth an evaluation.
  if (dated === null || !areYounger(dated.askedAt, now, lifetimes.ttlMs)) return null;
  const found = evaluateDated(dated, entry, request, evaluate, now, lifetimes);
  if (!isFreshFor(found.verdict, dated, now, lifetimes)) return null;
  return { found, isDue: !areYounger(dated.askedAt, now, lifetimes.ttlMs / 2) };
}

/** @returns the facts of an entry of this moment, with what the policy makes of them; null where a part is missing */
export function currentFacts(
  entry: FactsEntry,
  request: FactsRequest,
  evaluate: Evaluate,
  now: number,
  lifetimes: Lifetimes,
): { readonly found: EvaluatedFacts; readonly isFresh: boolean } | null {
  const dated = factsIn(entry, request, now, lifetimes);
  if (dated === null) return null;
  const found = evaluateDated(dated, entry, request, evaluate, now, lifetimes);
  return { found, isFresh: !hasEnded(entry, now) && isFreshFor(found.verdict, dated, now, lifetimes) };
}

/**
 * Facts to use while GitHub is unavailable: they admit the user, and the end of the token is known. A refusal is not
 * repeated from the cache: GitHub has not said it now.
 */
export function staleFacts(
  entry: Entry | null,
  request: FactsRequest,
  evaluate: Evaluate,
  now: number,
  lifetimes: Lifetimes,
): EvaluatedFacts | null {
  if (lifetimes.graceMs === 0 || entry?.kind !== "facts" || hasEnded(entry, now)) return null;
  if (entry.expiry.kind === "unreadable") return null;
  const dated = factsIn(entry, request, now, lifetimes);
  if (dated === null || !areYounger(dated.toldAt, now, lifetimes.ttlMs + lifetimes.graceMs)) return null;
  const verdict = evaluate(dated.facts);
  return verdict.kind === "authenticated" ? inGrace(dated, verdict, lifetimes) : null;
}

function inGrace({ facts, toldAt }: DatedFacts, verdict: Verdict, { ttlMs, graceMs }: Lifetimes): EvaluatedFacts {
  return { kind: "found", facts, verdict, isStale: true, graceEndsAt: Math.min(...toldAt) + ttlMs + graceMs };
}

/** Stale parts only ever admit: where they do not, what GitHub failed to say now is not known. */
function evaluateDated(
  dated: DatedFacts,
  entry: FactsEntry,
  request: FactsRequest,
  evaluate: Evaluate,
  now: number,
  lifetimes: Lifetimes,
): EvaluatedFacts {
  const { facts, isStale } = dated;
  const verdict = evaluate(facts);
  if (!isStale) return { kind: "found", facts, verdict, isStale };
  const mayUseGrace = entry.expiry.kind !== "unreadable";
  if (mayUseGrace && verdict.kind === "authenticated") return inGrace(dated, verdict, lifetimes);
  const failed = factsIn(entry, request, now, { ttlMs: 0, graceMs: 0 })?.facts ?? facts;
  return { kind: "found", facts: failed, verdict: evaluate(failed), isStale: false };
}

/** Whether the facts are fresh enough for what the policy makes of them. */
function isFreshFor(verdict: Verdict, { askedAt }: DatedFacts, now: number, { ttlMs }: Lifetimes): boolean {
  const lifetimeMs = verdict.kind === "authenticated" ? ttlMs : Math.min(ttlMs, notAdmittedTtlMs);
  return areYounger(askedAt, now, lifetimeMs);
}

function hasEnded({ expiry }: FactsEntry, now: number): boolean {
  return expiry.kind === "at" && expiry.epochMs <= now;
}

function areYounger(times: readonly number[], now: number, lifetimeMs: number): boolean {
  return times.every((time) => time <= now && now - time < lifetimeMs);
}
