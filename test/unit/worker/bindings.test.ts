import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { limitOf, storeOf } from "../../../src/worker/bindings.ts";

describe("a KV namespace", () => {
  test("is read with the shortest cache that Workers allow, and written with an end", async () => {
    const calls: unknown[][] = [];
    const store = storeOf({
      get: async (...call: unknown[]) => {
        calls.push(call);
        return null;
      },
      put: async (...call: unknown[]) => {
        calls.push(call);
      },
    });
    const value = new Uint8Array([1]);
    expect(await store.get("a")).toBeNull();
    await store.put("a", value, 60);
    expect(calls).toEqual([
      ["a", { type: "arrayBuffer", cacheTtl: 30 }],
      ["a", value, { expirationTtl: 60 }],
    ]);
  });

  test.each([undefined, null, "KV", {}, { get: () => null }])(
    "that is not there (%j) holds nothing",
    async (binding) => {
      const store = storeOf(binding);
      await store.put("a", new Uint8Array([1]), 60);
      expect(await store.get("a")).toBeNull();
    },
  );
});

describe("a limiter", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const warnings: string[] = [];
  const limit = (binding: unknown) => limitOf("NEVER_SEEN_LIMIT", binding, (text) => warnings.push(text));

  test.each([true, false])("decides for the asking cluster: %s", async (success) => {
    const keys: unknown[] = [];
    const admit = limit({
      limit: async (options: unknown) => {
        keys.push(options);
        return { success };
      },
    });
    expect(await admit("production")).toBe(success);
    expect(keys).toEqual([{ key: "production" }]);
    expect(warnings).toEqual([]);
  });

  test.each<[string, () => Promise<never>]>([
    ["fails", () => Promise.reject(new Error("limiter"))],
    ["hangs", () => new Promise(() => {})],
    [
      "throws",
      () => {
        throw new Error("limiter");
      },
    ],
  ])("that %s locks no user out", async (_, answer) => {
    const admitted = limit({ limit: answer })("production");
    await vi.advanceTimersByTimeAsync(500);
    expect(await admitted).toBe(true);
  });

  test.each([undefined, null, {}])(
    "that is not there (%j) caps nothing, which is said at the start",
    async (binding) => {
      warnings.length = 0;
      const admit = limit(binding);
      expect(warnings).toEqual(["NEVER_SEEN_LIMIT is not bound: there is no cap on tokens that were never seen"]);
      expect(await admit("production")).toBe(true);
    },
  );
});
