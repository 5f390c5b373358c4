// `npm run bench`: parses the command line, measures, reports.
import { compareCpu } from "./cpu.ts";
import { measureHeap } from "./heap.ts";
import { measureLatencies, measureLoad, measureWorkingDay } from "./measure.ts";
import { type BenchOptions, createBenchCommand } from "./options.ts";
import { describeCpu, describeHeap, describeLatencies, describeTargets, describeWorkingDay } from "./report.ts";
import { type Rig, startRig } from "./rig.ts";
import { cpuTargets, latencyTargets, type Target, workingDayTargets } from "./targets.ts";

/** Five minutes: the facts of everybody are refreshed several times. */
const reviewsPerPerson = 30;
const minJudgedCpuReviews = 5_000;

/** @returns the exit code */
async function bench(options: BenchOptions): Promise<number> {
  const targets: Target[] = [];
  const [firstLatencyMs] = options.latenciesMs;
  for (const latencyMs of options.latenciesMs) {
    await withRigs(latencyMs, async (real, naive) => {
      const latencies = await measureLatencies(real, naive, options.samples);
      const load = await measureLoad(real, options.reviews, options.concurrency);
      show(describeLatencies(latencyMs, latencies, load));
      targets.push(
        ...latencyTargets(latencyMs, latencies).map((it) => ({ ...it, name: `${latencyMs} ms: ${it.name}` })),
      );
      // How often GitHub is asked does not depend on how long it takes.
      if (latencyMs !== firstLatencyMs) return;
      const day = await measureWorkingDay(real, naive, reviewsPerPerson);
      show(describeWorkingDay(day));
      targets.push(...workingDayTargets(day));
    });
  }
  show(describeHeap(await measureHeap(options.tokens)));
  const cpu = await compareCpu(options.cpuReviews);
  show(describeCpu(cpu));
  targets.push(...cpuTargets(cpu, options.cpuReviews >= minJudgedCpuReviews));
  show(describeTargets(targets));
  return targets.some(({ outcome }) => outcome === "missed") ? 1 : 0;
}

async function withRigs(latencyMs: number, measure: (real: Rig, naive: Rig) => Promise<void>): Promise<void> {
  const real = await startRig(latencyMs);
  try {
    const naive = await startRig(latencyMs, "test/bench/naive-worker.ts");
    try {
      await measure(real, naive);
    } finally {
      await naive.stop();
    }
  } finally {
    await real.stop();
  }
}

function show(text: string): void {
  console.log(`${text}\n`);
}

// workerd runs as processes of their own: they are ended when this one exits.
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
