// What a soak came to, as Markdown, and a picture of memory and of what was not answered.
import * as echarts from "echarts";
import type { Ledger } from "./actors.ts";
import { type Growth, limits, type Sample } from "./measure.ts";
import { type Rule, rules } from "./oracle.ts";

export interface Course {
  readonly minutes: number;
  readonly seed: number;
  readonly ttlSeconds: number;
  readonly graceSeconds: number;
  readonly idTokenSeconds: number;
  readonly ledger: Ledger;
  /** What happened to people, how often. */
  readonly happenings: ReadonlyMap<string, number>;
  readonly phases: readonly { readonly name: string; readonly from: number; readonly to: number }[];
  readonly samples: readonly Sample[];
  readonly growth: Growth;
  readonly kv: { readonly reads: number; readonly writes: number };
  /** Whether the run is long enough to say that something grows. */
  readonly isGrowthHeld: boolean;
}

export interface Grown {
  readonly rule: "memory grows" | "file handles grow";
  readonly what: string;
}

/** Short runs say nothing about growth: compilers and caches fill up. */
export const growthAfterMinutes = 8;

export function grownIn({ growth, isGrowthHeld }: Pick<Course, "growth" | "isGrowthHeld">): Grown[] {
  if (!isGrowthHeld) return [];
  const grown: Grown[] = [];
  if (growth.edgeBytesPerMinute > limits.edgeBytesPerMinute) {
    grown.push({ rule: "memory grows", what: `the edge by ${megabytes(growth.edgeBytesPerMinute)} a minute` });
  }
  if (growth.handlesPerMinute > limits.handlesPerMinute) {
    grown.push({ rule: "file handles grow", what: `the edge by ${growth.handlesPerMinute.toFixed(1)} a minute` });
  }
  return grown;
}

const kinds = ["yes", "no", "undetermined", "broken"] as const;

export function markdownOf(course: Course): string {
  const { minutes, seed, ttlSeconds, graceSeconds, idTokenSeconds, ledger, happenings, phases, samples, growth } =
    course;
  const byRule = (rule: Rule) => ledger.findings.filter((finding) => finding.rule === rule).length;
  const doors = [...ledger.counts].map(([door, counts]) => [
    door,
    ...kinds.map((kind) => String(counts.get(kind) ?? 0)),
  ]);
  const first = samples[Math.floor(samples.length / 3)];
  const last = samples.at(-1);
  const times = Map.groupBy(phases, ({ name }) => name);
  return [
    "# A soak",
    "",
    `${minutes} minutes, seed ${seed}; TTL ${ttlSeconds} s, grace ${graceSeconds} s, ID tokens ${idTokenSeconds} s.`,
    "",
    "## What was asked",
    "",
    ...table(["door", ...kinds], doors),
    "",
    "## What the oracle found",
    "",
    ...table(
      ["rule", "times"],
      [
        ...rules.map((rule) => [rule, String(byRule(rule))]),
        ...(course.isGrowthHeld
          ? ["memory grows", "file handles grow"].map((rule) => [
              rule,
              String(grownIn(course).filter((one) => one.rule === rule).length),
            ])
          : []),
      ],
    ),
    "",
    ...ledger.findings.slice(0, 20).map(({ rule, door, what, at }) => {
      return `- ${new Date(at).toISOString()}, ${door}: ${rule}: ${what}`;
    }),
    ...grownIn(course).map(({ rule, what }) => `- ${rule}: ${what}`),
    "",
    "## What happened meanwhile",
    "",
    ...table(
      ["what", "times"],
      [
        ...[...times].filter(([name]) => name !== "calm").map(([name, all]) => [name, String(all.length)]),
        ...[...happenings].map(([name, count]) => [`a person ${name}`, String(count)]),
      ],
    ),
    "",
    "## Memory and file handles",
    "",
    ...table(
      ["", "after a third", "at the end", "growth a minute"],
      [
        ["edge, memory", megabytes(first?.edgeBytes), megabytes(last?.edgeBytes), megabytes(growth.edgeBytesPerMinute)],
        [
          "edge, file handles",
          String(first?.edgeHandles),
          String(last?.edgeHandles),
          growth.handlesPerMinute.toFixed(2),
        ],
        [
          "workerd, memory",
          megabytes(first?.workerdBytes),
          megabytes(last?.workerdBytes),
          `${megabytes(growth.workerdBytesPerMinute)} (the longest deployment)`,
        ],
      ],
    ),
    "",
    `KV: ${course.kv.reads} reads, ${course.kv.writes} writes.`,
    "",
  ].join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? "unknown" : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** @returns SVG: memory of both processes, with the disturbances as bands */
export function pictureOf({ samples, phases }: Course): string {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: 980, height: 420 });
  const line = (name: string, of: (sample: Sample) => number) => ({
    type: "line" as const,
    name,
    symbolSize: 0,
    data: samples.map((sample) => [sample.at / 60, of(sample)]),
  });
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    color: ["#0072b2", "#d55e00"],
    textStyle: { fontFamily: "Helvetica, Arial, sans-serif" },
    title: { text: "Memory during a soak; grey: something outside is disturbed", left: 16, top: 12 },
    legend: { top: 42, left: 16 },
    grid: { left: 84, right: 32, top: 84, bottom: 60 },
    xAxis: { type: "value", name: "minutes", nameLocation: "middle", nameGap: 34, max: "dataMax" },
    yAxis: { type: "value", name: "MB", nameLocation: "middle", nameGap: 60 },
    series: [
      {
        ...line("edge", ({ edgeBytes }) => edgeBytes / 1e6),
        markArea: {
          itemStyle: { color: "rgba(0, 0, 0, 0.06)" },
          data: phases
            .filter(({ name }) => name !== "calm")
            .map(({ from, to }) => [{ xAxis: from / 60 }, { xAxis: to / 60 }]),
        },
      },
      line("workerd", ({ workerdBytes }) => workerdBytes / 1e6),
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}
