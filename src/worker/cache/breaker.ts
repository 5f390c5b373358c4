// Circuit breaker: notices that GitHub is down, so that known users do not wait for a call that is going to fail. It
// decides only whether a known user waits: a token that was never seen always asks. Only signs that the host is down
// count: a response that is odd for one token (too large, inconsistent) must not bring grace to another.
import type { LookupFailure } from "../github/facts.ts";

export interface Breaker {
  /** Whether GitHub has just failed so often that known users are answered from the cache at once. */
  isOpen(now: number): boolean;
  /** @returns true once in a while: the caller that gets it asks GitHub in the background whether it is back */
  takeProbe(now: number): boolean;
  /**
   * @param outcome the outcome of a load from GitHub
   * @param retryAfterMs how long GitHub asked to be left alone, if it did
   */
  report(outcome: LookupFailure | { readonly kind: "found" }, now: number, retryAfterMs: number | null): void;
}

export const failuresToOpen = 3;
export const probeEveryMs = 5_000;
/** What GitHub asks for is honoured up to here: a wrong header must not keep it unasked for long. */
const maxPauseMs = 60_000;
/** Failures of long ago say nothing about now: then one request has to ask and wait. */
const openForMs = 60_000;

const signsOfOutage: ReadonlySet<string> = new Set([
  "github_unreachable",
  "github_timeout",
  "github_server_error",
] satisfies (LookupFailure & { kind: "unavailable" })["reason"][]);

export function createBreaker(): Breaker {
  let failures = 0;
  let lastFailureAt = Number.NEGATIVE_INFINITY;
  let nextProbeAt = Number.NEGATIVE_INFINITY;
  return {
    isOpen: (now) => failures >= failuresToOpen && now - lastFailureAt < openForMs,
    takeProbe(now) {
      if (now < nextProbeAt) return false;
      nextProbeAt = now + probeEveryMs;
      return true;
    },
    report(outcome, now, retryAfterMs) {
      if (outcome.kind !== "unavailable" || !signsOfOutage.has(outcome.reason)) {
        failures = 0;
        return;
      }
      failures += 1;
      lastFailureAt = now;
      // Later failures do not put the probe off: one user whose calls keep failing could keep all others from hearing
      // that GitHub is back.
      const openedNowMs = failures === failuresToOpen ? probeEveryMs : 0;
      nextProbeAt = Math.max(nextProbeAt, now + Math.max(openedNowMs, Math.min(retryAfterMs ?? 0, maxPauseMs)));
    },
  };
}
