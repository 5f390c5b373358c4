// Workers KV as Cloudflare documents it: what is written is seen at once where it was written, and a minute or more
// later elsewhere; every location keeps what it read, also that there was nothing, for `cacheTtl`; a key takes one
// write a second; and the free plan has daily limits.
import type { KeyValueStore } from "../../../src/worker/cache/kv.ts";
import type { Meter } from "./counts.ts";
import { dayMs } from "./habits.ts";
import type { Random } from "./random.ts";

export interface KvOptions {
  readonly now: () => number;
  readonly meter: Meter;
  readonly random: Random;
  readonly lagSeconds: number;
  readonly plan: "free" | "paid";
}

interface Version {
  readonly value: ArrayBuffer;
  readonly writtenAt: number;
  readonly location: number;
  readonly seenElsewhereAt: number;
}

export const freeReadsADay = 100_000;
export const freeWritesADay = 1_000;

/** As src/worker/bindings.ts asks for. */
const cacheTtlMs = 30_000;
const meanFurtherLagMs = 30_000;
const writeEveryMs = 1_000;

/** @returns the namespace as each location sees it */
export function createKv({ now, meter, random, lagSeconds, plan }: KvOptions): (location: number) => KeyValueStore {
  const versions = new Map<string, Version[]>();
  let today = Number.NaN;
  let readsToday = 0;
  let writesToday = 0;

  function beginDay(): void {
    const day = Math.floor(now() / dayMs);
    if (day === today) return;
    today = day;
    readsToday = 0;
    writesToday = 0;
  }

  function newestSeenIn(location: number, name: string): Version | null {
    const seen = versions
      .get(name)
      ?.findLast((version) => version.location === location || version.seenElsewhereAt <= now());
    return seen ?? null;
  }

  return (location) => {
    const cached = new Map<string, { readonly value: ArrayBuffer | null; readonly readAt: number }>();
    return {
      async get(name) {
        beginDay();
        if (plan === "free" && readsToday >= freeReadsADay) {
          meter.counts.kvReadsRefused += 1;
          throw new Error("KV GET failed: the daily limit is exceeded");
        }
        readsToday += 1;
        meter.counts.kvReads += 1;
        const earlier = cached.get(name);
        if (earlier !== undefined && now() - earlier.readAt < cacheTtlMs) return earlier.value;
        const value = newestSeenIn(location, name)?.value ?? null;
        cached.set(name, { value, readAt: now() });
        return value;
      },
      async put(name, value) {
        beginDay();
        const earlier = versions.get(name) ?? [];
        const last = earlier.at(-1);
        const isTooSoon = last !== undefined && now() - last.writtenAt < writeEveryMs;
        if (isTooSoon || (plan === "free" && writesToday >= freeWritesADay)) {
          meter.counts.kvWritesRefused += 1;
          throw new Error("KV PUT failed: 429 Too Many Requests");
        }
        writesToday += 1;
        meter.counts.kvWrites += 1;
        const seenElsewhereAt = now() + lagSeconds * 1000 + random.exponential(meanFurtherLagMs);
        const written = { value: value.slice().buffer, writtenAt: now(), location, seenElsewhereAt };
        // A version before one that every location sees is seen nowhere any more.
        const oldest = earlier.findLastIndex((version) => version.seenElsewhereAt <= now());
        versions.set(name, [...earlier.slice(Math.max(0, oldest)), written]);
        cached.set(name, { value: written.value, readAt: now() });
      },
    };
  };
}
