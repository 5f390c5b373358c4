// What the numbers have to come to.
import type { CpuComparison } from "./cpu.ts";
import type { Latencies, WorkingDay } from "./measure.ts";

export interface Target {
  readonly name: string;
  readonly value: string;
  readonly wanted: string;
  readonly outcome: "met" | "missed" | "not judged";
}

/** Below this latency a machine's own milliseconds weigh more than the Worker's. */
const minJudgedLatencyMs = 50;

const limits = {
  warmToNever: 1 / 10,
  knownRoundTrips: 1.15,
  neverSeenRoundTrips: 2.2,
  costlyToNaive: 1 / 20,
  warmToNakedCpu: 0.7,
} as const;

export function latencyTargets(latencyMs: number, { roundTripMs, reviewMs, callsWhenWarm }: Latencies): Target[] {
  const isJudged = latencyMs >= minJudgedLatencyMs;
  const known = reviewMs["GitHub, known token"] / roundTripMs;
  const neverSeen = reviewMs["GitHub, never-seen token"] / roundTripMs;
  const warm = reviewMs.memory / reviewMs["GitHub, never-seen token"];
  return [
    atMost("calls to GitHub in warm reviews", callsWhenWarm, 0, 0, true),
    atMost("warm review / cold review", warm, limits.warmToNever, 3, isJudged),
    atMost("known token, old facts / round trip", known, limits.knownRoundTrips, 3, isJudged),
    atMost("never-seen token / round trip", neverSeen, limits.neverSeenRoundTrips, 3, isJudged),
  ];
}

export function workingDayTargets({ naive, remembering }: WorkingDay): Target[] {
  return [atMost("costly calls / naive's", remembering.costly / naive.costly, limits.costlyToNaive, 3, true)];
}

/** @param isJudged whether there were enough reviews for the numbers to mean anything */
export function cpuTargets({ warm, naked }: CpuComparison, isJudged: boolean): Target[] {
  const value = warm / naked;
  const isMet = value >= limits.warmToNakedCpu;
  return [
    {
      name: "warm reviews / naked Worker's, per CPU second",
      value: value.toFixed(3),
      wanted: `at least ${limits.warmToNakedCpu}`,
      outcome: outcomeOf(isMet, isJudged),
    },
  ];
}

function atMost(name: string, value: number, limit: number, digits: number, isJudged: boolean): Target {
  const outcome = outcomeOf(value <= limit, isJudged);
  return { name, value: value.toFixed(digits), wanted: `at most ${limit}`, outcome };
}

function outcomeOf(isMet: boolean, isJudged: boolean): Target["outcome"] {
  if (!isJudged) return "not judged";
  return isMet ? "met" : "missed";
}
