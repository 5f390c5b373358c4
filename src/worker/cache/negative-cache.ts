// Tokens that GitHub has just refused, did not recognise, or would not talk about: asked again within seconds, they would get the same answer. In memory only and bounded, so that a flood of made-up
// tokens costs no KV write; short, for a fresh token can be refused once by mistake.
import type { LookupFailure } from "../github/facts.ts";
import { BoundedMap } from "./bounded-map.ts";

export interface NegativeCache {
  get(name: string, now: number): LookupFailure | null;
  /** @param retryAfterMs how long GitHub asked to be left alone, if it did */
  add(name: string, refusal: LookupFailure, now: number, retryAfterMs?: number | null): void;
}

export const ttlMs = 10_000;
/** What GitHub asks for is honoured up to here: a wrong header must not lock anybody out for long. */
const maxTtlMs = 60_000;
const maxEntries = 20_000;
const bytesEach = 300;

interface Remembered {
  readonly refusal: LookupFailure;
  readonly since: number;
  readonly until: number;
}

export function createNegativeCache(): NegativeCache {
  const refusals = new BoundedMap<Remembered>({
    maxEntries,
    maxBytes: maxEntries * bytesEach,
    bytesOf: () => bytesEach,
  });
  return {
    get(name, now) {
      const entry = refusals.get(name);
      // One from the future is left over from a clock that was set back: it must not stand for as long as that.
      return entry !== undefined && entry.since <= now && now < entry.until ? entry.refusal : null;
    },
    add(name, refusal, now, retryAfterMs) {
      refusals.set(name, { refusal, since: now, until: now + Math.min(retryAfterMs ?? ttlMs, maxTtlMs) });
    },
  };
}
