// Freshness of cached facts: fresh, due for revalidation, or stale. It follows from when GitHub was asked. A time in
// the future comes from another machine's wrong clock, and is never fresh.
import type { Facts, FactsRequest } from "../github/facts.ts";
import type { Verdict } from "../verdict.ts";
import { type Entry, type FactsEntry, factsIn, timesOf } from "./entry.ts";

export interface Lifetimes {
  /** How long facts are fresh. */
  readonly ttlMs: number;
  /** How much longer stale facts are used while GitHub is unavailable (stale-if-error, RFC 5861). */
  readonly graceMs: number;
}

/** The policy of the asking cluster: pure. */
export type Evaluate = (facts: Facts) => Verdict;

export interface EvaluatedFacts {
  readonly facts: Facts;
  readonly verdict: Verdict;
}

/**
 * Facts that do not admit the user are fresh for this long at most: an account that joins an organisation gets in a
 * moment later.
 */
export const notAdmittedTtlMs = 10_000;

/** @returns the facts and what the policy makes of them, if they are fresh enough for that verdict; otherwise null */
export function freshFacts(
  entry: Entry | null,
  request: FactsRequest,
  evaluate: Evaluate,
  now: number,
  lifetimes: Lifetimes,
): EvaluatedFacts | null {
  // Facts that are too old for any verdict are not worth an evaluation.
  if (entry?.kind !== "facts" || !isYounger(entry, request, now, lifetimes.ttlMs)) return null;
  const facts = factsIn(entry, request);
  if (facts === null) return null;
  const verdict = evaluate(facts);
  return isFreshFor(verdict, entry, request, now, lifetimes) ? { facts, verdict } : null;
}

/** @returns whether the facts are fresh enough for what the policy makes of them */
export function isFreshFor(
  verdict: Verdict,
  entry: FactsEntry,
  request: FactsRequest,
  now: number,
  { ttlMs }: Lifetimes,
): boolean {
  const lifetimeMs = verdict.kind === "authenticated" ? ttlMs : Math.min(ttlMs, notAdmittedTtlMs);
  return !hasEnded(entry, now) && isYounger(entry, request, now, lifetimeMs);
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
  { ttlMs, graceMs }: Lifetimes,
): EvaluatedFacts | null {
  if (graceMs === 0 || entry?.kind !== "facts" || entry.expiry.kind === "unreadable" || hasEnded(entry, now))
    return null;
  if (!isYounger(entry, request, now, ttlMs + graceMs)) return null;
  const facts = factsIn(entry, request);
  if (facts === null) return null;
  const verdict = evaluate(facts);
  return verdict.kind === "authenticated" ? { facts, verdict } : null;
}

/** Whether to ask GitHub again in the background (stale-while-revalidate), so that active users never wait for it. */
export function needsRevalidation(
  entry: FactsEntry,
  request: FactsRequest,
  now: number,
  { ttlMs }: Lifetimes,
): boolean {
  return !isYounger(entry, request, now, ttlMs / 2);
}

function hasEnded({ expiry }: FactsEntry, now: number): boolean {
  return expiry.kind === "at" && expiry.epochMs <= now;
}

function isYounger(entry: FactsEntry, request: FactsRequest, now: number, lifetimeMs: number): boolean {
  return timesOf(entry, request).every((askedAt) => askedAt <= now && now - askedAt < lifetimeMs);
}
