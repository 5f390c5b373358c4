import { describe, expect, test } from "vitest";
import { factsIn } from "../../../../src/worker/cache/dated-facts.ts";
import { mergeEntries } from "../../../../src/worker/cache/merge.ts";
import { factsEntry } from "./entry-support.ts";
import { entryOf, factsOf, member, request, requestFor, seconds, startOfTests } from "./support.ts";

const now = startOfTests;
const lifetimes = { ttlMs: seconds(120), graceMs: seconds(600) };
const teamsFailed = factsOf({ organisations: { "acme#10": { ...member, teams: [], teamsHidden: "github_timeout" } } });

describe("the facts of an entry", () => {
  test("are the same object at any time, so that a verdict about them can be remembered", () => {
    const entry = entryOf();
    expect(factsIn(entry, request, now, lifetimes)).not.toBeNull();
    expect(factsIn(entry, request, now + seconds(9), lifetimes)).toBe(factsIn(entry, request, now, lifetimes));
    expect(factsIn(entryOf(), request, now, lifetimes)).not.toBe(factsIn(entry, request, now, lifetimes));
  });

  test("are each cluster's own, in whichever order the clusters ask", () => {
    const entry = entryOf();
    const aboutMona = requestFor({ allow: ["user:mona#1001"] });
    const aboutOther = requestFor({ allow: ["org:acme#10", "org:other"] });
    for (let times = 0; times < 2; times += 1) {
      expect(factsIn(entry, request, now, lifetimes)?.facts).toEqual(factsOf());
      expect(factsIn(entry, aboutMona, now, lifetimes)?.facts).toEqual(factsOf({ organisations: {} }));
      expect(factsIn(entry, aboutOther, now, lifetimes)).toBeNull();
    }
  });

  test("are those of the request's own candidates and organisations", () => {
    const entry = entryOf();
    const aboutNoMember = { ...request, candidates: { ...request.candidates, only: [] } };
    const aboutNone = { ...request, organisations: [] };
    for (const other of [aboutNoMember, aboutNone]) {
      expect(factsIn(entry, request, now, lifetimes)?.facts).toEqual(factsOf());
      expect(factsIn(entry, other, now, lifetimes)?.facts).toEqual(factsOf({ organisations: {} }));
    }
  });

  test("change with the end of the TTL of what GitHub said before it failed", () => {
    const entry = factsEntry(mergeEntries(entryOf(factsOf(), now), entryOf(teamsFailed, now + seconds(60))));
    const isStaleAfter = (age: number) => factsIn(entry, request, now + seconds(age), lifetimes)?.isStale;
    expect(isStaleAfter(119)).toBe(false);
    expect(isStaleAfter(120)).toBe(true);
  });

  test("change with the end of the grace, where GitHub fails", () => {
    const failedAt = now + seconds(121);
    const entry = factsEntry(mergeEntries(entryOf(factsOf(), now), entryOf(teamsFailed, failedAt)));
    const isStaleAfter = (age: number) => factsIn(entry, request, now + seconds(age), lifetimes)?.isStale;
    expect(isStaleAfter(719)).toBe(true);
    expect(isStaleAfter(720)).toBe(false);
    expect(factsIn(entry, request, now + seconds(720), lifetimes)?.facts).toEqual(teamsFailed);
  });
});
