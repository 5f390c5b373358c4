// How long what is remembered is believed. Everything follows from when GitHub was asked; a time in the future is another machine's wrong clock, and believed by nobody.
import type { Facts, FactsRequest } from "../github/facts.ts";
import { type FactsEntry, factsIn, timesOf } from "./entry.ts";

export interface Lifetimes {
  /** How long an answer of GitHub's is believed. */
  readonly ttlMs: number;
  /** How much longer while GitHub is unavailable. */
  readonly graceMs: number;
}

/** Facts that let nobody in are believed this long at most: whoever was let in a moment ago gets in a moment later. */
export const refusalTtlMs = 10_000;

/** @returns the facts if they are young enough to be answered with, or null */
export function freshFacts(entry: FactsEntry, question: FactsRequest, now: number, { ttlMs }: Lifetimes): Facts | null {
  const facts = factsIn(entry, question);
  if (facts === null || hasEnded(entry, now)) return null;
  const lifetimeMs = question.admits(facts) ? ttlMs : Math.min(ttlMs, refusalTtlMs);
  return isYounger(entry, question, now, lifetimeMs) ? facts : null;
}

/**
 * What stands while GitHub is unavailable: facts that let the person in, of a token whose end is known. A refusal is not repeated from memory: GitHub has not said it now.
 */
export function staleFacts(entry: FactsEntry, question: FactsRequest, now: number, lifetimes: Lifetimes): Facts | null {
  const facts = factsIn(entry, question);
  if (facts === null || entry.expiry.kind === "unreadable" || hasEnded(entry, now)) return null;
  if (lifetimes.graceMs === 0 || !question.admits(facts)) return null;
  return isYounger(entry, question, now, lifetimes.ttlMs + lifetimes.graceMs) ? facts : null;
}

/** Whether it is time to ask GitHub again in the background, so that nobody who is at work has to wait for it. */
export function needsRevalidation(
  entry: FactsEntry,
  question: FactsRequest,
  now: number,
  { ttlMs }: Lifetimes,
): boolean {
  return !isYounger(entry, question, now, ttlMs / 2);
}

function hasEnded({ expiry }: FactsEntry, now: number): boolean {
  return expiry.kind === "at" && expiry.epochMs <= now;
}

function isYounger(entry: FactsEntry, question: FactsRequest, now: number, lifetimeMs: number): boolean {
  return timesOf(entry, question).every((askedAt) => askedAt <= now && now - askedAt < lifetimeMs);
}
