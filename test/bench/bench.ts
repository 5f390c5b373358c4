// `npm run bench`: parses the command line, measures, reports.
import { measureColdReviews } from "./cold.ts";
import { compareCpu } from "./cpu.ts";
import { measureHeap } from "./heap.ts";
import { compareLocalEdge } from "./local-edge.ts";
import { measureLatencies, measureLoad, measureWorkingDay } from "./measure.ts";
import { type BenchOptions, createBenchCommand, type Part } from "./options.ts";
import { measureRefreshes } from "./refresh.ts";
import {
  describeColdReviews,
  describeCpu,
  describeHeap,
  describeLatencies,
  describeLocalEdge,
  describeRefreshes,
  describeTargets,
  describeWorkflowReviews,
  describeWorkingDay,
} from "./report.ts";
import { type Rig, startRig } from "./rig.ts";
import {
  coldTargets,
  cpuTargets,
  latencyTargets,
  localEdgeTargets,
  refreshTargets,
  type Target,
  workflowTargets,
  workingDayTargets,
} from "./targets.ts";
import { measureWorkflowReviews } from "./workflows.ts";

/** Twenty minutes: everyone's facts are revalidated many times, and scopes some times. */
const reviewsPerPerson = 120;

/** Each measures one part, shows its figures and returns what they have to come to. */
const parts: Readonly<Record<Part, (options: BenchOptions) => Promise<Target[]>>> = {
  async latency(options) {
    const targets: Target[] = [];
    const [firstLatencyMs] = options.latenciesMs;
    for (const latencyMs of options.latenciesMs) {
      await withRigs(latencyMs, async (real, noCache) => {
        const latencies = await measureLatencies(real, noCache, options.samples);
        const load = await measureLoad(real, options.reviews, options.concurrency);
        show(describeLatencies(latencyMs, latencies, load));
        targets.push(
          ...latencyTargets(latencyMs, latencies).map((it) => ({ ...it, name: `${latencyMs} ms: ${it.name}` })),
        );
        // How often GitHub is asked does not depend on how long it takes.
        if (latencyMs !== firstLatencyMs) return;
        const day = await measureWorkingDay(real, noCache, reviewsPerPerson);
        show(describeWorkingDay(day));
        targets.push(...workingDayTargets(day));
      });
    }
    return targets;
  },
  async heap({ tokens }) {
    show(describeHeap(await measureHeap(tokens)));
    return [];
  },
  async cpu({ cpuReviews }) {
    const cpu = await compareCpu(cpuReviews);
    show(describeCpu(cpu));
    return cpuTargets(cpu);
  },
  async cold({ coldReviews }) {
    const cold = await measureColdReviews(coldReviews);
    show(describeColdReviews(cold));
    return coldTargets(cold);
  },
  async refresh({ refreshes }) {
    const measured = await measureRefreshes(refreshes);
    show(describeRefreshes(measured));
    return refreshTargets(measured);
  },
  async workflows({ workflowReviews }) {
    const measured = await measureWorkflowReviews(workflowReviews);
    show(describeWorkflowReviews(measured));
    return workflowTargets(measured);
  },
  async "local-edge"({ edgeReviews }) {
    const comparison = await compareLocalEdge(edgeReviews);
    show(describeLocalEdge(comparison));
    return localEdgeTargets(comparison);
  },
};

/** @returns the exit code */
async function bench(options: BenchOptions): Promise<number> {
  const targets: Target[] = [];
  for (const part of options.parts) targets.push(...(await parts[part](options)));
  if (targets.length > 0) show(describeTargets(targets));
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

function show(text: string): void {
  console.log(`${text}\n`);
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
