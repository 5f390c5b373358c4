import { describe, expect, test } from "vitest";
import { createMemory, emptyRecord, type TokenRecord } from "../../../../src/worker/cache/memory.ts";
import { entryOf, factsOf, member, startOfTests } from "./support.ts";

const known: TokenRecord = { ...emptyRecord, entry: entryOf() };
const tombstone = { kind: "tombstone", askedAt: startOfTests } as const;

const now = () => startOfTests;
const put = (memory: ReturnType<typeof createMemory>, token: string, record: TokenRecord) =>
  memory.update(token, emptyRecord, () => record);

describe("the memory of an isolate", () => {
  test("gives back what it was given, and an empty record for another token", () => {
    const memory = createMemory(now);
    put(memory, "a", known);
    expect(memory.get("a")).toBe(known);
    expect(memory.get("b")).toBe(emptyRecord);
  });

  test("hands the change the record as it is now, merged with what the caller knew before it waited", () => {
    const memory = createMemory(now);
    const before = put(memory, "a", { ...known, kvCopy: entryOf(factsOf(), startOfTests - 5) });
    put(memory, "a", { ...emptyRecord, entry: { kind: "tombstone", askedAt: startOfTests }, hasAdmitted: true });
    const after = memory.update("a", before, (current) => current);
    expect(after).toEqual({ ...before, entry: { kind: "tombstone", askedAt: startOfTests }, hasAdmitted: true });
    expect(memory.get("a")).toEqual(after);
  });

  test("counts the changes that were written as it knows them now, or else as the caller knew them", () => {
    const memory = createMemory(now);
    const before = put(memory, "a", { ...known, changesWrittenAt: [1] });
    put(memory, "a", { ...known, changesWrittenAt: [1, 2] });
    expect(memory.update("a", before, (current) => current).changesWrittenAt).toEqual([1, 2]);
    put(memory, "a", known);
    expect(memory.update("a", before, (current) => current).changesWrittenAt).toEqual([1]);
  });

  test("knows what the caller knew, also where it has forgotten the token meanwhile", () => {
    const memory = createMemory(now);
    expect(memory.update("a", known, (current) => ({ ...current, revalidatingSince: 1 }))).toEqual({
      ...known,
      revalidatingSince: 1,
    });
  });

  test("keeps no record of a token about which nothing is known", () => {
    const memory = createMemory(now);
    put(memory, "a", { ...emptyRecord, revalidatingSince: 1 });
    expect(memory.size).toBe(0);
  });

  test("gives back no entry that a fast clock has dated into the future", () => {
    let time = startOfTests;
    const memory = createMemory(() => time);
    put(memory, "a", known);
    time -= 1;
    expect(memory.get("a")).toEqual({ ...known, entry: null });
    time += 1;
    expect(memory.get("a")).toBe(known);
  });

  test("holds 20,000 tokens and forgets the one that was unused for the longest time", () => {
    const memory = createMemory(now);
    for (let index = 0; index <= 20_000; index += 1)
      put(memory, `token ${index}`, { ...emptyRecord, entry: tombstone });
    expect(memory.size).toBe(20_000);
    expect(memory.get("token 0")).toBe(emptyRecord);
    expect(memory.get("token 1").entry).toBe(tombstone);
  });

  test("holds fewer records of users in many teams, and counts a copy that differs", () => {
    const teams = Array.from({ length: 1000 }, (_, index) => ({ id: index + 1, slug: `team-${index}` }));
    const entry = entryOf(factsOf({ organisations: { "acme#10": { ...member, teams } } } as object));
    const sizes = [null, entry, { ...entry }].map((kvCopy) => {
      const memory = createMemory(now);
      for (let index = 0; index < 1000; index += 1) put(memory, `token ${index}`, { ...emptyRecord, entry, kvCopy });
      return memory.size;
    });
    const [alone = 0, same, copied = 0] = sizes;
    const bytesOfOne = 3 * JSON.stringify(entry).length + JSON.stringify(teams).length;
    expect(alone * bytesOfOne).toBeLessThanOrEqual(32 * 1024 * 1024);
    expect(alone * bytesOfOne).toBeGreaterThan(30 * 1024 * 1024);
    expect(same).toBe(alone);
    expect(Math.abs(copied - alone / 2)).toBeLessThanOrEqual(1);
  });

  test("counts long tokens", () => {
    const memory = createMemory(now);
    for (let index = 0; index < 3000; index += 1) {
      put(memory, String(index).padStart(8192, "x"), { ...emptyRecord, entry: tombstone });
    }
    expect(memory.size).toBeLessThan(1400);
  });
});
