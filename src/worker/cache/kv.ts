// Workers KV: entries that other isolates and locations wrote. It is never the reason for a refusal: every fault here
// is a miss. It is eventually consistent (a minute and more), so only a copy's own times say how old it is. Writes cost
// money and are few on the free plan (1,000 a day), so after one was refused there are none for a while.
import * as v from "valibot";
import { parseJson } from "../json.ts";
import { withTimeout } from "../with-timeout.ts";
import { type Entry, entrySchema } from "./entry.ts";
import type { Sealer } from "./sealer.ts";

/** The part of a KV namespace that is used. */
export interface KeyValueStore {
  get(name: string): Promise<ArrayBuffer | null>;
  put(name: string, value: Uint8Array<ArrayBuffer>, ttlSeconds: number): Promise<void>;
}

export interface SealedKv<Value> {
  /** @returns null for a miss and for every fault */
  read(name: string): Promise<Value | null>;
  /**
   * @param endsAccess whether it ends access that KV may still give. Such a write is tried even after KV refused one:
   *   it is rare, and no user can cause it at will
   * @returns whether KV has accepted it
   */
  write(name: string, value: Value, endsAccess?: boolean): Promise<boolean>;
}

/** Facts by the names of tokens. */
export type KvCache = SealedKv<Entry>;

export interface KvCacheOptions {
  readonly store: KeyValueStore;
  readonly sealer: Sealer;
  readonly now: () => number;
  readonly writeWarning: (text: string) => void;
}

/** KV answers in 250 ms at its 99th percentile; GitHub would answer sooner than a slower one. */
export const readTimeoutMs = 500;
/** No review waits for a write, but a Worker's work after its response has an end. */
const writeTimeoutMs = 2_000;
/**
 * Long after it is stale: an old entry shows that a token was once good, and holds what a conditional request needs.
 */
export const keepSeconds = 7 * 24 * 60 * 60;
/**
 * KV takes one write a second for each key, and on the free plan 1,000 a day for all: it refuses both in the same way.
 */
const keyPauseMs = 5_000;
const pauseMs = 60_000;
/** So many refused keys in a row are no longer about one key. */
const refusedKeysToPause = 3;
export const warnEveryMs = 60_000;

export function createKvCache(options: KvCacheOptions): KvCache {
  return createSealedKv(options, entrySchema);
}

/** @param schema of what is kept, as JSON */
export function createSealedKv<Value>(
  { store, sealer, now, writeWarning }: KvCacheOptions,
  schema: v.GenericSchema<unknown, Value>,
): SealedKv<Value> {
  /** Until when a key is not written, for the keys that KV has refused since it took one. */
  const refusedUntil = new Map<string, number>();
  let noWritesBefore = 0;
  let faults = 0;
  let lastWarningAt = Number.NEGATIVE_INFINITY;

  function warn(what: string): void {
    faults += 1;
    if (now() - lastWarningAt < warnEveryMs) return;
    writeWarning(`KV: ${what}; ${faults} such faults since this isolate began, and each is treated as a miss`);
    lastWarningAt = now();
  }

  return {
    async read(name) {
      let plain: string | null;
      try {
        const bytes = await withTimeout(store.get(name), readTimeoutMs);
        if (bytes === null) return null;
        plain = await sealer.open(name, new Uint8Array(bytes));
      } catch {
        warn("a read failed or took too long");
        return null;
      }
      const parsed = v.safeParse(schema, plain === null ? null : parseJson(plain));
      if (parsed.success) return parsed.output;
      warn("a value is not one that this deployment sealed, or of another version");
      return null;
    },
    async write(name, value, endsAccess = false) {
      if (now() < Math.max(noWritesBefore, refusedUntil.get(name) ?? 0) && !endsAccess) return false;
      try {
        const sealed = await sealer.seal(name, JSON.stringify(value));
        await withTimeout(store.put(name, sealed, keepSeconds), writeTimeoutMs);
        refusedUntil.clear();
        return true;
      } catch {
        refusedUntil.set(name, now() + keyPauseMs);
        if (refusedUntil.size >= refusedKeysToPause) {
          refusedUntil.clear();
          noWritesBefore = now() + pauseMs;
        }
        warn("a write failed or took too long");
        return false;
      }
    },
  };
}
