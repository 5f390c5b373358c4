// `npm run bench`: parses the command line, measures, reports.
import { measureColdReview, measureLoad, warmUp } from "./measure.ts";
import { type BenchOptions, help, parseBenchOptions } from "./options.ts";
import { describeResults, judge } from "./report.ts";
import { startRig } from "./rig.ts";

/** Enough for a median that stays within a hundredth from run to run. */
const coldPairs = 60;

/** @returns the exit code */
async function bench(options: BenchOptions): Promise<number> {
  const rig = await startRig(options.latencyMs);
  // The edge is a process of its own, and would outlive this one.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void rig.stop().finally(() => process.exit(1)));
  }
  try {
    await warmUp(rig, options.concurrency);
    const cold = await measureColdReview(rig, coldPairs);
    const load = await measureLoad(rig, options.reviews, options.concurrency);
    console.log(describeResults(options, cold, load));
    return judge(options, cold) === "missed" ? 1 : 0;
  } finally {
    await rig.stop();
  }
}

async function main(): Promise<number> {
  const parsed = parseBenchOptions(process.argv.slice(2));
  switch (parsed.kind) {
    case "help":
      console.log(help);
      return 0;
    case "usage-error":
      console.error(`bench: ${parsed.message}\nTry: npm run bench -- --help`);
      return 2;
    case "run":
      try {
        return await bench(parsed.options);
      } catch (error) {
        console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
        return 1;
      }
  }
}

process.exitCode = await main();
