// What a soak came to, as Markdown, and a picture of memory.
import * as echarts from "echarts";
import { thisMachine } from "../bench/machine.ts";
import { still } from "../simulate/report/pictures.ts";
import { decimal, markdownTable, whole } from "../simulate/report/table.ts";
import type { Ledger } from "./actors.ts";
import { clusterNames } from "./deployment.ts";
import { type Growth, limits, type Sample } from "./measure.ts";
import { type Rule, rules } from "./oracle.ts";

export interface Course {
  readonly minutes: number;
  readonly seed: number;
  /** Of each cluster. */
  readonly apiservers: number;
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

export const grownRules = ["memory grows", "file handles grow"] as const;

export interface Grown {
  readonly rule: (typeof grownRules)[number];
  readonly what: string;
}

/** Short runs say nothing about growth: compilers and caches fill up. */
export const growthAfterMinutes = 8;

export function grownIn({ growth, isGrowthHeld }: Pick<Course, "growth" | "isGrowthHeld">): Grown[] {
  if (!isGrowthHeld) return [];
  const grown: Grown[] = [];
  if (growth.edgeUsedBytesPerMinute > limits.edgeUsedBytesPerMinute) {
    grown.push({ rule: "memory grows", what: `the edge by ${megabytes(growth.edgeUsedBytesPerMinute)} a minute` });
  }
  if (growth.handlesPerMinute > limits.handlesPerMinute) {
    grown.push({ rule: "file handles grow", what: `the edge by ${growth.handlesPerMinute.toFixed(1)} a minute` });
  }
  return grown;
}

const kinds = ["yes", "no", "undetermined", "broken"] as const;
/** Of each rule: as many as a person reads. */
const maxFindings = 5;

/** @returns Markdown by the name of its marker in docs/soak-and-fuzz.md */
export function sectionsOf(course: Course): Map<string, string> {
  return new Map([
    ["soak run", describeRun(course)],
    ["soak answers", describeAnswers(course)],
    ["soak rules", describeRules(course)],
    ["soak happenings", describeHappenings(course)],
    ["soak memory", describeMemory(course)],
  ]);
}

function describeRun({ minutes, seed, apiservers, ttlSeconds, graceSeconds, idTokenSeconds }: Course): string {
  return markdownTable(
    ["this run", ""],
    [
      ...Object.entries(thisMachine()),
      ["minutes", String(minutes)],
      ["seed", String(seed)],
      ["kube-apiservers", `${apiservers} for each of ${clusterNames.length} clusters`],
      ["CACHE_TTL_SECONDS", String(ttlSeconds)],
      ["OUTAGE_GRACE_SECONDS", String(graceSeconds)],
      ["ID_TOKEN_SECONDS", String(idTokenSeconds)],
    ],
  );
}

function describeAnswers({ ledger, kv }: Course): string {
  const rows = [...ledger.counts].sort(([one], [other]) => one.localeCompare(other));
  const all = kinds.map((kind) => rows.reduce((sum, [, counts]) => sum + (counts.get(kind) ?? 0), 0));
  return [
    markdownTable(
      ["door", ...kinds],
      [
        ...rows.map(([door, counts]) => [door, ...kinds.map((kind) => whole(counts.get(kind) ?? 0))]),
        ["all", ...all.map(whole)],
      ],
    ),
    "",
    `KV was read ${whole(kv.reads)} times and written ${whole(kv.writes)} times.`,
  ].join("\n");
}

function describeRules(course: Course): string {
  const { findings } = course.ledger;
  const grown = grownIn(course);
  const broken = (rule: Rule) => String(findings.filter((finding) => finding.rule === rule).length);
  const growth = (rule: Grown["rule"]) =>
    course.isGrowthHeld ? String(grown.filter((one) => one.rule === rule).length) : "not rated";
  return [
    markdownTable(
      ["rule", "broken"],
      [...rules.map((rule) => [rule, broken(rule)]), ...grownRules.map((rule) => [rule, growth(rule)])],
    ),
    ...(findings.length + grown.length === 0 ? [] : [""]),
    ...[...Map.groupBy(findings, ({ rule }) => rule).values()]
      .flatMap((ofRule) => ofRule.slice(0, maxFindings))
      .map(({ rule, door, what, at }) => {
        return `- ${new Date(at).toISOString()}, ${door}: ${rule}: ${what.replaceAll(/\s+/g, " ")}`;
      }),
    ...grown.map(({ rule, what }) => `- ${rule}: ${what}`),
  ].join("\n");
}

function describeHappenings({ phases, happenings }: Course): string {
  const times = Map.groupBy(phases, ({ name }) => name);
  return markdownTable(
    ["what", "times"],
    [
      ...[...times].filter(([name]) => name !== "calm").map(([name, all]) => [name, String(all.length)]),
      ...[...happenings].map(([name, count]) => [`a person ${name}`, String(count)]),
    ],
  );
}

function describeMemory({ samples, growth }: Course): string {
  const first = samples[Math.floor(samples.length / 3)];
  const last = samples.at(-1);
  return markdownTable(
    ["", "after a third", "at the end", "growth a minute"],
    [
      [
        "edge, memory in use",
        ...[first?.edgeUsedBytes, last?.edgeUsedBytes, growth.edgeUsedBytesPerMinute].map((bytes) =>
          megabytes(bytes, 2),
        ),
      ],
      [
        "edge, memory that it occupies",
        megabytes(first?.edgeBytes),
        megabytes(last?.edgeBytes),
        megabytes(growth.edgeBytesPerMinute),
      ],
      [
        "edge, file handles",
        String(first?.edgeHandles),
        String(last?.edgeHandles),
        decimal(growth.handlesPerMinute, 2),
      ],
      ["workerd, memory", megabytes(first?.workerdBytes), megabytes(last?.workerdBytes), "new with each deployment"],
    ],
  );
}

function megabytes(bytes: number | undefined, digits = 1): string {
  return bytes === undefined ? "unknown" : `${decimal(bytes / 1e6, digits)} MB`;
}

/** @returns SVG: memory of both processes, with the disturbances as bands */
export function pictureOf({ samples, phases }: Course): string {
  const title = "Memory during a soak; grey: something outside is disturbed";
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
    title: { text: title, left: 16, top: 12 },
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
  return `${still(svg, title)}\n`;
}
