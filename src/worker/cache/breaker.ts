// Notices that GitHub is down, so that people who are known don't wait for a call that is going to fail. It decides only whether somebody known waits: a token that was never
// seen always asks.

export interface Breaker {
  /** Whether GitHub has failed so often that known people are answered from memory at once. */
  isOpen(): boolean;
  /** @returns true once in a while: whoever gets it asks GitHub in the background whether it is back */
  takeProbe(now: number): boolean;
  /** @param retryAfterMs how long GitHub asked to be left alone, if it did */
  report(wasAvailable: boolean, now: number, retryAfterMs: number | null): void;
}

const failuresToOpen = 3;
const probeEveryMs = 5_000;
const maxPauseMs = 60_000;

export function createBreaker(): Breaker {
  let failures = 0;
  let nextProbeAt = 0;
  return {
    isOpen: () => failures >= failuresToOpen,
    takeProbe(now) {
      if (now < nextProbeAt) return false;
      nextProbeAt = now + probeEveryMs;
      return true;
    },
    report(wasAvailable, now, retryAfterMs) {
      failures = wasAvailable ? 0 : failures + 1;
      nextProbeAt = now + Math.min(retryAfterMs ?? probeEveryMs, maxPauseMs);
    },
  };
}
