// Targets for the figures.
import { type ColdReviews, cpuByTeams, sources } from "./cold.ts";
import type { CpuComparison } from "./cpu.ts";
import type { LocalEdgeComparison } from "./local-edge.ts";
import type { Latencies, WorkingDay } from "./measure.ts";
import { halves, type MemoryUse } from "./memory.ts";
import { grantCost, grants, type SignIns } from "./sign-in.ts";
import type { WorkflowReviews } from "./workflows.ts";

export interface Target {
  readonly name: string;
  readonly value: string;
  readonly wanted: string;
  /** "not rated" where the measurement was too small for its figure to mean anything. */
  readonly outcome: "met" | "missed" | "not rated";
}

/** Below this latency a machine's own milliseconds weigh more than the Worker's. */
const minRatedLatencyMs = 50;
const minRatedCpuReviews = 5_000;
const minRatedColdReviews = 200;
const minRatedSignIns = 100;
const minRatedWorkflowReviews = 1_000;
const minRatedEdgeReviews = 1_000;
const minRatedMemoryReviews = 50_000;

const limits = {
  warmToNever: 1 / 10,
  knownRoundTrips: 1.15,
  neverSeenRoundTrips: 2.2,
  costly: 40,
  costlyToNoCache: 1 / 20,
  warmToMinimalCpu: 0.75,
  // GitHub lists the user's own teams with 1.6 KB each, so 300 are three pages with 500 KB of JSON.
  manyTeamsToNoneCpu: { "own token": 3, app: 2 },
  signInFromMemoryMs: 3,
  workflowReviewMs: 2,
  keyFetches: 1,
  npmStartToWorkerdAlone: 0.5,
  moreAloneMs: 1.5,
  togetherMegabytes: 400,
  growthMegabytes: 20,
} as const;

export function latencyTargets(latencyMs: number, { roundTripMs, reviewMs, callsWhenWarm }: Latencies): Target[] {
  const isRated = latencyMs >= minRatedLatencyMs;
  const known = reviewMs["GitHub, known token"] / roundTripMs;
  const neverSeen = reviewMs["GitHub, never-seen token"] / roundTripMs;
  const warm = reviewMs.memory / reviewMs["GitHub, never-seen token"];
  return [
    atMost("calls to GitHub in warm reviews", callsWhenWarm, 0, 0, true),
    atMost("warm review / cold review", warm, limits.warmToNever, 3, isRated),
    atMost("known token, old facts / round trip", known, limits.knownRoundTrips, 3, isRated),
    atMost("never-seen token / round trip", neverSeen, limits.neverSeenRoundTrips, 3, isRated),
  ];
}

export function workingDayTargets({ noCache, octogate }: WorkingDay): Target[] {
  const ratio = octogate.classic.costly / noCache.costly;
  return [
    atMost("costly calls for 1,000 reviews, fine-grained tokens", octogate.fine_grained.costly, limits.costly, 0, true),
    atMost("costly calls / without a cache, classic tokens", ratio, limits.costlyToNoCache, 3, true),
  ];
}

export function cpuTargets({ warm, minimal, reviewsEach }: CpuComparison): Target[] {
  const isRated = reviewsEach >= minRatedCpuReviews;
  const name = "warm reviews / minimal Worker's, per CPU second";
  return [atLeast(name, warm / minimal, limits.warmToMinimalCpu, 3, isRated)];
}

export function coldTargets(cold: ColdReviews): Target[] {
  const isRated = cold.reviewsEach >= minRatedColdReviews;
  return sources.map((source) => {
    const cpuMs = cpuByTeams(cold, source);
    const ratio = (cpuMs.get(300) ?? Number.NaN) / (cpuMs.get(0) ?? Number.NaN);
    return atMost(
      `cold review with 300 teams / without, ${source}, CPU`,
      ratio,
      limits.manyTeamsToNoneCpu[source],
      2,
      isRated,
    );
  });
}

export function signInTargets(signIns: SignIns): Target[] {
  const isRated = signIns.each >= minRatedSignIns;
  return grants.map((grant) => {
    const { cpuMs } = grantCost(signIns, grant, "memory");
    return atMost(`${grant} from memory, CPU, ms`, cpuMs, limits.signInFromMemoryMs, 2, isRated);
  });
}

/** The whole review counts: verifying is a part of it. */
export function workflowTargets({ each, cpuMs, keyFetches }: WorkflowReviews): Target[] {
  const isRated = each >= minRatedWorkflowReviews;
  return [
    atMost("review of a workflow, keys in memory, CPU, ms", cpuMs.verified, limits.workflowReviewMs, 2, isRated),
    atMost("fetches of GitHub's keys, all reviews of workflows", keyFetches, limits.keyFetches, 0, isRated),
  ];
}

export function localEdgeTargets({ reviewsEach, workerdAlone, npmStart }: LocalEdgeComparison): Target[] {
  const isRated = reviewsEach >= minRatedEdgeReviews;
  const share = npmStart.reviewsPerSecond / workerdAlone.reviewsPerSecond;
  const moreMs = npmStart.aloneMs - workerdAlone.aloneMs;
  return [
    atLeast("npm start / workerd alone, reviews a second", share, limits.npmStartToWorkerdAlone, 3, isRated),
    atMost("npm start - workerd alone, one at a time, ms", moreMs, limits.moreAloneMs, 1, isRated),
  ];
}

export function memoryTargets(use: MemoryUse): Target[] {
  const { halfway, end } = halves(use);
  const isRated = end.reviews >= minRatedMemoryReviews;
  const together = ({ edgeBytes, workerdBytes }: typeof end) => (edgeBytes + workerdBytes) / 1e6;
  const growth = together(end) - together(halfway);
  return [
    atMost("memory of npm start, edge and workerd, MB", together(end), limits.togetherMegabytes, 0, isRated),
    atMost("its growth in the second half of the reviews, MB", growth, limits.growthMegabytes, 0, isRated),
  ];
}

function atMost(name: string, value: number, limit: number, digits: number, isRated: boolean): Target {
  const outcome = outcomeOf(value <= limit, isRated);
  return { name, value: value.toFixed(digits), wanted: `at most ${limit}`, outcome };
}

function atLeast(name: string, value: number, limit: number, digits: number, isRated: boolean): Target {
  const outcome = outcomeOf(value >= limit, isRated);
  return { name, value: value.toFixed(digits), wanted: `at least ${limit}`, outcome };
}

function outcomeOf(isMet: boolean, isRated: boolean): Target["outcome"] {
  if (!isRated) return "not rated";
  return isMet ? "met" : "missed";
}
