// Report of the measurements, as text for a terminal.
import { type ColdReviews, cpuByTeams, sources } from "./cold.ts";
import type { CpuComparison } from "./cpu.ts";
import type { Heap } from "./heap.ts";
import type { LocalEdgeComparison, WayCost } from "./local-edge.ts";
import type { Latencies, Load, WorkingDay } from "./measure.ts";
import { type Refreshes, refreshPlaces } from "./refresh.ts";
import type { GitHubCalls } from "./rig.ts";
import type { Target } from "./targets.ts";
import type { WorkflowReviews } from "./workflows.ts";

type Row = readonly string[];

export function describeLatencies(latencyMs: number, { roundTripMs, reviewMs }: Latencies, load: Load): string {
  const noCacheMs = reviewMs["no cache"];
  const rows = Object.entries(reviewMs).map(
    ([name, ms]): Row => [
      name,
      `${ms.toFixed(1)} ms`,
      (ms / roundTripMs).toFixed(3),
      `${(noCacheMs / ms).toFixed(1)} x`,
    ],
  );
  return [
    `GitHub with ${latencyMs} ms: a round trip to it takes ${roundTripMs.toFixed(1)} ms`,
    "",
    table([["where the answer is", "p50", "round trips", "faster than no cache"], ...rows]),
    "",
    `  warm, under load: ${load.reviewsPerSecond.toFixed(1)} reviews a second, ` +
      `p50 ${load.p50Ms.toFixed(1)} ms, p99 ${load.p99Ms.toFixed(1)} ms`,
  ].join("\n");
}

export function describeWorkingDay({ noCache, octogate }: WorkingDay): string {
  const rowOf = (name: string, { costly, notModified }: GitHubCalls): Row => [
    name,
    costly.toFixed(0),
    notModified.toFixed(0),
  ];
  return [
    "Calls to GitHub for 1,000 reviews of people at work, each every 10 s",
    "",
    table([
      ["", "costing quota", "304"],
      rowOf("no cache", noCache),
      rowOf("octogate, fine-grained tokens", octogate.fine_grained),
      rowOf("octogate, classic tokens", octogate.classic),
    ]),
  ].join("\n");
}

export function describeHeap({ tokens, beforeBytes, afterBytes, tokensKept }: Heap): string {
  const grownMiB = (afterBytes - beforeBytes) / 1024 / 1024;
  const [count, kept] = [tokens, tokensKept].map((number) => number.toLocaleString("en"));
  const grown = `${grownMiB.toFixed(1)} MiB more than before`;
  return `Heap after ${count} different tokens, in Node: ${grown}, ${kept} tokens kept`;
}

export function describeCpu({ rounds, reviewsEach, warm, minimal }: CpuComparison): string {
  const rowOf = (name: string, perSecond: number): Row => [
    name,
    perSecond.toFixed(0),
    `${(1e6 / perSecond).toFixed(1)} µs`,
  ];
  const size = `${rounds} rounds of ${reviewsEach.toLocaleString("en")} reviews`;
  return [
    `CPU of workerd alone: the median turn of each Worker's best of ${size}, each with a line of log`,
    "",
    table([
      ["", "reviews per CPU second", "CPU per review"],
      rowOf("octogate, warm", warm),
      rowOf("minimal Hono", minimal),
    ]),
  ].join("\n");
}

export function describeColdReviews(cold: ColdReviews): string {
  const rows = sources.flatMap((source) => {
    const cpuMs = cpuByTeams(cold, source);
    const withoutTeams = cpuMs.get(0) ?? Number.NaN;
    return [...cpuMs].map(
      ([teams, ms]): Row => [source, String(teams), `${ms.toFixed(2)} ms`, (ms / withoutTeams).toFixed(2)],
    );
  });
  return [
    `CPU of workerd for a cold review, by where memberships come from: the lower quarter of ${cold.reviewsEach} reviews each`,
    "",
    table([["memberships from", "teams", "CPU per review", "to no teams"], ...rows]),
  ].join("\n");
}

export function describeLocalEdge({
  rounds,
  reviewsEach,
  concurrency,
  workerdAlone,
  npmStart,
}: LocalEdgeComparison): string {
  const ms = (value: number | null) => (value === null ? "-" : `${value.toFixed(2)} ms`);
  const mebibytes = (value: number | null) => (value === null ? "-" : `${(value / 1024 / 1024).toFixed(0)} MiB`);
  const rowOf = (name: string, cost: WayCost): Row => [
    name,
    cost.reviewsPerSecond.toFixed(0),
    `${cost.medianMs.toFixed(1)} ms`,
    ms(cost.aloneMs),
    ms(cost.edgeCpuMs),
    ms(cost.workerdCpuMs),
    mebibytes(cost.edgeBytes),
    mebibytes(cost.workerdBytes),
  ];
  const size = `${rounds} rounds of ${reviewsEach.toLocaleString("en")} warm reviews`;
  return [
    `npm start beside workerd alone: each one's best of ${size}, ${concurrency} at a time`,
    "",
    table([
      ["", "reviews a second", "p50", "one at a time", "CPU edge", "CPU workerd", "memory edge", "memory workerd"],
      rowOf("workerd alone", workerdAlone),
      rowOf("npm start", npmStart),
    ]),
  ].join("\n");
}

export function describeTargets(targets: readonly Target[]): string {
  const rows = targets.map(({ name, value, wanted, outcome }): Row => [name, value, wanted, outcome]);
  return ["Targets", "", table(rows)].join("\n");
}

/** The first column begins at the left, all others end at the right. */
function table(rows: readonly Row[]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  "),
    )
    .map((line) => `  ${line.trimEnd()}`)
    .join("\n");
}

export function describeRefreshes({ each, cpuMs }: Refreshes): string {
  const rows = refreshPlaces.map((place): Row => [place, `${cpuMs[place].toFixed(2)} ms`]);
  return [
    `CPU of workerd for a refresh of a sign-in, ${each.toLocaleString("en")} each`,
    "",
    table([["where the answer is", "CPU"], ...rows]),
  ].join("\n");
}

export function describeWorkflowReviews({ each, cpuMs, keyFetches }: WorkflowReviews): string {
  const ms = (value: number) => `${value.toFixed(2)} ms`;
  return [
    `CPU of workerd for a review of a workflow's token, GitHub's keys in memory, ${each.toLocaleString("en")} each; ${keyFetches} fetch of the keys`,
    "",
    table([
      ["", "CPU per review"],
      ["verified and admitted, each token another one", ms(cpuMs.verified)],
      ["of another issuer, nothing to verify", ms(cpuMs.foreign)],
    ]),
  ].join("\n");
}
