// Negative cache (RFC 2308 has the term): tokens that GitHub has just refused, did not recognise, or would not talk
// about. Asked again within seconds, it would say the same. In memory only and bounded, so that a flood of made-up
// tokens costs no KV write; short, for a new token can be refused once by mistake.

import { BoundedMap } from "../bounded-map.ts";
import type { LookupFailure } from "../github/facts.ts";

export interface NegativeCache {
  get(name: string, now: number): LookupFailure | null;
  /** @param retryAfterMs how long GitHub asked to be left alone, if it did */
  add(name: string, failure: LookupFailure, now: number, retryAfterMs?: number | null): void;
}

export const ttlMs = 10_000;
/** What GitHub asks for is honoured up to here: a wrong header must not lock a user out for long. */
const maxTtlMs = 60_000;
const maxEntries = 20_000;
const bytesEach = 300;

interface NegativeEntry {
  readonly failure: LookupFailure;
  readonly since: number;
  readonly until: number;
}

export function createNegativeCache(): NegativeCache {
  const failures = new BoundedMap<NegativeEntry>({
    maxEntries,
    maxBytes: maxEntries * bytesEach,
    bytesOf: () => bytesEach,
  });
  return {
    get(name, now) {
      const entry = failures.get(name);
      // An entry from the future is left over from a clock that was set back: it must not count for as long as that.
      return entry !== undefined && entry.since <= now && now < entry.until ? entry.failure : null;
    },
    add(name, failure, now, retryAfterMs) {
      failures.set(name, { failure, since: now, until: now + Math.min(retryAfterMs ?? ttlMs, maxTtlMs) });
    },
  };
}
