import { describe, expect, test } from "vitest";
import { freshFacts, needsRevalidation, staleFacts } from "../../../../src/worker/cache/freshness.ts";
import type { TokenExpiry } from "../../../../src/worker/github/facts.ts";
import { entryOf, factsOf, leftFacts, question, questionFor, seconds, startOfTests } from "./support.ts";

const lifetimes = { ttlMs: seconds(120), graceMs: seconds(600) };
const askedAt = startOfTests;
const end = (epochMs: number): TokenExpiry => ({ kind: "at", epochMs });

/** An entry of which one organisation was asked about at another time than the rest. */
function withPartAskedAt(time: number) {
  const entry = entryOf();
  const [[key, part] = ["", undefined]] = Object.entries(entry.organisations);
  if (part === undefined) throw new Error("there is one");
  return { ...entry, organisations: { [key]: { ...part, askedAt: time } } };
}

describe("facts that let somebody in", () => {
  test("are believed for the TTL, from when GitHub was asked", () => {
    expect(freshFacts(entryOf(), question, askedAt, lifetimes)).toEqual(factsOf());
    expect(freshFacts(entryOf(), question, askedAt + seconds(120) - 1, lifetimes)).toEqual(factsOf());
    expect(freshFacts(entryOf(), question, askedAt + seconds(120), lifetimes)).toBeNull();
  });

  test("are believed by nobody whose clock is behind theirs", () => {
    expect(freshFacts(entryOf(), question, askedAt - 1, lifetimes)).toBeNull();
    expect(staleFacts(entryOf(), question, askedAt - 1, lifetimes)).toBeNull();
  });

  test("are as old as their oldest part", () => {
    const now = askedAt + seconds(50);
    expect(freshFacts(withPartAskedAt(now - seconds(120) + 1), question, now, lifetimes)).not.toBeNull();
    expect(freshFacts(withPartAskedAt(now - seconds(120)), question, now, lifetimes)).toBeNull();
    expect(freshFacts(withPartAskedAt(now + 1), question, now, lifetimes)).toBeNull();
    expect(staleFacts(withPartAskedAt(now - seconds(720) + 1), question, now, lifetimes)).not.toBeNull();
    expect(staleFacts(withPartAskedAt(now - seconds(720)), question, now, lifetimes)).toBeNull();
  });

  test("do not grow old by an organisation that the question does not depend on", () => {
    const aboutMona = questionFor({ allow: ["user:mona#1001"] });
    const entry = { ...entryOf(factsOf(), askedAt, aboutMona), ...withPartAskedAt(askedAt - seconds(9999)) };
    expect(freshFacts(entry, aboutMona, askedAt, lifetimes)).toEqual(factsOf({ organisations: {} }));
  });

  test("are not believed where an organisation is missing", () => {
    const aboutOther = questionFor({ allow: ["org:other", "org:acme#10"] });
    expect(freshFacts(entryOf(), aboutOther, askedAt, lifetimes)).toBeNull();
    expect(staleFacts(entryOf(), aboutOther, askedAt, lifetimes)).toBeNull();
  });

  test("end with the token", () => {
    const entry = entryOf(factsOf({ expiry: end(askedAt + seconds(30)) }));
    expect(freshFacts(entry, question, askedAt + seconds(30) - 1, lifetimes)).not.toBeNull();
    expect(freshFacts(entry, question, askedAt + seconds(30), lifetimes)).toBeNull();
  });

  test("are believed for the TTL where the token's end cannot be read", () => {
    const entry = entryOf(factsOf({ expiry: { kind: "unreadable" } }));
    expect(freshFacts(entry, question, askedAt + seconds(120) - 1, lifetimes)).not.toBeNull();
    expect(freshFacts(entry, question, askedAt + seconds(120), lifetimes)).toBeNull();
  });

  test("stand in an outage for the grace after the TTL", () => {
    expect(staleFacts(entryOf(), question, askedAt + seconds(720) - 1, lifetimes)).toEqual(factsOf());
    expect(staleFacts(entryOf(), question, askedAt + seconds(720), lifetimes)).toBeNull();
  });

  test("do not stand in an outage past the token's end, or where that is not known", () => {
    const ending = entryOf(factsOf({ expiry: end(askedAt + seconds(200)) }));
    expect(staleFacts(ending, question, askedAt + seconds(200) - 1, lifetimes)).not.toBeNull();
    expect(staleFacts(ending, question, askedAt + seconds(200), lifetimes)).toBeNull();
    const unreadable = entryOf(factsOf({ expiry: { kind: "unreadable" } }));
    expect(staleFacts(unreadable, question, askedAt + seconds(1), lifetimes)).toBeNull();
  });

  test("do not stand at all where grace is turned off", () => {
    expect(staleFacts(entryOf(), question, askedAt + seconds(1), { ...lifetimes, graceMs: 0 })).toBeNull();
    expect(staleFacts(entryOf(), question, askedAt + seconds(1), { ...lifetimes, graceMs: 1 })).not.toBeNull();
  });
});

describe("facts that let nobody in", () => {
  test("are believed for 10 s, or the TTL where that is shorter", () => {
    const entry = entryOf(leftFacts);
    expect(freshFacts(entry, question, askedAt + seconds(10) - 1, lifetimes)).toEqual(leftFacts);
    expect(freshFacts(entry, question, askedAt + seconds(10), lifetimes)).toBeNull();
    expect(freshFacts(entry, question, askedAt + seconds(5) - 1, { ...lifetimes, ttlMs: seconds(5) })).not.toBeNull();
    expect(freshFacts(entry, question, askedAt + seconds(5), { ...lifetimes, ttlMs: seconds(5) })).toBeNull();
  });

  test("do not stand in an outage: GitHub has not said no now", () => {
    expect(staleFacts(entryOf(leftFacts), question, askedAt, lifetimes)).toBeNull();
  });
});

test("facts are asked about anew from half of their TTL on", () => {
  expect(needsRevalidation(entryOf(), question, askedAt + seconds(60) - 1, lifetimes)).toBe(false);
  expect(needsRevalidation(entryOf(), question, askedAt + seconds(60), lifetimes)).toBe(true);
  expect(needsRevalidation(withPartAskedAt(askedAt - seconds(60)), question, askedAt, lifetimes)).toBe(true);
});
