// How often something happened in the last minute, by a key, in this isolate: what comes too often is refused without
// work.
import { BoundedMap } from "../bounded-map.ts";

export interface MinuteCount {
  isOver(key: string): boolean;
  add(key: string): void;
}

const minuteMs = 60_000;
const maxKeys = 10_000;

/** @param now milliseconds */
export function createMinuteCount(maxPerMinute: number, now: () => number): MinuteCount {
  const counts = new BoundedMap<{ readonly since: number; readonly times: number }>({
    maxEntries: maxKeys,
    maxBytes: maxKeys,
    bytesOf: () => 1,
  });
  const current = (key: string) => {
    const count = counts.get(key);
    return count === undefined || now() - count.since >= minuteMs ? { since: now(), times: 0 } : count;
  };
  return {
    isOver: (key) => current(key).times >= maxPerMinute,
    add(key) {
      const { since, times } = current(key);
      counts.set(key, { since, times: times + 1 });
    },
  };
}
