import { describe, expect, test } from "vitest";
import { createMemory } from "../../../../src/worker/cache/memory.ts";
import { entryOf, factsOf, member, startOfTests } from "./support.ts";

const remembered = { entry: entryOf(), copy: null, revalidatingSince: null };
const tombstone = { kind: "tombstone", askedAt: startOfTests } as const;

describe("the memory of an isolate", () => {
  test("gives back what it was given, and nothing for another token", () => {
    const memory = createMemory();
    memory.set("a", remembered);
    expect(memory.get("a")).toBe(remembered);
    expect(memory.get("b")).toBeUndefined();
  });

  test("holds 20,000 tokens and forgets the one that was unused for the longest time", () => {
    const memory = createMemory();
    for (let index = 0; index <= 20_000; index += 1) {
      memory.set(`token ${index}`, { entry: tombstone, copy: null, revalidatingSince: null });
    }
    expect(memory.size).toBe(20_000);
    expect(memory.get("token 0")).toBeUndefined();
    expect(memory.get("token 1")).toBeDefined();
  });

  test("holds fewer of those who are in many teams, and counts a copy that differs", () => {
    const teams = Array.from({ length: 1000 }, (_, index) => ({ id: index + 1, slug: `team-${index}` }));
    const entry = entryOf(factsOf({ organisations: { "acme#10": { ...member, teams } } } as object));
    const sizes = [null, entry, { ...entry }].map((copy) => {
      const memory = createMemory();
      for (let index = 0; index < 1000; index += 1)
        memory.set(`token ${index}`, { entry, copy, revalidatingSince: null });
      return memory.size;
    });
    const [alone = 0, same, copied = 0] = sizes;
    const bytesOfOne = 3 * JSON.stringify(entry).length;
    expect(alone * bytesOfOne).toBeLessThanOrEqual(32 * 1024 * 1024);
    expect(alone * bytesOfOne).toBeGreaterThan(30 * 1024 * 1024);
    expect(same).toBe(alone);
    expect(copied).toBe(Math.floor(alone / 2));
  });

  test("counts long tokens", () => {
    const memory = createMemory();
    for (let index = 0; index < 3000; index += 1) {
      memory.set(String(index).padStart(8192, "x"), { entry: tombstone, copy: null, revalidatingSince: null });
    }
    expect(memory.size).toBeLessThan(1400);
  });
});
