// What can go wrong with memory and with KV, put upon the real parts in the middle of a test.

import * as v from "valibot";
import { type Entry, entrySchema } from "../../../../src/worker/cache/entry.ts";
import { createMemory, emptyRecord, type Memory, type TokenRecord } from "../../../../src/worker/cache/memory.ts";
import type { Sealer } from "../../../../src/worker/cache/sealer.ts";
import { entryOf, type FakeStore, factsOf, fakeStore, never, seconds, turnOfTheLoop, untilIdle } from "./support.ts";

export const kvFaults = [
  "none",
  "miss",
  "slow",
  "hang",
  "throw",
  "corrupt",
  "swapped",
  "replayed",
  "truncated",
  "stale",
  "future",
  "foreign",
] as const;
export type KvFault = (typeof kvFaults)[number];

/** A Map in the same process neither waits nor throws nor mixes keys up; this is what is left. */
export const memoryFaults = ["none", "miss", "replayed", "truncated", "stale", "future"] as const;
export type MemoryFault = (typeof memoryFaults)[number];

const anHour = seconds(3600);
/** Another person, who may get in. */
const intruder = entryOf(factsOf({ account: { id: 7, login: "intruder", type: "User" } }));

function shifted(entry: Entry, ms: number): Entry {
  if (entry.kind === "tombstone") return { ...entry, askedAt: entry.askedAt + ms };
  const parts = Object.entries(entry.organisations).map(([key, part]) => [
    key,
    { ...part, askedAt: part.askedAt + ms },
  ]);
  return { ...entry, askedAt: entry.askedAt + ms, organisations: Object.fromEntries(parts) };
}

export interface FaultyMemory extends Memory {
  /** From now on. */
  suffer(fault: MemoryFault, token: string): void;
}

export function faultyMemory(now: () => number): FaultyMemory {
  const memory = createMemory(now);
  const history: TokenRecord[] = [];
  let isEmpty = false;
  return {
    get size() {
      return memory.size;
    },
    get: (token) => (isEmpty ? emptyRecord : memory.get(token)),
    update(token, before, change) {
      const record = memory.update(token, before, (current) => change(isEmpty ? before : current));
      history.push(record);
      return record;
    },
    suffer(fault, token) {
      const record = memory.get(token);
      isEmpty = fault === "miss";
      if (record.entry === null) return;
      const damaged = damage(fault, record.entry, entriesIn(history));
      if (damaged === null) isEmpty = true;
      else memory.update(token, emptyRecord, () => ({ ...record, entry: damaged }));
    },
  };
}

/** Each that differs from the one before. */
function entriesIn(history: readonly TokenRecord[]): Entry[] {
  const known = history.flatMap(({ entry }) => (entry === null ? [] : [entry]));
  return known.filter((entry, index) => entry !== known[index - 1]);
}

function damage(fault: MemoryFault, entry: Entry, history: readonly Entry[]): Entry | null {
  switch (fault) {
    case "none":
    case "miss":
      return entry;
    case "replayed":
      return history.at(-2) ?? null;
    case "truncated":
      return entry.kind === "facts" ? { ...entry, organisations: {} } : null;
    case "stale":
      return shifted(entry, -anHour);
    case "future":
      return shifted(entry, anHour);
  }
}

export interface FaultyStore extends FakeStore {
  /** From now on. */
  suffer(fault: KvFault): void;
}

/**
 * @param sealer the deployment's
 * @param foreignSealer another's on the same namespace
 */
export function faultyStore(sealer: Sealer, foreignSealer: Sealer): FaultyStore {
  const store = fakeStore();
  const history: Uint8Array<ArrayBuffer>[] = [];
  const { put } = store;

  async function reseal(name: string, value: ArrayBuffer | null, shiftMs: number): Promise<ArrayBuffer | null> {
    const plain = value === null ? null : await sealer.open(name, new Uint8Array(value));
    if (plain === null) return value;
    const entry = shifted(v.parse(entrySchema, JSON.parse(plain)), shiftMs);
    return (await sealer.seal(name, JSON.stringify(entry))).buffer;
  }

  const late = async () => {
    await untilIdle();
    await turnOfTheLoop();
  };

  const gets: Record<KvFault, FakeStore["onGet"]> = {
    none: async (value) => value,
    miss: async () => null,
    slow: async (value) => {
      await late();
      return value;
    },
    hang: never,
    throw: () => Promise.reject(new Error("KV GET failed: 500")),
    corrupt: async (value) => (value === null ? null : new Uint8Array(value).map((byte) => byte ^ 0x55).buffer),
    swapped: async (_, name) => {
      const other = await sealer.nameOf(`not ${name}`);
      return (await sealer.seal(other, JSON.stringify(intruder))).buffer;
    },
    replayed: async () => history.at(-2)?.slice().buffer ?? null,
    truncated: async (value) => value?.slice(0, value.byteLength - 9) ?? null,
    stale: (value, name) => reseal(name, value, -anHour),
    future: (value, name) => reseal(name, value, anHour),
    foreign: async (_, name) => (await foreignSealer.seal(name, JSON.stringify(intruder))).buffer,
  };

  return Object.assign(store, {
    put(name: string, value: Uint8Array<ArrayBuffer>, ttlSeconds: number) {
      history.push(value);
      return put(name, value, ttlSeconds);
    },
    suffer(fault: KvFault) {
      store.onGet = gets[fault];
      if (fault === "throw") store.onPut = () => Promise.reject(new Error("KV PUT failed: 500"));
      if (fault === "hang" || fault === "slow") store.onPut = never;
    },
  });
}
