// The measurements as text for a terminal.
import type { CpuComparison } from "./cpu.ts";
import type { Heap } from "./heap.ts";
import type { Latencies, Load, WorkingDay } from "./measure.ts";
import type { GitHubCalls } from "./rig.ts";
import type { Target } from "./targets.ts";

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
    `  warm, under load: ${load.reviewsPerSecond.toFixed(1)} reviews a second, p50 ${load.p50Ms.toFixed(1)} ms, p99 ${load.p99Ms.toFixed(1)} ms`,
  ].join("\n");
}

export function describeWorkingDay({ naive, remembering }: WorkingDay): string {
  const rowOf = (name: string, { costly, notModified }: GitHubCalls): Row => [
    name,
    costly.toFixed(0),
    notModified.toFixed(0),
  ];
  return [
    "Calls to GitHub for 1,000 reviews of people at work, each every 10 s",
    "",
    table([["", "costing quota", "304"], rowOf("no cache", naive), rowOf("octogate", remembering)]),
  ].join("\n");
}

export function describeHeap({ tokens, beforeBytes, afterBytes, remembered }: Heap): string {
  const grownMiB = (afterBytes - beforeBytes) / 1024 / 1024;
  const [count, kept] = [tokens, remembered].map((number) => number.toLocaleString("en"));
  return `Heap after ${count} different tokens, in Node: ${grownMiB.toFixed(1)} MiB more than before, ${kept} tokens remembered`;
}

export function describeCpu({ rounds, reviewsEach, warm, naked }: CpuComparison): string {
  const rowOf = (name: string, perSecond: number): Row => [
    name,
    perSecond.toFixed(0),
    `${(1e6 / perSecond).toFixed(1)} µs`,
  ];
  return [
    `workerd alone: median turn of each one's best of ${rounds} rounds of ${reviewsEach.toLocaleString("en")} reviews, both with a line of the log each`,
    "",
    table([
      ["", "reviews per CPU second", "CPU per review"],
      rowOf("octogate, warm", warm),
      rowOf("naked Hono", naked),
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
