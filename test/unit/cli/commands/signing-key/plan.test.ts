// The steps of a rotation: what follows from the table and the time, and what comes too early.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type DeployedKeys,
  planCompromised,
  planCreate,
  planRotate,
  type Step,
  stateOf,
} from "../../../../../src/cli/commands/signing-key/plan.ts";
import { newestTime, timeText } from "../../../../../src/cli/config-file/signing-keys.ts";
import type { SigningKeySlot } from "../../../../../src/worker/config/sign-in.ts";

const hour = 3_600_000;
const minute = 60_000;
const now = Date.parse("2026-11-27T10:00:00Z");
const none: DeployedKeys = { table: null, slots: [] };

function keysAfter(step: Step): DeployedKeys {
  if (step.kind !== "go") throw new Error(step.message);
  return { table: step.table, slots: ["a", "b"] };
}

const first = keysAfter(planCreate(none, now));
const withNext = keysAfter(planCreate(first, now + hour));
const rotated = keysAfter(planRotate(withNext, now + 2 * hour));

describe("the first key", () => {
  test("signs at once, in slot a", () => {
    expect(planCreate(none, now)).toEqual({
      kind: "go",
      table: { signs: "a", signs_since: now, published: { a: now }, withdrawn: [] },
      newKeys: ["a"],
    });
  });

  test.each(["a", "b"] as const)(
    "that was put there by hand (%s) stays, and the next one goes into the other",
    (slot) => {
      const other = slot === "a" ? "b" : "a";
      const step = planCreate({ table: null, slots: [slot] }, now);
      expect(step).toEqual({
        kind: "go",
        table: { signs: slot, published: { [other]: now }, withdrawn: [] },
        newKeys: [other],
      });
      const keys = keysAfter(planRotate(keysAfter(step), now + hour));
      // Without a time of its own it would not be published any more.
      expect(keys.table?.published[slot]).toBe(now);
      expect(stateOf(keys).kind).toBe("earlier");
    },
  );

  test("of two without a table is not guessed", () => {
    const keys: DeployedKeys = { table: null, slots: ["a", "b"] };
    for (const step of [planCreate(keys, now), planRotate(keys, now), planCompromised(keys, null, now)]) {
      expect(step.kind).toBe("refused");
    }
  });
});

describe("the next key", () => {
  test("goes into the other slot, and does not sign", () => {
    expect(withNext.table).toEqual({ ...first.table, published: { a: now, b: now + hour } });
    expect(stateOf(withNext)).toEqual({ kind: "next", signs: "a", other: "b", signsFrom: now + 2 * hour });
  });

  test("is not replaced before it has signed", () => {
    const step = planCreate(withNext, now + 30 * 24 * hour);
    expect(step).toMatchObject({ kind: "refused", hint: expect.stringContaining("octogate signing-key rotate") });
  });

  test("signs an hour after it was published, and no millisecond sooner", () => {
    expect(planRotate(withNext, now + 2 * hour - 1)).toMatchObject({ kind: "refused", from: now + 2 * hour });
    expect(planRotate(withNext, now + 2 * hour)).toEqual({
      kind: "go",
      table: { signs: "b", signs_since: now + 2 * hour, published: { a: now, b: now + hour }, withdrawn: [] },
      newKeys: [],
    });
  });

  test("has to be there", () => {
    expect(planRotate(none, now).kind).toBe("refused");
    expect(planRotate(first, now + 30 * hour)).toMatchObject({
      kind: "refused",
      message: expect.stringContaining("no other key"),
    });
  });
});

describe("the key before", () => {
  const neededUntil = now + 2 * hour + hour + 5 * minute;

  test("stays published until the longest token of it has ended, and five minutes more", () => {
    expect(stateOf(rotated)).toEqual({ kind: "earlier", signs: "b", other: "a", neededUntil });
    expect(planCreate(rotated, neededUntil - 1)).toMatchObject({ kind: "refused", from: neededUntil });
    expect(planCreate(rotated, neededUntil)).toMatchObject({
      kind: "go",
      table: { signs: "b", published: { a: neededUntil, b: now + hour } },
      newKeys: ["a"],
    });
  });

  test("does not sign again", () => {
    expect(planRotate(rotated, now + 30 * hour)).toMatchObject({ kind: "refused" });
  });
});

describe("a compromised key", () => {
  test("is dropped at once, and the next one signs, however new it is", () => {
    const step = planCompromised(withNext, null, now + hour + 1000);
    expect(step).toMatchObject({ kind: "go", table: { signs: "b", published: { b: now + hour } }, newKeys: ["a"] });
    expect(keysAfter(step).table?.published).not.toHaveProperty("a");
  });

  test("is followed by the one before, where that is still published", () => {
    const step = planCompromised(rotated, null, now + 2 * hour + 1000);
    expect(step).toMatchObject({ kind: "go", table: { signs: "a", published: { a: now } }, newKeys: ["b"] });
  });

  test("is followed by one that is made for it, where there is no other", () => {
    const step = planCompromised(first, null, now + 1000);
    const time = now + 1000;
    expect(step).toEqual({
      kind: "go",
      table: { signs: "b", signs_since: time, published: { b: time }, withdrawn: [] },
      newKeys: ["a", "b"],
    });
  });

  test("is followed by one that is made for it, where the other slot's key is wrong", () => {
    const time = now + hour + 1000;
    const step = planCompromised(withNext, null, time, (slot) => slot === "b");
    expect(step).toMatchObject({ kind: "go", table: { signs: "b", published: { b: time } }, newKeys: ["a", "b"] });
  });

  test("that does not sign is dropped alone", () => {
    const step = planCompromised(withNext, "b", now + hour + 1000);
    expect(step).toMatchObject({ kind: "go", table: { signs: "a", published: { a: now } }, newKeys: ["b"] });
  });

  test("takes no withdrawn key with it into the new table", () => {
    if (withNext.table === null) throw new Error("there is a table");
    const key = { kty: "RSA" as const, kid: "k".repeat(43), n: "n".repeat(342), e: "AQAB" };
    const table = { ...withNext.table, withdrawn: [key] };
    expect(planCompromised({ ...withNext, table }, null, now + hour)).toMatchObject({ table: { withdrawn: [] } });
  });

  test("is dropped whatever the clock says, and the table is never older than the one before", () => {
    const step = planCompromised(withNext, null, now - 50 * hour);
    expect(newestTime(keysAfter(step).table)).toBeGreaterThanOrEqual(newestTime(withNext.table));
  });
});

test.each([planCreate, planRotate])("a clock before the table's newest time is told, and nothing is done", (plan) => {
  for (const keys of [first, withNext, rotated]) {
    const newest = newestTime(keys.table);
    expect(plan(keys, newest - 1)).toMatchObject({ kind: "refused", from: newest });
    expect(plan(keys, newest - 1)).toMatchObject({ message: expect.stringContaining(timeText(newest)) });
  }
});

type Action = "create" | "rotate" | "compromised" | "compromised a" | "compromised b";

/** What a kube-apiserver of any kind needs, over any steps at any times. */
test("in any order and at any time, a key that signs was published for an hour, unless one is compromised", () => {
  const action = fc.constantFrom<Action>("create", "rotate", "compromised", "compromised a", "compromised b");
  const steps = fc.array(fc.record({ action, after: fc.integer({ min: 0, max: 3 * hour }) }), { maxLength: 30 });
  fc.assert(
    fc.property(steps, (tried) => {
      let keys = none;
      let time = now;
      const publishedSince = new Map<SigningKeySlot, number>();
      const lastSigned = new Map<SigningKeySlot, number>();
      for (const { action: wanted, after } of tried) {
        time += after;
        const before = keys.table;
        const step = {
          create: () => planCreate(keys, time),
          rotate: () => planRotate(keys, time),
          compromised: () => planCompromised(keys, null, time),
          "compromised a": () => planCompromised(keys, "a", time),
          "compromised b": () => planCompromised(keys, "b", time),
        }[wanted]();
        if (before !== null) lastSigned.set(before.signs, time);
        if (step.kind === "refused") continue;
        const { table, newKeys } = step;
        const isCompromise = wanted.startsWith("compromised");
        expect(Object.keys(table.published)).toContain(table.signs);
        for (const slot of newKeys) publishedSince.set(slot, time);
        if (before !== null && !isCompromise) {
          expect(newKeys).not.toContain(before.signs);
          if (table.signs !== before.signs) {
            expect(time - (publishedSince.get(table.signs) ?? time)).toBeGreaterThanOrEqual(hour);
          }
          // A token lives for an hour at most: no slot is given to another key while one of its own may be valid.
          for (const slot of newKeys) {
            const ended = (lastSigned.get(slot) ?? Number.NEGATIVE_INFINITY) + hour;
            if (before.published[slot] !== undefined) expect(time).toBeGreaterThanOrEqual(ended);
          }
        }
        if (isCompromise) {
          const dropped = wanted === "compromised" ? before?.signs : wanted.endsWith("a") ? "a" : "b";
          expect(table.signs).not.toBe(dropped);
          expect(Object.keys(table.published)).not.toContain(dropped);
          expect(newKeys).toContain(dropped);
        }
        keys = { table, slots: ["a", "b"] };
      }
    }),
  );
});
