// The measurements as text, and whether they are good enough.
import type { ColdReview, Load } from "./measure.ts";
import type { BenchOptions } from "./options.ts";

/** While the account is the only fact, a cold review is one call to GitHub and little else. */
export const maxColdRoundTrips = 1.15;
/** Below this latency a machine's own milliseconds weigh more than the Worker's. */
const minJudgedLatencyMs = 50;

export type Judgement = "met" | "missed" | "not judged";

export function judge({ latencyMs }: BenchOptions, { roundTrips }: ColdReview): Judgement {
  if (latencyMs < minJudgedLatencyMs) return "not judged";
  return roundTrips <= maxColdRoundTrips ? "met" : "missed";
}

/** @returns lines for a terminal */
export function describeResults(options: BenchOptions, cold: ColdReview, load: Load): string {
  const rows: [string, string][] = [
    ["reviews a second", load.reviewsPerSecond.toFixed(1)],
    ["p50", `${load.p50Ms.toFixed(1)} ms`],
    ["p99", `${load.p99Ms.toFixed(1)} ms`],
    ["GitHub calls per 1,000 reviews", load.gitHubCallsPer1000Reviews.toFixed(0)],
    ["one GitHub round trip", `${cold.roundTripMedianMs.toFixed(1)} ms`],
    ["one cold review", `${cold.reviewMedianMs.toFixed(1)} ms`],
    [
      "cold review / round trip",
      `${cold.roundTrips.toFixed(3)} (at most ${maxColdRoundTrips}: ${judge(options, cold)})`,
    ],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    `client → TLS → local edge → Worker on workerd → GitHub stand-in with ${options.latencyMs} ms`,
    `load: ${load.reviews} reviews, ${load.concurrency} at a time, each with a token never seen before`,
    `cold review: medians of ${cold.pairs} reviews and ${cold.pairs} plain calls to the stand-in, in turns`,
    "",
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
  ].join("\n");
}
