import { describe, expect, test } from "vitest";
import type { Entry } from "../../../../src/worker/cache/entry.ts";
import { createKvCache } from "../../../../src/worker/cache/kv.ts";
import type { Sealer } from "../../../../src/worker/cache/sealer.ts";
import {
  entryOf,
  fakeStore,
  handClock,
  hurryTimers,
  never,
  newToken,
  seconds,
  testSealer,
  turnOfTheLoop,
  untilIdle,
} from "./support.ts";

const tombstone: Entry = { kind: "tombstone", askedAt: 1 };

function setUp({ sealer = testSealer(), store = fakeStore() } = {}) {
  const clock = handClock();
  const warnings: string[] = [];
  const kv = createKvCache({ store, sealer, now: clock.now, writeWarning: (text) => warnings.push(text) });
  return { kv, clock, store, sealer, warnings };
}

describe("KV", () => {
  test("gives back what was written, for a week", async () => {
    const { kv, store, warnings } = setUp();
    expect(await kv.write("a", entryOf())).toBe(true);
    expect(await kv.read("a")).toEqual(entryOf());
    expect(store.writes).toEqual([{ name: "a", ttlSeconds: 604_800 }]);
    expect(warnings).toEqual([]);
  });

  test("knows nothing of what was never written, and says nothing about it", async () => {
    const { kv, warnings } = setUp();
    expect(await kv.read("a")).toBeNull();
    expect(warnings).toEqual([]);
  });

  test("holds nothing that can be read", async () => {
    const { kv, store, sealer } = setUp();
    const token = newToken();
    await kv.write(await sealer.nameOf(token), entryOf());
    for (const [name, value] of store.values) {
      const stored = `${name} ${Buffer.from(value).toString("latin1")}`;
      for (const text of ["mona", "acme", "platform", "read:org", "facts", token.slice(4, 12)]) {
        expect(stored).not.toContain(text);
      }
    }
  });
});

describe("a read is a miss", () => {
  test.each<[string, () => Promise<never>]>([
    ["fails", () => Promise.reject(new Error("KV GET failed: 500"))],
    [
      "throws",
      () => {
        throw new TypeError("bad");
      },
    ],
    ["hangs", never],
  ])("when it %s", async (_, onGet) => {
    hurryTimers();
    const { kv, store, warnings } = setUp();
    await kv.write("a", entryOf());
    store.onGet = onGet;
    expect(await kv.read("a")).toBeNull();
    expect(warnings).toEqual([
      "KV: a read failed or took too long; 1 such faults since this isolate began, and each is treated as a miss",
    ]);
  });

  test("when it takes longer than 500 ms", async () => {
    const delays = hurryTimers();
    const { kv, store } = setUp();
    await kv.write("a", entryOf());
    store.onGet = async (usual) => {
      await untilIdle();
      await turnOfTheLoop();
      return usual;
    };
    expect(await kv.read("a")).toBeNull();
    // The process has timers of its own, such as those of the test runner.
    expect(delays).toEqual(expect.arrayContaining([2000, 500]));
  });

  test.each<[string, (bytes: Uint8Array) => Uint8Array<ArrayBuffer>]>([
    ["empty", () => new Uint8Array(0)],
    ["cut", (bytes) => bytes.slice(0, -1)],
    ["changed", (bytes) => bytes.map((byte, index) => (index === 20 ? byte ^ 1 : byte))],
    ["of another deployment", (bytes) => new Uint8Array(bytes.length)],
  ])("when the value is %s", async (_, change) => {
    const { kv, store, warnings } = setUp();
    await kv.write("a", entryOf());
    store.onGet = async (usual) => (usual === null ? null : change(new Uint8Array(usual)).buffer);
    expect(await kv.read("a")).toBeNull();
    expect(warnings).toEqual([
      "KV: a value is not one that this deployment sealed, or of another version; 1 such faults since this isolate began, and each is treated as a miss",
    ]);
  });

  test("when the value is another token's", async () => {
    const { kv, store } = setUp();
    await kv.write("a", entryOf());
    store.values.set("b", store.values.get("a") ?? new Uint8Array(0));
    expect(await kv.read("b")).toBeNull();
  });

  test.each(["", "no JSON", "null", "[]", '{"kind":"facts"}', '{"kind":"tombstone","askedAt":"now"}'])(
    "when what was sealed is %j",
    async (text) => {
      const { kv, store, sealer, warnings } = setUp();
      store.values.set("a", await sealer.seal("a", text));
      expect(await kv.read("a")).toBeNull();
      expect(warnings).toHaveLength(1);
    },
  );

  test("when even the sealer fails", async () => {
    const broken: Sealer = { ...testSealer(), open: () => Promise.reject(new Error("no crypto")) };
    const { kv } = setUp({ sealer: broken });
    await kv.write("a", entryOf());
    expect(await kv.read("a")).toBeNull();
  });
});

describe("a write that KV does not take", () => {
  test.each<[string, () => Promise<void>]>([
    ["is refused", () => Promise.reject(new Error("KV PUT failed: 429 Too Many Requests"))],
    [
      "throws",
      () => {
        throw new TypeError("bad");
      },
    ],
    ["hangs", never],
  ])("%s: that key has no write for five seconds, and the others are written", async (_, onPut) => {
    hurryTimers();
    const { kv, store, clock, warnings } = setUp();
    store.onPut = onPut;
    expect(await kv.write("a", entryOf())).toBe(false);
    store.onPut = async () => {};
    clock.advance(seconds(5) - 1);
    expect(await kv.write("a", entryOf())).toBe(false);
    expect(await kv.write("b", entryOf())).toBe(true);
    clock.advance(1);
    expect(await kv.write("a", entryOf())).toBe(true);
    expect(store.writes.map(({ name }) => name)).toEqual(["a", "b", "a"]);
    expect(warnings).toEqual([
      "KV: a write failed or took too long; 1 such faults since this isolate began, and each is treated as a miss",
    ]);
  });

  test("for three keys in a row ends the writes of all keys for a minute", async () => {
    const { kv, store, clock } = setUp();
    store.onPut = () => Promise.reject(new Error("KV PUT failed: 429 Too Many Requests"));
    for (const name of ["a", "b", "c", "d"]) await kv.write(name, entryOf());
    expect(store.writes.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    store.onPut = async () => {};
    clock.advance(seconds(60) - 1);
    expect(await kv.write("d", entryOf())).toBe(false);
    clock.advance(1);
    expect(await kv.write("d", entryOf())).toBe(true);
  });

  test("for one key after such a minute is about that key alone again", async () => {
    const { kv, store, clock } = setUp();
    store.onPut = () => Promise.reject(new Error("KV PUT failed: 429 Too Many Requests"));
    for (const name of ["a", "b", "c"]) await kv.write(name, entryOf());
    clock.advance(seconds(60));
    await kv.write("d", entryOf());
    store.onPut = async () => {};
    expect(await kv.write("e", entryOf())).toBe(true);
  });

  test("is about its key alone where KV takes another in between", async () => {
    const { kv, store } = setUp();
    for (const name of ["a", "b", "c", "d"]) {
      store.onPut = () => Promise.reject(new Error("KV PUT failed: 429 Too Many Requests"));
      await kv.write(name, entryOf());
      store.onPut = async () => {};
      expect(await kv.write(`another than ${name}`, entryOf())).toBe(true);
    }
  });

  test("does not keep back what ends an access", async () => {
    const { kv, store } = setUp();
    store.onPut = () => Promise.reject(new Error("KV PUT failed: 429"));
    await kv.write("a", entryOf());
    store.onPut = async (usual) => usual();
    expect(await kv.write("b", tombstone, true)).toBe(true);
    expect(await kv.read("b")).toEqual(tombstone);
  });

  test("does not keep reads back", async () => {
    const { kv, store } = setUp();
    await kv.write("a", entryOf());
    store.onPut = () => Promise.reject(new Error("KV PUT failed: 429"));
    await kv.write("b", entryOf());
    expect(await kv.read("a")).toEqual(entryOf());
  });
});

test("faults are counted, and written about once a minute", async () => {
  const { kv, store, clock, warnings } = setUp();
  store.onGet = () => Promise.reject(new Error("down"));
  for (let read = 0; read < 5; read += 1) await kv.read("a");
  clock.advance(seconds(60) - 1);
  await kv.read("a");
  expect(warnings).toHaveLength(1);
  clock.advance(1);
  await kv.read("a");
  expect(warnings).toHaveLength(2);
  expect(warnings[1]).toContain("7 such faults");
});
