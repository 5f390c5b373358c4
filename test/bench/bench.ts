// `npm run bench`: parses the command line, measures, reports, and writes the page if it is asked to.
import { join } from "node:path";
import { writePage } from "../docs/write-page.ts";
import { measureColdReviews } from "./cold.ts";
import { compareCpu } from "./cpu.ts";
import { measureHeap } from "./heap.ts";
import { compareLocalEdge } from "./local-edge.ts";
import { thisMachine } from "./machine.ts";
import { type Latencies, measureLatencies, measureLoad, measureWorkingDay } from "./measure.ts";
import { measureMemory } from "./memory.ts";
import { type BenchOptions, createBenchCommand, type Part } from "./options.ts";
import { type CpuCost, drawCpu, drawLatencies, drawMemory } from "./pictures.ts";
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
} from "./report.ts";
import { type Rig, startRig } from "./rig.ts";
import { grantCost, measureSignIns } from "./sign-in.ts";
import {
  coldTargets,
  cpuTargets,
  latencyTargets,
  localEdgeTargets,
  memoryTargets,
  signInTargets,
  type Target,
  workflowTargets,
  workingDayTargets,
} from "./targets.ts";
import { measureWorkflowReviews } from "./workflows.ts";

type Picture = ReturnType<typeof drawCpu>;

/** What a part has found. */
interface Found {
  readonly markdown: string;
  readonly targets?: readonly Target[];
  readonly picture?: Picture;
  /** For the picture that parts share. */
  readonly cpu?: readonly CpuCost[];
}

/** Twenty minutes: everyone's facts are revalidated many times, and scopes some times. */
const reviewsPerPerson = 120;

const parts: Readonly<Record<Part, (options: BenchOptions) => Promise<Found>>> = {
  async latency(options) {
    const texts: string[] = [];
    const targets: Target[] = [];
    const measured = new Map<number, Latencies>();
    const [firstLatencyMs] = options.latenciesMs;
    for (const latencyMs of options.latenciesMs) {
      await withRigs(latencyMs, async (real, noCache) => {
        const latencies = await measureLatencies(real, noCache, options.samples);
        const load = await measureLoad(real, options.reviews, options.concurrency);
        measured.set(latencyMs, latencies);
        texts.push(describeLatencies(latencyMs, latencies, load));
        targets.push(
          ...latencyTargets(latencyMs, latencies).map((it) => ({ ...it, name: `${latencyMs} ms: ${it.name}` })),
        );
        // How often GitHub is asked does not depend on how long it takes.
        if (latencyMs !== firstLatencyMs) return;
        const day = await measureWorkingDay(real, noCache, reviewsPerPerson);
        texts.push(describeWorkingDay(day));
        targets.push(...workingDayTargets(day));
      });
    }
    return { markdown: texts.join("\n\n"), targets, picture: drawLatencies(measured) };
  },
  async heap({ tokens }) {
    return { markdown: describeHeap(await measureHeap(tokens)) };
  },
  async cpu({ cpuReviews }) {
    const cpu = await compareCpu(cpuReviews);
    const costs = [
      { name: "minimal Hono Worker", cpuMs: 1000 / cpu.minimal },
      { name: "review, warm", cpuMs: 1000 / cpu.warm },
    ];
    return { markdown: describeCpu(cpu), targets: cpuTargets(cpu), cpu: costs };
  },
  async cold({ coldReviews }) {
    const cold = await measureColdReviews(coldReviews);
    const costs = cold.reviews.map(({ source, teams, cpuMs }) => ({
      name: `review, cold, ${teams} teams, ${source}`,
      cpuMs,
    }));
    return { markdown: describeColdReviews(cold), targets: coldTargets(cold), cpu: costs };
  },
  async "sign-in"({ signIns }) {
    const measured = await measureSignIns(signIns);
    const costOf = (grant: Parameters<typeof grantCost>[1]) => grantCost(measured, grant, "memory").cpuMs;
    const costs = [
      { name: "sign-in, warm", cpuMs: costOf("authorization_code") },
      { name: "refresh, warm", cpuMs: costOf("refresh_token") },
      { name: "exchange, warm", cpuMs: costOf("token_exchange") },
    ];
    return { markdown: describeSignIns(measured), targets: signInTargets(measured), cpu: costs };
  },
  async workflows({ workflowReviews }) {
    const measured = await measureWorkflowReviews(workflowReviews);
    const costs = [{ name: "review of a workflow", cpuMs: measured.cpuMs.verified }];
    return { markdown: describeWorkflowReviews(measured), targets: workflowTargets(measured), cpu: costs };
  },
  async "local-edge"({ edgeReviews }) {
    const comparison = await compareLocalEdge(edgeReviews);
    return { markdown: describeLocalEdge(comparison), targets: localEdgeTargets(comparison) };
  },
  async memory({ memoryReviews }) {
    const use = await measureMemory(memoryReviews);
    return { markdown: describeMemory(use), targets: memoryTargets(use), picture: drawMemory(use) };
  },
};

/** @returns the exit code */
async function bench(options: BenchOptions): Promise<number> {
  const sections = new Map<string, string>();
  const show = (name: string, markdown: string) => {
    sections.set(name, markdown);
    console.log(`## ${name}\n\n${markdown}\n`);
  };
  show("machine", describeMachine(thisMachine()));
  const targets: Target[] = [];
  const pictures: Picture[] = [];
  const costs: CpuCost[] = [];
  for (const part of options.parts) {
    const found = await parts[part](options);
    show(part, found.markdown);
    targets.push(...(found.targets ?? []));
    costs.push(...(found.cpu ?? []));
    if (found.picture !== undefined) pictures.push(found.picture);
  }
  if (targets.length > 0) show("targets", describeTargets(targets));
  if (options.writeInto !== null) {
    await writePage(join(options.writeInto, "performance.md"), { sections, pictures: [...pictures, drawCpu(costs)] });
  }
  return targets.some(({ outcome }) => outcome === "missed") ? 1 : 0;
}

async function withRigs(latencyMs: number, measure: (real: Rig, noCache: Rig) => Promise<void>): Promise<void> {
  const real = await startRig(latencyMs);
  try {
    const noCache = await startRig(latencyMs, "test/bench/no-cache-worker.ts");
    try {
      await measure(real, noCache);
    } finally {
      await noCache.stop();
    }
  } finally {
    await real.stop();
  }
}

// workerd runs as processes of their own, which end when this one exits.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
try {
  await createBenchCommand(async (options) => {
    process.exitCode = await bench(options);
  })
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parseAsync();
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
