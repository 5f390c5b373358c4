// The scenarios on a very small planet: they can be repeated, and keep to what the product promises.
import { describe, expect, test } from "vitest";
import { type Job, type JobResult, runJob } from "../../simulate/jobs.ts";
import { runJobs } from "../../simulate/pool.ts";
import { simulateDay } from "../../simulate/scenarios/day.ts";
import { simulateDoor } from "../../simulate/scenarios/door.ts";
import { type FloodKind, simulateFlood } from "../../simulate/scenarios/flood.ts";
import { simulateLeavers } from "../../simulate/scenarios/leavers.ts";
import { outageMinutes, refusedShare, simulateOutage } from "../../simulate/scenarios/outage.ts";
import { addCounts } from "../../simulate/world/counts.ts";
import { type Settings, settingsFor } from "../../simulate/world/settings.ts";

const ignoreProgress = () => {};
/** More in a minute than are let through. */
const tokensPerSecond = 10;
const tiny = (changes: Partial<Settings> = {}) => settingsFor(12, changes);

const jobs: readonly Job[] = [
  { settings: tiny(), scenario: { kind: "day", day: "working" } },
  { settings: tiny(), scenario: { kind: "day", day: "weekend" } },
  { settings: tiny(), scenario: { kind: "leavers", leavers: 6 } },
  { settings: tiny(), scenario: { kind: "outage" } },
  { settings: tiny(), scenario: { kind: "door", door: "sign-in" } },
];

async function runHere(): Promise<JobResult[]> {
  const results: JobResult[] = [];
  for (const job of jobs) results.push(await runJob(job, ignoreProgress));
  return results;
}

describe("the same seed", () => {
  test("gives the same figures in two runs", async () => {
    expect(await runHere()).toEqual(await runHere());
  });

  test("gives the same figures on however many threads", async () => {
    const here = await runHere();
    expect(await runJobs(jobs, 1, ignoreProgress)).toEqual(here);
    expect(await runJobs(jobs, 2, ignoreProgress)).toEqual(here);
  });

  test("lets the same people do the same with any settings", async () => {
    const one = await simulateDay(tiny({ ttlSeconds: 30 }), "working", ignoreProgress);
    const other = await simulateDay(tiny({ ttlSeconds: 600 }), "working", ignoreProgress);
    expect(one.counts.commands).toBe(other.counts.commands);
    expect(one.counts.reviews).toBe(other.counts.reviews);
    expect(one.counts.githubNotModified).not.toBe(other.counts.githubNotModified);
  });
});

test("a job that fails in its thread is not lost", async () => {
  const wrong: Job = { settings: tiny({ isolatesPerLocation: 0 }), scenario: { kind: "day", day: "working" } };
  await expect(runJobs([wrong], 1, ignoreProgress)).rejects.toThrow("there is no part");
});

test("another seed gives other figures", async () => {
  const [one, other] = [
    await simulateDay(tiny({ seed: 1 }), "working", ignoreProgress),
    await simulateDay(tiny({ seed: 2 }), "working", ignoreProgress),
  ];
  expect(one.counts).not.toEqual(other.counts);
});

describe("an ordinary day", () => {
  test("refuses no person, counts a source for each review, and adds up over its hours", async () => {
    const { counts, hours } = await simulateDay(tiny(), "working", ignoreProgress);
    const { reviews, fromMemory, fromKv, fromGitHub, fromNoSource, commands } = counts;
    expect(counts.commandsRefused).toBe(0);
    expect(reviews).toBe(fromMemory + fromKv + fromGitHub + fromNoSource);
    expect(reviews).toBeLessThan(commands);
    expect(hours).toHaveLength(24);
    expect(hours.reduce((sum, hour) => sum + hour.reviews, 0)).toBe(reviews);
  });

  test("asks the Worker less often the longer the apiserver remembers", async () => {
    const short = await simulateDay(tiny({ apiserverCacheSeconds: 10 }), "working", ignoreProgress);
    const long = await simulateDay(tiny({ apiserverCacheSeconds: 120 }), "working", ignoreProgress);
    expect(long.counts.reviews).toBeLessThan(short.counts.reviews);
  });
});

describe("a day by each door", () => {
  test("counts at the webhook what an ordinary day does, people and bots together", async () => {
    const { people, bots } = await simulateDoor(tiny(), "webhook", ignoreProgress);
    const { counts } = await simulateDay(tiny(), "working", ignoreProgress);
    expect(addCounts([people, bots].map((part) => ({ counts: part, times: 1 })))).toEqual(counts);
  });

  test("leaves bots at the webhook, refuses no person, and decides less often at the sign-in hostname", async () => {
    const webhook = await simulateDoor(tiny(), "webhook", ignoreProgress);
    const signIn = await simulateDoor(tiny(), "sign-in", ignoreProgress);
    expect(signIn.bots.reviews).toBe(webhook.bots.reviews);
    expect(signIn.people.commands).toBe(webhook.people.commands);
    expect(signIn.people).toMatchObject({ commandsRefused: 0, fromNoSource: 0, githubUnknown: 0 });
    expect(signIn.people.reviews).toBeLessThan(webhook.people.reviews);
    expect(signIn.people.kvWrites).toBeGreaterThan(0);
    expect(signIn.people.kvWrites).toBeLessThan(webhook.people.kvWrites);
  });
});

test("leavers are out within the TTL at the Worker, and ten seconds after the apiserver's cache at the cluster", async () => {
  for (const [ttlSeconds, apiserverCacheSeconds] of [
    [60, 10],
    [60, 120],
  ] as const) {
    const { workerMs, clusterMs } = await simulateLeavers(
      tiny({ ttlSeconds, apiserverCacheSeconds }),
      30,
      ignoreProgress,
    );
    expect(Math.max(...workerMs)).toBeLessThan(ttlSeconds * 1000);
    expect(Math.max(...clusterMs)).toBeGreaterThan(Math.max(...workerMs));
    expect(Math.max(...clusterMs)).toBeLessThan((ttlSeconds + apiserverCacheSeconds + 10) * 1000);
  }
});

describe("an outage", () => {
  test("refuses all people once the TTL is over where there is no grace, and none after it has ended", async () => {
    const { atWork } = await simulateOutage(tiny({ graceSeconds: 0 }), ignoreProgress);
    // A yes of just before can stand for the TTL and the apiserver's own 20 s.
    expect(refusedShare(atWork, 3)).toBe(1);
    expect(refusedShare(atWork, outageMinutes, outageMinutes + 5)).toBe(0);
  });

  test("refuses no one at work where grace outlasts it", async () => {
    const { atWork } = await simulateOutage(tiny({ graceSeconds: 3_600 }), ignoreProgress);
    expect(refusedShare(atWork)).toBe(0);
  });
});

describe("a flood", () => {
  const flood = (kind: FloodKind) => simulateFlood(tiny(), kind, ignoreProgress, tokensPerSecond);

  test("of tokens with a wrong checksum goes no further than their shape", async () => {
    const { flood: caused, endedByShape } = await flood("wrong checksum");
    expect(endedByShape).toBe(6_000);
    expect(caused).toMatchObject({ reviews: 0, kvReads: 0, githubUnknown: 0 });
  });

  test("of one token is mostly the apiserver's affair", async () => {
    const { flood: caused } = await flood("one token");
    expect(caused.commands).toBe(6_000);
    expect(caused.reviews).toBeLessThan(1_000);
    expect(caused.kvWrites).toBe(0);
  });

  test("of many tokens is capped, writes nothing to KV, and changes nothing for people", async () => {
    const { flood: caused, people } = await flood("right checksum");
    const { people: without } = await flood("no flood");
    expect(caused).toMatchObject({ reviews: 6_000, githubUnknown: 3_000, kvWrites: 0 });
    expect(people).toEqual(without);
  });
});
