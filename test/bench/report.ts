// Report of the measurements as Markdown: for docs/performance.md and for the terminal alike.
import { decimal, markdownTable, whole } from "../simulate/report/table.ts";
import { type ColdReviews, cpuByTeams, sources } from "./cold.ts";
import type { CpuComparison } from "./cpu.ts";
import type { Heap } from "./heap.ts";
import type { LocalEdgeComparison, WayCost } from "./local-edge.ts";
import type { Machine } from "./machine.ts";
import type { Latencies, Load, WorkingDay } from "./measure.ts";
import { halves, type MemorySample, type MemoryUse } from "./memory.ts";
import type { GitHubCalls } from "./rig.ts";
import { type Grant, grantCost, grants, places, type SignIns } from "./sign-in.ts";
import type { Target } from "./targets.ts";
import type { WorkflowReviews } from "./workflows.ts";

type Row = readonly string[];

const ms = (value: number, digits = 2) => `${decimal(value, digits)} ms`;
const megabytes = (bytes: number) => `${whole(bytes / 1e6)} MB`;

export function describeMachine(machine: Machine): string {
  return markdownTable(["this run", ""], Object.entries(machine));
}

export function describeLatencies(latencyMs: number, { roundTripMs, reviewMs }: Latencies, load: Load): string {
  const noCacheMs = reviewMs["no cache"];
  const rows = Object.entries(reviewMs).map(
    ([name, took]): Row => [name, ms(took, 1), decimal(took / roundTripMs, 3), `${decimal(noCacheMs / took)} x`],
  );
  return [
    `GitHub with ${latencyMs} ms: a round trip to it takes ${ms(roundTripMs, 1)}.`,
    "",
    markdownTable(["where the answer is", "median", "round trips", "faster than no cache"], rows),
    "",
    `Warm reviews under load: ${whole(load.reviewsPerSecond)} a second, median ${ms(load.p50Ms, 1)}, p99 ${ms(load.p99Ms, 1)}.`,
  ].join("\n");
}

export function describeWorkingDay({ noCache, octogate }: WorkingDay): string {
  const rowOf = (name: string, { costly, notModified }: GitHubCalls): Row => [name, whole(costly), whole(notModified)];
  return [
    "Calls to GitHub for 1,000 reviews of people at work, each every 10 s:",
    "",
    markdownTable(
      ["", "costing quota", "304"],
      [
        rowOf("no cache", noCache),
        rowOf("Octogate, fine-grained tokens", octogate.fine_grained),
        rowOf("Octogate, classic tokens", octogate.classic),
      ],
    ),
  ].join("\n");
}

export function describeHeap({ tokens, beforeBytes, afterBytes, tokensKept }: Heap): string {
  const grown = `${decimal((afterBytes - beforeBytes) / 1e6)} MB more than before`;
  return `Heap after ${whole(tokens)} different tokens, in Node: ${grown}, ${whole(tokensKept)} tokens kept.`;
}

export function describeCpu({ rounds, reviewsEach, warm, minimal }: CpuComparison): string {
  const rowOf = (name: string, perSecond: number): Row => [
    name,
    whole(perSecond),
    `${decimal(1e6 / perSecond)} µs`,
    decimal(perSecond / minimal, 2),
  ];
  return [
    `The median turn of each Worker's best of ${rounds} rounds of ${whole(reviewsEach)} reviews, each with a line of log:`,
    "",
    markdownTable(
      ["", "reviews per CPU second", "CPU per review", "to minimal"],
      [rowOf("Octogate, warm", warm), rowOf("minimal Hono Worker", minimal)],
    ),
  ].join("\n");
}

export function describeColdReviews(cold: ColdReviews): string {
  const rows = sources.flatMap((source) => {
    const cpuMs = cpuByTeams(cold, source);
    const withoutTeams = cpuMs.get(0) ?? Number.NaN;
    return [...cpuMs].map(
      ([teams, value]): Row => [source, String(teams), ms(value), decimal(value / withoutTeams, 2)],
    );
  });
  return [
    `The lower quarter of ${whole(cold.reviewsEach)} reviews each:`,
    "",
    markdownTable(["memberships from", "teams", "CPU per review", "to no teams"], rows),
  ].join("\n");
}

const grantNames: Readonly<Record<Grant, string>> = {
  authorization_code: "sign-in: a code at /token",
  refresh_token: "refresh",
  token_exchange: "exchange of a GitHub token",
};

export function describeSignIns(signIns: SignIns): string {
  const rows = grants.flatMap((grant) =>
    places.map((place): Row => {
      const { cpuMs, medianMs } = grantCost(signIns, grant, place);
      return [grantNames[grant], place, ms(cpuMs), ms(medianMs, 1)];
    }),
  );
  return [
    `${whole(signIns.each)} of each kind, one at a time; GitHub answers at once:`,
    "",
    markdownTable(["", "where the answer is", "CPU", "median"], rows),
  ].join("\n");
}

export function describeWorkflowReviews({ each, cpuMs, medianMs, keyFetches }: WorkflowReviews): string {
  return [
    `${whole(each)} of each kind, one at a time; GitHub's keys were fetched ${keyFetches} time for all of them:`,
    "",
    markdownTable(
      ["", "CPU per review", "median"],
      [
        ["verified and admitted, each token another one", ms(cpuMs.verified), ms(medianMs.verified)],
        ["of another issuer, nothing to verify", ms(cpuMs.foreign), ms(medianMs.foreign)],
      ],
    ),
  ].join("\n");
}

export function describeLocalEdge(comparison: LocalEdgeComparison): string {
  const { rounds, reviewsEach, concurrency, workerdAlone, npmStart } = comparison;
  const rowOf = (name: string, cost: WayCost): Row => [
    name,
    whole(cost.reviewsPerSecond),
    ms(cost.medianMs, 1),
    ms(cost.aloneMs),
    cost.edgeCpuMs === null ? "-" : ms(cost.edgeCpuMs),
    ms(cost.workerdCpuMs),
  ];
  return [
    `Each way's best of ${rounds} rounds of ${whole(reviewsEach)} warm reviews, ${concurrency} at a time:`,
    "",
    markdownTable(
      ["", "reviews a second", "median", "one at a time", "CPU of the edge", "CPU of workerd"],
      [rowOf("workerd alone", workerdAlone), rowOf("npm start", npmStart)],
    ),
  ].join("\n");
}

export function describeMemory(use: MemoryUse): string {
  const { halfway, end } = halves(use);
  const rowOf = (name: string, of: (sample: MemorySample) => number): Row => [
    name,
    megabytes(of(halfway)),
    megabytes(of(end)),
    megabytes(of(end) - of(halfway)),
  ];
  return markdownTable(
    ["", `after ${whole(halfway.reviews)} reviews`, `after ${whole(end.reviews)}`, "growth"],
    [
      rowOf("the edge", ({ edgeBytes }) => edgeBytes),
      rowOf("workerd", ({ workerdBytes }) => workerdBytes),
      rowOf("together", ({ edgeBytes, workerdBytes }) => edgeBytes + workerdBytes),
    ],
  );
}

export function describeTargets(targets: readonly Target[]): string {
  const rows = targets.map(({ name, value, wanted, outcome }): Row => [name, value, wanted, outcome]);
  return markdownTable(["target", "measured", "wanted", ""], rows);
}
