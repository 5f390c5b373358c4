// The benchmark's targets and report.
import { describe, expect, test } from "vitest";
import type { ColdReviews } from "../../bench/cold.ts";
import type { LocalEdgeComparison } from "../../bench/local-edge.ts";
import type { Latencies } from "../../bench/measure.ts";
import { median, quantile } from "../../bench/quantiles.ts";
import {
  describeColdReviews,
  describeCpu,
  describeHeap,
  describeLatencies,
  describeLocalEdge,
  describeRefreshes,
  describeTargets,
  describeWorkflowReviews,
  describeWorkingDay,
} from "../../bench/report.ts";
import {
  coldTargets,
  cpuTargets,
  latencyTargets,
  localEdgeTargets,
  refreshTargets,
  workflowTargets,
  workingDayTargets,
} from "../../bench/targets.ts";

const latencies = (changes: Partial<Latencies["reviewMs"]> = {}, callsWhenWarm = 0): Latencies => ({
  roundTripMs: 50,
  reviewMs: {
    "no cache": 110,
    memory: 1,
    KV: 2,
    "GitHub, known token": 55,
    "GitHub, never-seen token": 108,
    ...changes,
  },
  callsWhenWarm,
});
const cpu = (warm: number, reviewsEach = 5_000) => ({ rounds: 3, reviewsEach, warm, minimal: 10_000 });
const cold = (cpuMs: number, reviewsEach = 200): ColdReviews => ({
  reviewsEach,
  reviews: (["own token", "app"] as const).flatMap((source) => [
    { source, teams: 0, cpuMs: 2 },
    { source, teams: 300, cpuMs },
    { source, teams: 900, cpuMs: 8 },
  ]),
});
const refreshes = (memory: number, each = 100) => ({ each, cpuMs: { memory, KV: 4, GitHub: 5 } });
const workflows = (verified: number, keyFetches = 1, each = 1_000) => ({
  each,
  cpuMs: { verified, foreign: 0.1 },
  keyFetches,
});
const day = (classic: number, fineGrained = 40) => ({
  noCache: { costly: 3000, notModified: 0 },
  octogate: {
    fine_grained: { costly: fineGrained, notModified: 450 },
    classic: { costly: classic, notModified: 400 },
  },
});
const localEdge = (reviewsPerSecond: number, aloneMs: number, reviewsEach = 1_000): LocalEdgeComparison => {
  const workerd = { medianMs: 9, workerdCpuMs: 0.2, workerdBytes: 150 * 1024 * 1024 };
  const workerdAlone = { ...workerd, reviewsPerSecond: 3_000, aloneMs: 0.5, edgeCpuMs: null, edgeBytes: null };
  const npmStart = { ...workerd, reviewsPerSecond, aloneMs, edgeCpuMs: 0.25, edgeBytes: 200 * 1024 * 1024 };
  return { rounds: 3, reviewsEach, concurrency: 32, workerdAlone, npmStart };
};
const outcomesOf = (targets: readonly { outcome: string }[]) => targets.map(({ outcome }) => outcome);

describe("the targets", () => {
  test("are met by good numbers", () => {
    const all = [
      ...[...latencyTargets(50, latencies()), ...workingDayTargets(day(150))],
      ...[
        ...cpuTargets(cpu(7_000)),
        ...coldTargets(cold(4)),
        ...refreshTargets(refreshes(3)),
        ...workflowTargets(workflows(2)),
        ...localEdgeTargets(localEdge(1_500, 2)),
      ],
    ];
    expect(new Set(outcomesOf(all))).toEqual(new Set(["met"]));
  });

  test.each([
    ["calls to GitHub", latencies({}, 1)],
    ["warm review / cold", latencies({ memory: 10.9 })],
    ["known token", latencies({ "GitHub, known token": 57.6 })],
    ["never-seen token", latencies({ "GitHub, never-seen token": 110.1 })],
  ])("%s is missed by a little too much", (name, measured) => {
    const missed = latencyTargets(50, measured).filter(({ outcome }) => outcome === "missed");
    expect(missed.map((target) => target.name)).toEqual([expect.stringContaining(name)]);
  });

  test("calls, CPU and the way through npm start are missed, too", () => {
    expect(outcomesOf(workingDayTargets(day(150.1, 40.1)))).toEqual(["missed", "missed"]);
    expect(outcomesOf(cpuTargets(cpu(6_999)))).toEqual(["missed"]);
    expect(outcomesOf(coldTargets(cold(4.01)))).toEqual(["met", "missed"]);
    expect(outcomesOf(coldTargets(cold(6.01)))).toEqual(["missed", "missed"]);
    expect(outcomesOf(refreshTargets(refreshes(3.01)))).toEqual(["missed"]);
    expect(outcomesOf(workflowTargets(workflows(2.01, 2)))).toEqual(["missed", "missed"]);
    expect(outcomesOf(localEdgeTargets(localEdge(1_499, 2.1)))).toEqual(["missed", "missed"]);
  });

  test("times below 50 ms are not rated, but calls are", () => {
    const slow = latencies({ memory: 100, "GitHub, known token": 500, "GitHub, never-seen token": 500 }, 1);
    expect(outcomesOf(latencyTargets(49, slow))).toEqual(["missed", "not rated", "not rated", "not rated"]);
  });

  test("too few reviews are not rated", () => {
    expect(outcomesOf(cpuTargets(cpu(1, 4_999)))).toEqual(["not rated"]);
    expect(outcomesOf(coldTargets(cold(9, 199)))).toEqual(["not rated", "not rated"]);
    expect(outcomesOf(refreshTargets(refreshes(9, 99)))).toEqual(["not rated"]);
    expect(outcomesOf(workflowTargets(workflows(9, 2, 999)))).toEqual(["not rated", "not rated"]);
    expect(outcomesOf(localEdgeTargets(localEdge(1, 9, 999)))).toEqual(["not rated", "not rated"]);
  });
});

test("the report shows every number with its unit", () => {
  const load = { reviewsPerSecond: 2439.8, p50Ms: 3.41, p99Ms: 14.2 };
  const report = [
    describeLatencies(50, latencies(), load),
    describeWorkingDay(day(100)),
    describeHeap({ tokens: 1_000_000, beforeBytes: 0, afterBytes: 30 * 1024 * 1024, tokensKept: 9_388 }),
    describeCpu(cpu(8_000)),
    describeColdReviews(cold(3.5)),
    describeRefreshes(refreshes(1.5)),
    describeWorkflowReviews(workflows(0.7)),
    describeLocalEdge(localEdge(1_402, 1.5)),
    describeTargets([...cpuTargets(cpu(8_000)), ...localEdgeTargets(localEdge(1_402, 1.5))]),
  ].join("\n");
  for (const line of [
    /^ {2}no cache +110\.0 ms +2\.200 +1\.0 x$/m,
    /^ {2}memory +1\.0 ms +0\.020 +110\.0 x$/m,
    /^ {2}memory +1\.50 ms$/m,
    /^ {2}verified and admitted, each token another one +0\.70 ms$/m,
    /^ {2}GitHub, never-seen token +108\.0 ms +2\.160 +1\.0 x$/m,
    /2439\.8 reviews a second, p50 3\.4 ms, p99 14\.2 ms$/m,
    /^ {2}octogate, fine-grained tokens +40 +450$/m,
    /^ {2}octogate, classic tokens +100 +400$/m,
    /^Heap after 1,000,000 different tokens, in Node: 30\.0 MiB more than before, 9,388 tokens kept$/m,
    /^ {2}octogate, warm +8000 +125\.0 µs$/m,
    /^ {2}app +0 +2\.00 ms +1\.00$/m,
    /^ {2}own token +300 +3\.50 ms +1\.75$/m,
    /^npm start beside workerd alone: each one's best of 3 rounds of 1,000 warm reviews, 32 at a time$/m,
    /^ {2}workerd alone +3000 +9\.0 ms +0\.50 ms +- +0\.20 ms +- +150 MiB$/m,
    /^ {2}npm start +1402 +9\.0 ms +1\.50 ms +0\.25 ms +0\.20 ms +200 MiB +150 MiB$/m,
    /^ {2}warm reviews .* +0\.800 +at least 0\.7 +met$/m,
    /^ {2}npm start \/ workerd alone, reviews a second +0\.467 +at least 0\.5 +missed$/m,
    /^ {2}npm start - workerd alone, one at a time, ms +1\.0 +at most 1\.5 +met$/m,
  ]) {
    expect(report).toMatch(line);
  }
});

test("a median is the middle value, or lies between the two middle values", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([10, 4, 1, 2])).toBe(3);
  expect(median([7])).toBe(7);
});

test("a quantile lies between its neighbours, and leaves its values in their order", () => {
  const values = [30, 10, 20];
  expect(quantile(values, 0)).toBe(10);
  expect(quantile(values, 1)).toBe(30);
  expect(quantile(values, 0.75)).toBe(25);
  expect(values).toEqual([30, 10, 20]);
});

test("of nothing there is no quantile", () => {
  expect(() => median([])).toThrow();
});
