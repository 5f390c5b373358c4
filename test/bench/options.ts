// The command line of `npm run bench`.
import { Command, Option } from "commander";
import { parseWholeNumber, wholeNumber } from "../support/whole-number.ts";

/** What is measured, in this order. */
export const allParts = ["latency", "heap", "cpu", "cold", "sign-in", "workflows", "local-edge", "memory"] as const;
export type Part = (typeof allParts)[number];

export interface BenchOptions {
  readonly parts: readonly Part[];
  /** How many reviews the load consists of. */
  readonly reviews: number;
  /** What the stand-in adds to each of its answers: one run of the measurements for each. */
  readonly latenciesMs: readonly number[];
  /** How many reviews are under way at a time. */
  readonly concurrency: number;
  /** How many of each kind of review are timed alone. */
  readonly samples: number;
  /** How many different tokens the heap has to bear. */
  readonly tokens: number;
  /** How many reviews each Worker answers in each round of the CPU comparison. */
  readonly cpuReviews: number;
  /** How many cold reviews of each user there are. */
  readonly coldReviews: number;
  /** How many tokens are given out for each grant and each place of the answer. */
  readonly signIns: number;
  /** How many reviews of workflows there are of each kind. */
  readonly workflowReviews: number;
  /** How many reviews go each way in each round of the comparison of `npm start` with workerd alone. */
  readonly edgeReviews: number;
  /** After how many reviews the memory of `npm start` is looked at. */
  readonly memoryReviews: number;
  /** The folder with the page and the pictures to write; null where nothing is written. */
  readonly writeInto: string | null;
}

const documents = "docs";

/** As commander hands it over: each value is parsed by its option. */
type CommandLine = Omit<BenchOptions, "latenciesMs" | "parts" | "writeInto"> & {
  readonly only: readonly Part[];
  readonly write?: string;
  readonly latency?: readonly number[];
};

/** @param run what the command does */
export function createBenchCommand(run: (options: BenchOptions) => Promise<void>): Command {
  return new Command("npm run bench --")
    .description(
      "Compares reviews by where their answer is (no cache, memory, KV, GitHub), measures the heap, compares the CPU " +
        "of a warm review with a minimal Worker's and that of a cold one by the number of teams, that of a sign-in, " +
        "of a refresh, of an exchange and of a workflow's token, npm start with workerd alone, and looks at its memory.",
    )
    .helpOption("--help", "this text")
    .addOption(new Option("--only <part...>", "these parts alone").choices(allParts).default(allParts, "all"))
    .addOption(
      new Option("--write [folder]", "write performance.md and its pictures there: all parts, of one run")
        .preset(documents)
        .conflicts("only"),
    )
    .addOption(
      new Option("--latency <ms>", "what the GitHub stand-in adds to each of its answers; repeatable (50 and 150)")
        // A default would be the first value of the list.
        .argParser((text: string, before: readonly number[] = []) => [...before, parseWholeNumber(text, 2_500, 0)]),
    )
    .addOption(wholeNumber("samples", "how many reviews of each kind are timed, alone and in turns", 1_000).default(40))
    .addOption(wholeNumber("reviews", "how many warm reviews the load consists of", 1_000_000).default(2_000))
    .addOption(wholeNumber("concurrency", "how many of them are under way at a time", 1_000).default(10))
    .addOption(wholeNumber("tokens", "how many different tokens the heap has to bear", 10_000_000).default(1_000_000))
    .addOption(
      wholeNumber("cpu-reviews", "how many each Worker answers in each round of the CPU comparison", 1_000_000).default(
        20_000,
      ),
    )
    .addOption(wholeNumber("cold-reviews", "how many cold reviews of each user there are", 100_000).default(400))
    .addOption(
      wholeNumber("sign-ins", "how many tokens of each kind the sign-in hostname gives out", 100_000).default(300),
    )
    .addOption(
      wholeNumber("workflow-reviews", "how many reviews of workflows there are of each kind", 100_000).default(1_000),
    )
    .addOption(
      wholeNumber(
        "edge-reviews",
        "how many go each way in each round of the comparison with npm start",
        1_000_000,
      ).default(3_000),
    )
    .addOption(
      wholeNumber("memory-reviews", "after how many reviews the memory of npm start is looked at", 10_000_000).default(
        100_000,
      ),
    )
    .addHelpText(
      "after",
      `
All of it runs on this machine, with the stand-in behind it. Workers run on
workerd, asked over plain HTTP on a kept connection; npm start is asked over
HTTP/2, as kube-apiserver does. The parts cpu, cold, sign-in,
workflows, local-edge and memory need Linux.

Exits with 0 if every review came out right and no target was missed, with 1 if
not, and with 2 after a usage error. No target holds for latencies below 50 ms,
where a machine's own milliseconds weigh more than the Worker's, for the CPU of
fewer than 5,000 warm or 200 cold reviews, 100 sign-ins or 1,000 reviews of
workflows, for npm start with fewer than 1,000, and for its memory with fewer
than 50,000.`,
    )
    .action(({ latency = [50, 150], only, write, ...others }: CommandLine) =>
      run({
        ...others,
        latenciesMs: latency,
        parts: allParts.filter((part) => only.includes(part)),
        writeInto: write ?? null,
      }),
    );
}
