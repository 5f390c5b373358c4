import { describe, expect, test } from "vitest";
import type { Entry } from "../../../../src/worker/cache/entry.ts";
import { mergeEntries } from "../../../../src/worker/cache/merge.ts";
import type { TokenExpiry } from "../../../../src/worker/github/facts.ts";
import { factsEntry, failedTeams, part, tombstoneAt } from "./entry-support.ts";
import { entryOf, factsOf, notAMember, request, startOfTests } from "./support.ts";

const now = startOfTests;

describe("two entries about one token", () => {
  test("are what there is, if there is only one", () => {
    const entry = entryOf();
    expect(mergeEntries(entry, null)).toBe(entry);
    expect(mergeEntries(null, entry)).toBe(entry);
    expect(mergeEntries(null, null)).toBeNull();
  });

  test.each([
    ["newer facts", entryOf(factsOf(), now + 1), tombstoneAt(now), "facts"],
    ["a newer tombstone", entryOf(), tombstoneAt(now + 1), "tombstone"],
    ["a tombstone of the same time", entryOf(), tombstoneAt(now), "tombstone"],
  ] as const)("come to %s, in whichever order", (_, facts, tombstone, kind) => {
    expect(mergeEntries(facts, tombstone)?.kind).toBe(kind);
    expect(mergeEntries(tombstone, facts)?.kind).toBe(kind);
  });

  test("come to the newest of each part", () => {
    const one = { ...entryOf(factsOf({ scopes: ["old"] }), now), organisations: { a: part(now + 5), b: part(now) } };
    const other = {
      ...entryOf(factsOf({ scopes: ["new"] }), now + 1),
      organisations: { a: part(now + 1, notAMember as never), b: part(now + 1, notAMember as never), c: part(now) },
    };
    for (const merged of [mergeEntries(one, other), mergeEntries(other, one)]) {
      expect(factsEntry(merged)).toMatchObject({
        askedAt: now + 1,
        scopes: ["new"],
        organisations: { a: part(now + 5), b: part(now + 1, notAMember as never), c: part(now) },
      });
    }
  });

  test("give a part of the same time to the entry that was asked later", () => {
    const older = { ...entryOf(), organisations: { a: part(now) } };
    const newer = { ...entryOf(factsOf(), now + 1), organisations: { a: part(now, notAMember as never) } };
    expect(factsEntry(mergeEntries(older, newer)).organisations.a?.membership).toEqual(notAMember);
  });

  test("of different accounts come to the newer one alone", () => {
    const newer = { ...entryOf(factsOf({ account: { id: 7, login: "x", type: "User" } }), now + 1), organisations: {} };
    expect(mergeEntries(entryOf(), newer)).toBe(newer);
    expect(mergeEntries(newer, entryOf())).toBe(newer);
  });

  test("keep the client of the token, whichever way of asking told it", () => {
    const known = entryOf(factsOf({ oauthClientId: "Iv23" }), now);
    expect(factsEntry(mergeEntries(known, entryOf(factsOf(), now + 1))).oauthClientId).toBe("Iv23");
    expect(factsEntry(mergeEntries(entryOf(factsOf(), now - 1), known)).oauthClientId).toBe("Iv23");
  });

  test("keep the end of the token, whichever way of asking told it", () => {
    const merged = (older: TokenExpiry, newer: TokenExpiry) =>
      factsEntry(mergeEntries(entryOf(factsOf({ expiry: older })), entryOf(factsOf({ expiry: newer }), now + 1)))
        .expiry;
    const never = { kind: "never" } as const;
    const soon = { kind: "at", epochMs: now + 7 } as const;
    const later = { kind: "at", epochMs: now + 9 } as const;
    const unreadable = { kind: "unreadable" } as const;
    expect(merged(never, never)).toEqual(never);
    expect(merged(never, soon)).toEqual(soon);
    expect(merged(soon, never)).toEqual(soon);
    expect(merged(soon, later)).toEqual(later);
    expect(merged(unreadable, never)).toEqual(unreadable);
    expect(merged(soon, unreadable)).toEqual(unreadable);
  });

  test("keep what is needed to ask conditionally, the newer of each address, but not without end", () => {
    const validator = (etag: string) => ({ etag, readAt: now, headers: {}, json: null });
    const older = entryOf(factsOf(), now, request, { a: validator("1"), b: validator("1") });
    const newer = entryOf(factsOf(), now + 1, request, { a: validator("2") });
    expect(factsEntry(mergeEntries(older, newer)).validators).toEqual({ a: validator("2"), b: validator("1") });

    const many = (count: number) =>
      entryOf(
        factsOf(),
        now,
        request,
        Object.fromEntries(Array.from({ length: count }, (_, i) => [`u${i}`, validator("1")])),
      );
    expect(Object.keys(factsEntry(mergeEntries(many(299), newer)).validators)).toHaveLength(300);
    expect(factsEntry(mergeEntries(many(300), newer)).validators).toEqual(newer.validators);
  });
});

describe("the first failure of several", () => {
  const whole = (askedAt: number) => entryOf(factsOf(), askedAt);
  const failed = (askedAt: number) => entryOf(factsOf({ organisations: { "acme#10": failedTeams } }), askedAt);
  const partOf = (...entries: Entry[]) =>
    factsEntry(entries.reduce<Entry | null>(mergeEntries, null)).organisations["acme#10"];

  test("is the first since GitHub's last answer, in whatever order they are heard of", () => {
    const entries = [whole(100), failed(200), failed(300)];
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2],
      [2, 0, 1],
    ]) {
      const merged = partOf(...order.flatMap((index) => entries[index] ?? []));
      expect(merged).toMatchObject({ askedAt: 300, failingSince: 200, lastKnown: { askedAt: 100 } });
    }
  });

  test("is after an answer that came in between, also where that is heard of later", () => {
    expect(partOf(whole(100), failed(200), failed(300), whole(250))).toMatchObject({
      askedAt: 300,
      failingSince: 300,
      lastKnown: { askedAt: 250 },
    });
    expect(partOf(whole(100), failed(200), whole(250), failed(300))).toMatchObject({ failingSince: 300 });
  });

  test("is over with the next answer", () => {
    expect(partOf(whole(100), failed(200), whole(300))).toEqual(part(300));
  });
});
