import { describe, expect, test } from "vitest";
import type { Entry } from "../../../../src/worker/cache/entry.ts";
import { freshFacts, staleFacts } from "../../../../src/worker/cache/freshness.ts";
import type { Lifetimes } from "../../../../src/worker/cache/lifetimes.ts";
import { mergeEntries } from "../../../../src/worker/cache/merge.ts";
import type { Membership, TokenExpiry } from "../../../../src/worker/github/facts.ts";
import {
  type ClusterRequest,
  entryOf,
  factsOf,
  leftFacts,
  member,
  notAMember,
  request,
  requestFor,
  seconds,
  startOfTests,
} from "./support.ts";

const lifetimes = { ttlMs: seconds(120), graceMs: seconds(600) };
const askedAt = startOfTests;
const end = (epochMs: number): TokenExpiry => ({ kind: "at", epochMs });

const freshFactsOf = (entry: Entry, asked: ClusterRequest, now: number, times: Lifetimes) =>
  freshFacts(entry, asked, asked.evaluate, now, times)?.found.facts ?? null;
const staleFactsOf = (entry: Entry, asked: ClusterRequest, now: number, times: Lifetimes) =>
  staleFacts(entry, asked, asked.evaluate, now, times)?.facts ?? null;

const isDue = (entry: Entry, asked: ClusterRequest, now: number, times: Lifetimes) =>
  freshFacts(entry, asked, asked.evaluate, now, times)?.isDue;

/** An entry of which one organisation was asked about at another time than the rest. */
function withPartAskedAt(time: number) {
  const entry = entryOf();
  const [[key, part] = ["", undefined]] = Object.entries(entry.organisations);
  if (part === undefined) throw new Error("there is one");
  return { ...entry, organisations: { [key]: { ...part, askedAt: time } } };
}

describe("facts that admit the user", () => {
  test("are fresh for the TTL, from when GitHub was asked", () => {
    expect(freshFactsOf(entryOf(), request, askedAt, lifetimes)).toEqual(factsOf());
    expect(freshFactsOf(entryOf(), request, askedAt + seconds(120) - 1, lifetimes)).toEqual(factsOf());
    expect(freshFactsOf(entryOf(), request, askedAt + seconds(120), lifetimes)).toBeNull();
  });

  test("are not fresh by a clock that is behind theirs", () => {
    expect(freshFactsOf(entryOf(), request, askedAt - 1, lifetimes)).toBeNull();
    expect(staleFactsOf(entryOf(), request, askedAt - 1, lifetimes)).toBeNull();
  });

  test("are as old as their oldest part", () => {
    const now = askedAt + seconds(50);
    expect(freshFactsOf(withPartAskedAt(now - seconds(120) + 1), request, now, lifetimes)).not.toBeNull();
    expect(freshFactsOf(withPartAskedAt(now - seconds(120)), request, now, lifetimes)).toBeNull();
    expect(freshFactsOf(withPartAskedAt(now + 1), request, now, lifetimes)).toBeNull();
    expect(staleFactsOf(withPartAskedAt(now - seconds(720) + 1), request, now, lifetimes)).not.toBeNull();
    expect(staleFactsOf(withPartAskedAt(now - seconds(720)), request, now, lifetimes)).toBeNull();
  });

  test("do not grow old by an organisation that the request does not depend on", () => {
    const aboutMona = requestFor({ allow: ["user:mona#1001"] });
    const entry = { ...entryOf(factsOf(), askedAt, aboutMona), ...withPartAskedAt(askedAt - seconds(9999)) };
    expect(freshFactsOf(entry, aboutMona, askedAt, lifetimes)).toEqual(factsOf({ organisations: {} }));
  });

  test("are not fresh where an organisation is missing", () => {
    const aboutOther = requestFor({ allow: ["org:other", "org:acme#10"] });
    expect(freshFactsOf(entryOf(), aboutOther, askedAt, lifetimes)).toBeNull();
    expect(staleFactsOf(entryOf(), aboutOther, askedAt, lifetimes)).toBeNull();
  });

  test("end with the token", () => {
    const entry = entryOf(factsOf({ expiry: end(askedAt + seconds(30)) }));
    expect(freshFactsOf(entry, request, askedAt + seconds(30) - 1, lifetimes)).not.toBeNull();
    expect(freshFactsOf(entry, request, askedAt + seconds(30), lifetimes)).toBeNull();
  });

  test("are fresh for the TTL where the token's end cannot be read", () => {
    const entry = entryOf(factsOf({ expiry: { kind: "unreadable" } }));
    expect(freshFactsOf(entry, request, askedAt + seconds(120) - 1, lifetimes)).not.toBeNull();
    expect(freshFactsOf(entry, request, askedAt + seconds(120), lifetimes)).toBeNull();
  });

  test("are used in an outage for the grace after the TTL", () => {
    expect(staleFactsOf(entryOf(), request, askedAt + seconds(720) - 1, lifetimes)).toEqual(factsOf());
    expect(staleFactsOf(entryOf(), request, askedAt + seconds(720), lifetimes)).toBeNull();
  });

  test("are used in an outage no longer where they rest on no organisation", () => {
    const aboutMona = requestFor({ allow: ["user:mona#1001"] });
    const entry = entryOf(factsOf({ organisations: {} }), askedAt, aboutMona);
    expect(staleFactsOf(entry, aboutMona, askedAt + seconds(720) - 1, lifetimes)).not.toBeNull();
    expect(staleFactsOf(entry, aboutMona, askedAt + seconds(720), lifetimes)).toBeNull();
  });

  test("say when the grace of their oldest part ends", () => {
    const graceEndsAt = (entry: Entry) => staleFacts(entry, request, request.evaluate, askedAt, lifetimes);
    expect(graceEndsAt(entryOf())).toMatchObject({ isStale: true, graceEndsAt: askedAt + seconds(720) });
    const older = withPartAskedAt(askedAt - seconds(50));
    expect(graceEndsAt(older)).toMatchObject({ isStale: true, graceEndsAt: askedAt + seconds(670) });
  });

  test("are not used in an outage past the token's end, or where that is not known", () => {
    const ending = entryOf(factsOf({ expiry: end(askedAt + seconds(200)) }));
    expect(staleFactsOf(ending, request, askedAt + seconds(200) - 1, lifetimes)).not.toBeNull();
    expect(staleFactsOf(ending, request, askedAt + seconds(200), lifetimes)).toBeNull();
    const unreadable = entryOf(factsOf({ expiry: { kind: "unreadable" } }));
    expect(staleFactsOf(unreadable, request, askedAt + seconds(1), lifetimes)).toBeNull();
  });

  test("are not used at all where grace is turned off", () => {
    expect(staleFactsOf(entryOf(), request, askedAt + seconds(1), { ...lifetimes, graceMs: 0 })).toBeNull();
    expect(staleFactsOf(entryOf(), request, askedAt + seconds(1), { ...lifetimes, graceMs: 1 })).not.toBeNull();
  });
});

describe("facts that do not admit the user", () => {
  test("are fresh for 10 s, or the TTL where that is shorter", () => {
    const entry = entryOf(leftFacts);
    expect(freshFactsOf(entry, request, askedAt + seconds(10) - 1, lifetimes)).toEqual(leftFacts);
    expect(freshFactsOf(entry, request, askedAt + seconds(10), lifetimes)).toBeNull();
    expect(freshFactsOf(entry, request, askedAt + seconds(5) - 1, { ...lifetimes, ttlMs: seconds(5) })).not.toBeNull();
    expect(freshFactsOf(entry, request, askedAt + seconds(5), { ...lifetimes, ttlMs: seconds(5) })).toBeNull();
  });

  test("are not used in an outage: GitHub has not said no now", () => {
    expect(staleFactsOf(entryOf(leftFacts), request, askedAt, lifetimes)).toBeNull();
  });
});

test("facts are due for revalidation from half of their TTL on", () => {
  expect(isDue(entryOf(), request, askedAt + seconds(60) - 1, lifetimes)).toBe(false);
  expect(isDue(entryOf(), request, askedAt + seconds(60), lifetimes)).toBe(true);
  expect(isDue(withPartAskedAt(askedAt - seconds(60)), request, askedAt, lifetimes)).toBe(true);
});

describe("facts about an organisation at which GitHub fails now", () => {
  const team = { allow: ["org:other", "team:acme/platform#55", "team:acme/sre#56"], groups_from: ["acme#10"] };
  const byTeams = requestFor(team);
  const inTeams = { ...member, teams: [...member.teams, { id: 56, slug: "sre" }] };
  const failing = (namedTeams: Readonly<Record<string, boolean | null>>): Membership => ({
    ...member,
    teams: [],
    teamsHidden: "github_timeout",
    namedTeams,
  });
  const unknown = failing({ "#55": null, "#56": null });
  const notThere = { kind: "undetermined", reason: "github_timeout" };

  /** @returns what is fresh once GitHub has failed, some seconds after it told something */
  function afterFailure(
    { before = inTeams as Membership, now = unknown, expiry = { kind: "never" } as TokenExpiry, afterSeconds = 121 },
    asked = byTeams,
  ) {
    const facts = (acme: Membership) => factsOf({ expiry, organisations: { "acme#10": acme, other: notAMember } });
    const failedAt = askedAt + seconds(afterSeconds);
    const entry = mergeEntries(entryOf(facts(before), askedAt, asked), entryOf(facts(now), failedAt, asked));
    return freshFacts(entry, asked, asked.evaluate, failedAt, lifetimes)?.found;
  }

  test("are those of before, and stale, until their grace ends", () => {
    const stale = { verdict: { kind: "authenticated" }, isStale: true, graceEndsAt: askedAt + seconds(720) };
    expect(afterFailure({})).toMatchObject(stale);
    expect(afterFailure({ afterSeconds: 719 })).toMatchObject(stale);
    expect(afterFailure({ afterSeconds: 720 })).toMatchObject({ verdict: notThere, isStale: false });
  });

  test("are those of now where the end of the token cannot be read", () => {
    const now = { verdict: notThere, isStale: false, facts: { organisations: { "acme#10": unknown } } };
    expect(afterFailure({ expiry: { kind: "unreadable" } })).toMatchObject(now);
  });

  test("are those of now where the user has left one of several teams", () => {
    const now = failing({ "#55": false, "#56": null });
    expect(afterFailure({ now })).toMatchObject({ verdict: notThere, isStale: false });
  });

  test("are those of now for a user who was no member before", () => {
    const now = failing({ "#55": true, "#56": null });
    expect(afterFailure({ before: notAMember, now })).toMatchObject({ verdict: notThere, isStale: false });
  });

  test("are not stale for a user whom something else admits, once the grace is over", () => {
    const byName = requestFor({ ...team, allow: ["user:mona#1001", ...team.allow] });
    expect(afterFailure({ afterSeconds: 720 }, byName)).toMatchObject({
      verdict: { kind: "authenticated" },
      isStale: false,
    });
  });
});
