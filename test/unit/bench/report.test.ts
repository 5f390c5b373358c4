// The benchmark's targets, its report, and docs/performance.md, which it writes.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ColdReviews } from "../../bench/cold.ts";
import type { LocalEdgeComparison } from "../../bench/local-edge.ts";
import { thisMachine } from "../../bench/machine.ts";
import type { Latencies } from "../../bench/measure.ts";
import { halves, type MemoryUse } from "../../bench/memory.ts";
import { allParts, type Part } from "../../bench/options.ts";
import { drawCpu, drawLatencies, drawMemory } from "../../bench/pictures.ts";
import { median, quantile } from "../../bench/quantiles.ts";
import {
  describeColdReviews,
  describeCpu,
  describeHeap,
  describeLatencies,
  describeLocalEdge,
  describeMachine,
  describeMemory,
  describeSignIns,
  describeTargets,
  describeWorkflowReviews,
  describeWorkingDay,
} from "../../bench/report.ts";
import { grants, places, type SignIns } from "../../bench/sign-in.ts";
import {
  coldTargets,
  cpuTargets,
  latencyTargets,
  localEdgeTargets,
  memoryTargets,
  signInTargets,
  workflowTargets,
  workingDayTargets,
} from "../../bench/targets.ts";
import { oneSentenceALine } from "../../simulate/report/sentences.ts";

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
const signIns = (memory: number, each = 100): SignIns => ({
  each,
  costs: grants.flatMap((grant) =>
    places.map((place) => ({ grant, place, cpuMs: place === "memory" ? memory : 4, medianMs: 2.5 })),
  ),
});
const memoryUse = (growthMegabytes: number, reviews = 50_000): MemoryUse => ({
  samples: Array.from({ length: 50 }, (_, index) => ({
    reviews: (reviews * (index + 1)) / 50,
    edgeBytes: 180e6,
    workerdBytes: index < 25 ? 200e6 : 200e6 + growthMegabytes * 1e6,
  })),
});
const workflows = (verified: number, keyFetches = 1, each = 1_000) => ({
  each,
  cpuMs: { verified, foreign: 0.1 },
  medianMs: { verified: 1.2, foreign: 0.4 },
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
  const workerd = { medianMs: 9, workerdCpuMs: 0.2 };
  const workerdAlone = { ...workerd, reviewsPerSecond: 3_000, aloneMs: 0.5, edgeCpuMs: null };
  const npmStart = { ...workerd, reviewsPerSecond, aloneMs, edgeCpuMs: 0.25 };
  return { rounds: 3, reviewsEach, concurrency: 32, workerdAlone, npmStart };
};
const outcomesOf = (targets: readonly { outcome: string }[]) => targets.map(({ outcome }) => outcome);

describe("the targets", () => {
  test("are met by good numbers", () => {
    const all = [
      ...[...latencyTargets(50, latencies()), ...workingDayTargets(day(150))],
      ...[
        ...cpuTargets(cpu(7_500)),
        ...coldTargets(cold(4)),
        ...signInTargets(signIns(3)),
        ...workflowTargets(workflows(2)),
        ...localEdgeTargets(localEdge(1_500, 2)),
        ...memoryTargets(memoryUse(20)),
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
    expect(outcomesOf(cpuTargets(cpu(7_499)))).toEqual(["missed"]);
    expect(outcomesOf(coldTargets(cold(4.01)))).toEqual(["met", "missed"]);
    expect(outcomesOf(coldTargets(cold(6.01)))).toEqual(["missed", "missed"]);
    expect(outcomesOf(signInTargets(signIns(3.01)))).toEqual(["missed", "missed", "missed"]);
    expect(outcomesOf(memoryTargets(memoryUse(20.1)))).toEqual(["missed", "missed"]);
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
    expect(new Set(outcomesOf(signInTargets(signIns(9, 99))))).toEqual(new Set(["not rated"]));
    expect(outcomesOf(memoryTargets(memoryUse(99, 49_000)))).toEqual(["not rated", "not rated"]);
    expect(outcomesOf(workflowTargets(workflows(9, 2, 999)))).toEqual(["not rated", "not rated"]);
    expect(outcomesOf(localEdgeTargets(localEdge(1, 9, 999)))).toEqual(["not rated", "not rated"]);
  });
});

const load = { reviewsPerSecond: 2439.8, p50Ms: 3.41, p99Ms: 14.2 };
/** What a run writes, with made-up figures. */
const sections: Readonly<Record<Part | "machine" | "targets", string>> = {
  machine: describeMachine(thisMachine()),
  latency: [
    describeLatencies(50, latencies(), load),
    describeWorkingDay(day(100)),
    describeLatencies(150, latencies(), load),
  ].join("\n\n"),
  heap: describeHeap({ tokens: 1_000_000, beforeBytes: 0, afterBytes: 30e6, tokensKept: 9_388 }),
  cpu: describeCpu(cpu(8_000)),
  cold: describeColdReviews(cold(3.5)),
  "sign-in": describeSignIns(signIns(1.5)),
  workflows: describeWorkflowReviews(workflows(0.7)),
  "local-edge": describeLocalEdge(localEdge(1_402, 1.5)),
  memory: describeMemory(memoryUse(7, 100_000)),
  targets: describeTargets([
    ...[50, 150].flatMap((latencyMs) => [
      ...latencyTargets(latencyMs, latencies()).map((it) => ({ ...it, name: `${latencyMs} ms: ${it.name}` })),
      ...(latencyMs === 50 ? workingDayTargets(day(100)) : []),
    ]),
    ...cpuTargets(cpu(8_000)),
    ...coldTargets(cold(3.5)),
    ...signInTargets(signIns(1.5)),
    ...workflowTargets(workflows(0.7)),
    ...localEdgeTargets(localEdge(1_402, 1.5)),
    ...memoryTargets(memoryUse(7, 100_000)),
  ]),
};

test("the report shows every number with its unit", () => {
  const report = Object.values(sections).join("\n").replaceAll(/ +/g, " ");
  for (const line of [
    "| no cache | 110.0 ms | 2.200 | 1.0 x |",
    "| memory | 1.0 ms | 0.020 | 110.0 x |",
    "| GitHub, never-seen token | 108.0 ms | 2.160 | 1.0 x |",
    "2,440 a second, median 3.4 ms, p99 14.2 ms.",
    "| Octogate, fine-grained tokens | 40 | 450 |",
    "| Octogate, classic tokens | 100 | 400 |",
    "Heap after 1,000,000 different tokens, in Node: 30.0 MB more than before, 9,388 tokens kept.",
    "| Octogate, warm | 8,000 | 125.0 µs | 0.80 |",
    "| app | 0 | 2.00 ms | 1.00 |",
    "| own token | 300 | 3.50 ms | 1.75 |",
    "| refresh | memory | 1.50 ms | 2.5 ms |",
    "| verified and admitted, each token another one | 0.70 ms | 1.20 ms |",
    "Each way's best of 3 rounds of 1,000 warm reviews, 32 at a time:",
    "| workerd alone | 3,000 | 9.0 ms | 0.50 ms | - | 0.20 ms |",
    "| npm start | 1,402 | 9.0 ms | 1.50 ms | 0.25 ms | 0.20 ms |",
    "| together | 380 MB | 387 MB | 7 MB |",
    "| npm start / workerd alone, reviews a second | 0.467 | at least 0.5 | missed |",
    "| npm start - workerd alone, one at a time, ms | 1.0 | at most 1.5 | met |",
  ]) {
    expect(report).toContain(line);
  }
});

test("the memory halfway and at the end is the median of the last samples until then", () => {
  const { halfway, end } = halves({
    samples: Array.from({ length: 50 }, (_, index) => ({
      reviews: index + 1,
      edgeBytes: index === 24 || index === 49 ? 9_999 : index,
      workerdBytes: 1,
    })),
  });
  expect(halfway).toEqual({ reviews: 25, edgeBytes: 22, workerdBytes: 1 });
  expect(end).toEqual({ reviews: 50, edgeBytes: 47, workerdBytes: 1 });
});

describe("docs/performance.md", () => {
  const page = readFileSync(new URL("../../../docs/performance.md", import.meta.url), "utf8");

  test.each(Object.entries(sections))("has the part %s in the form in which a run writes it", (name, markdown) => {
    const [, written] =
      new RegExp(`<!-- generated: ${name} -->\n\n(.*?)\n\n<!-- end: ${name} -->`, "s").exec(page) ?? [];
    expect(formOf(written ?? "")).toEqual(formOf(oneSentenceALine(markdown)));
  });

  test("has a place for every part, and no other", () => {
    const places = [...page.matchAll(/<!-- generated: (.+) -->/g)].map(([, name]) => name);
    expect(places.sort()).toEqual([...allParts, "machine", "targets"].sort());
  });

  test("shows the pictures that a run draws, each with its title and its figures", () => {
    const pictures = [
      drawLatencies(new Map([[50, latencies()]])),
      drawCpu([{ name: "review, warm", cpuMs: 0.12 }]),
      drawMemory(memoryUse(7)),
    ];
    const shown = [...page.matchAll(/\(pictures\/([\w-]+)\.svg\)/g)].map(([, name]) => name);
    expect(shown.sort()).toEqual(pictures.map(({ name }) => name).sort());
    for (const { name, svg } of pictures) {
      const written = readFileSync(new URL(`../../../docs/pictures/${name}.svg`, import.meta.url), "utf8");
      expect(titleOf(written)).toBe(titleOf(svg));
    }
  });
});

/** @returns the lines without their figures; of a table's row, what it is about, and how many cells it has */
function formOf(markdown: string): string[] {
  return markdown.split("\n").map((line) => {
    const cells = line.split("|").map((cell) => cell.trim());
    const text = cells.length > 1 ? `${cells[1]?.replace(/^-+$/, "-")} (${cells.length})` : line;
    return text.replaceAll(/-?\d[\d,.]*/g, "0");
  });
}

function titleOf(svg: string): string | undefined {
  return /<title>(.*)<\/title>/.exec(svg)?.[1];
}

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
