// The pictures of docs/performance.md.
import { drawBars, drawLines, type Picture } from "../simulate/report/pictures.ts";
import type { Configuration, Latencies } from "./measure.ts";
import type { MemoryUse } from "./memory.ts";

/** The CPU of one request of a kind. */
export interface CpuCost {
  readonly name: string;
  readonly cpuMs: number;
}

/** @param measured at least one, by the latency of GitHub in milliseconds */
export function drawLatencies(measured: ReadonlyMap<number, Latencies>): Picture {
  const [first] = measured.values();
  if (first === undefined) throw new Error("there is nothing to draw");
  // The measurement has one figure for each of them, and no other.
  const groups = Object.keys(first.reviewMs) as Configuration[];
  return drawBars({
    name: "review-latency",
    title: "How long a review takes, by where the answer is",
    xLabel: "milliseconds, median",
    groups,
    series: [...measured].map(([latencyMs, { reviewMs }]) => ({
      name: `GitHub with ${latencyMs} ms`,
      values: groups.map((group) => rounded(reviewMs[group], 1)),
    })),
  });
}

export function drawCpu(costs: readonly CpuCost[]): Picture {
  return drawBars({
    name: "cpu",
    title: "CPU of workerd for one request",
    xLabel: "milliseconds",
    groups: costs.map(({ name }) => name),
    series: [{ name: "CPU", values: costs.map(({ cpuMs }) => rounded(cpuMs, 2)) }],
  });
}

export function drawMemory({ samples }: MemoryUse): Picture {
  return drawLines({
    name: "memory",
    title: "Memory of npm start",
    xLabel: "reviews",
    yLabel: "MB",
    lines: [
      { name: "the edge", points: samples.map(({ reviews, edgeBytes }) => [reviews, rounded(edgeBytes / 1e6, 1)]) },
      {
        name: "workerd",
        points: samples.map(({ reviews, workerdBytes }) => [reviews, rounded(workerdBytes / 1e6, 1)]),
      },
    ],
  });
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
