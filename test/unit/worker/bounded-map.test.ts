import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BoundedMap } from "../../../src/worker/bounded-map.ts";

const byLength = (options: { maxEntries?: number; maxBytes?: number } = {}) =>
  new BoundedMap<string>({
    maxEntries: 3,
    maxBytes: 100,
    bytesOf: (key, value) => key.length + value.length,
    ...options,
  });

const keysIn = (map: BoundedMap<string>, keys: string) =>
  [...keys].filter((key) => map.get(key) !== undefined).join("");

describe("a bounded map", () => {
  test("gives what was set, and the last of it", () => {
    const map = byLength();
    map.set("a", "1");
    map.set("a", "2");
    expect(map.get("a")).toBe("2");
    expect(map.get("b")).toBeUndefined();
    expect(map.size).toBe(1);
  });

  test("forgets what was set first when there are too many", () => {
    const map = byLength();
    for (const key of "abcd") map.set(key, "1");
    expect(keysIn(map, "abcd")).toBe("bcd");
    expect(map.size).toBe(3);
  });

  test("keeps what was used", () => {
    const map = byLength();
    for (const key of "abc") map.set(key, "1");
    map.get("a");
    map.set("d", "1");
    expect(keysIn(map, "abcd")).toBe("acd");
  });

  test("keeps what was used last, whatever was the newest before", () => {
    const used = byLength();
    for (const key of "abc") used.set(key, "1");
    for (const key of "acc") used.get(key);
    for (const key of "de") used.set(key, "1");
    expect(keysIn(used, "abcde")).toBe("cde");

    const usedTwice = byLength();
    for (const key of "abc") usedTwice.set(key, "1");
    usedTwice.get("a");
    usedTwice.set("d", "1");
    usedTwice.get("a");
    for (const key of "ef") usedTwice.set(key, "1");
    expect(keysIn(usedTwice, "abcdef")).toBe("aef");
  });

  test("keeps what was set again", () => {
    const map = byLength();
    for (const key of "abc") map.set(key, "1");
    map.set("a", "2");
    map.set("d", "1");
    expect(keysIn(map, "abcd")).toBe("acd");
  });

  test("forgets as much as a large value needs", () => {
    const map = byLength({ maxBytes: 10 });
    map.set("a", "1");
    map.set("b", "1");
    map.set("c", "1234567");
    expect(keysIn(map, "abc")).toBe("bc");
    map.set("d", "12345678");
    expect(keysIn(map, "abcd")).toBe("d");
  });

  test("takes a value that just fits, and none that does not fit at all: that one pushes nothing out, and its older one is gone", () => {
    const map = byLength({ maxBytes: 10 });
    map.set("a", "123456789");
    expect(keysIn(map, "a")).toBe("a");
    map.set("b", "1234567890");
    expect(keysIn(map, "ab")).toBe("a");
    map.set("a", "1234567890");
    expect(map.size).toBe(0);
  });

  test("has room again for what was taken out", () => {
    const map = byLength({ maxBytes: 10 });
    map.set("a", "12345678");
    map.delete("a");
    map.delete("a");
    map.set("b", "1234");
    map.set("c", "1234");
    expect(keysIn(map, "abc")).toBe("bc");
  });

  const step = fc.tuple(
    fc.constantFrom(..."abcdefgh"),
    fc.constantFrom("set", "get", "delete"),
    fc.string({ maxLength: 12 }),
  );

  test("forgets in the order in which keys were used last, whatever is done to it", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 30, maxLength: 60 }), (steps) => {
        const map = byLength({ maxEntries: 3, maxBytes: 1000 });
        let used: string[] = [];
        for (const [key, action, value] of steps) {
          const isKnown = used.includes(key);
          if (action === "set") map.set(key, value);
          else if (action === "get") expect(map.get(key) !== undefined).toBe(isKnown);
          else map.delete(key);
          const others = used.filter((one) => one !== key);
          used = action === "set" || (action === "get" && isKnown) ? [...others, key].slice(-3) : others;
        }
        expect(keysIn(map, "abcdefgh")).toBe([...used].sort().join(""));
      }),
    );
  });

  test("never holds more than it may, whatever is done to it", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const map = byLength({ maxEntries: 4, maxBytes: 24 });
        for (const [key, action, value] of steps) {
          if (action === "set") map.set(key, value);
          else if (action === "get") map.get(key);
          else map.delete(key);
        }
        const held = [..."abcdefgh"].flatMap((key) => {
          const value = map.get(key);
          return value === undefined ? [] : [key + value];
        });
        expect(held.length).toBe(map.size);
        expect(held.length).toBeLessThanOrEqual(4);
        expect(held.join("").length).toBeLessThanOrEqual(24);
      }),
    );
  });
});
