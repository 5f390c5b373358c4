import { describe, expect, test } from "vitest";
import { isWorthWriting } from "../../../../src/worker/cache/store.ts";
import { acme, entryOf, factsOf, leftFacts, member, seconds, startOfTests } from "./support.ts";

const now = startOfTests;
const ttlMs = seconds(120);
const usual = { admits: true, hasAdmitted: true, mayWriteChange: true, now, ttlMs };
const noLonger = { ...usual, admits: false };
const never = { ...noLonger, hasAdmitted: false };

describe("an entry is written", () => {
  test("when KV is not known to hold one, if it admits the user", () => {
    expect(isWorthWriting(entryOf(), null, { ...usual, hasAdmitted: false })).toBe(true);
    expect(isWorthWriting(entryOf(), null, never)).toBe(false);
  });

  test("when a user who was admitted before no longer is, whatever KV may hold", () => {
    expect(isWorthWriting(entryOf(leftFacts), null, noLonger)).toBe(true);
  });

  test("when a refused token is good again, if it admits the user", () => {
    const tombstone = { kind: "tombstone", askedAt: now } as const;
    expect(isWorthWriting(entryOf(), tombstone, usual)).toBe(true);
    expect(isWorthWriting(entryOf(), tombstone, noLonger)).toBe(false);
  });

  test.each([
    ["a membership", leftFacts],
    ["a team", factsOf({ organisations: { "acme#10": { ...member, teams: [] } as typeof member } })],
    ["the login", factsOf({ account: { id: 1001, login: "lisa", type: "User" } })],
    ["the scopes", factsOf({ scopes: [] })],
    ["the client", factsOf({ oauthClientId: "Iv23" })],
    ["the expiry", factsOf({ expiry: { kind: "at", epochMs: now } })],
  ])("when %s has changed, also for a user who is no longer admitted", (_, facts) => {
    expect(isWorthWriting(entryOf(facts), entryOf(), usual)).toBe(true);
    expect(isWorthWriting(entryOf(facts), entryOf(), noLonger)).toBe(true);
  });

  test("of a user who keeps changing them only once the copy is old", () => {
    const often = { ...usual, mayWriteChange: false };
    expect(isWorthWriting(entryOf(leftFacts), entryOf(), often)).toBe(false);
    expect(isWorthWriting(entryOf(leftFacts), entryOf(factsOf(), now - ttlMs), often)).toBe(true);
  });

  test("when another organisation is known than before", () => {
    const entry = entryOf();
    const other = { membership: member, askedAt: now, lastKnown: null };
    expect(isWorthWriting({ ...entry, organisations: { ...entry.organisations, other } }, entry, usual)).toBe(true);
  });

  test("when the copy is too old to be fresh, and not a moment before", () => {
    const copy = entryOf(factsOf(), now - ttlMs);
    expect(isWorthWriting(entryOf(), copy, usual)).toBe(true);
    expect(isWorthWriting(entryOf(), { ...copy, askedAt: copy.askedAt + 1 }, usual)).toBe(false);
    expect(isWorthWriting(entryOf(), copy, noLonger)).toBe(false);
  });

  test("when the copy is dated into the future: its time would come", () => {
    expect(isWorthWriting(entryOf(), entryOf(factsOf(), now + 1), noLonger)).toBe(true);
    expect(isWorthWriting(entryOf(), entryOf(factsOf(), now), noLonger)).toBe(false);
  });

  test("not for another order of the same, nor for another address of single sign-on", () => {
    const entry = entryOf();
    const other = { membership: member, askedAt: now, lastKnown: null };
    const one = { ...entry, organisations: { "acme#10": other, other } };
    expect(isWorthWriting(one, { ...entry, organisations: { other, "acme#10": other } }, usual)).toBe(false);
    const [a, b] = ["https://github.test/a", "https://github.test/b"].map((ssoUrl) => {
      const membership = { kind: "hidden", reason: "sso_required", ssoUrl } as const;
      return { ...entry, organisations: { [acme.login]: { membership, askedAt: now, lastKnown: null } } };
    });
    expect(a && b && isWorthWriting(a, b, usual)).toBe(false);
  });
});
