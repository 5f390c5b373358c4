// How many failures an address had in the last minute, in this isolate: a caller that guesses is refused without work.
import { BoundedMap } from "../bounded-map.ts";

export interface FailureCount {
  isOver(address: string): boolean;
  add(address: string): void;
}

const minuteMs = 60_000;
const maxAddresses = 10_000;

/** @param now milliseconds */
export function createFailureCount(maxPerMinute: number, now: () => number): FailureCount {
  const counts = new BoundedMap<{ readonly since: number; readonly failures: number }>({
    maxEntries: maxAddresses,
    maxBytes: maxAddresses,
    bytesOf: () => 1,
  });
  const current = (address: string) => {
    const count = counts.get(address);
    return count === undefined || now() - count.since >= minuteMs ? { since: now(), failures: 0 } : count;
  };
  return {
    isOver: (address) => current(address).failures >= maxPerMinute,
    add(address) {
      const { since, failures } = current(address);
      counts.set(address, { since, failures: failures + 1 });
    },
  };
}
