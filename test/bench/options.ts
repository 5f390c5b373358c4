// The command line of `npm run bench` → options, or what is wrong with it.
import { parseArgs } from "node:util";
import { usageProblem } from "../../src/local/options.ts";

export interface BenchOptions {
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
}

export type ParsedBenchOptions =
  | { readonly kind: "run"; readonly options: BenchOptions }
  | { readonly kind: "help" }
  | { readonly kind: "usage-error"; readonly message: string };

export const help = `Compares reviews by where their answer is: no cache (a naive authenticator), memory, KV, GitHub.

Usage: npm run bench -- [options]

  --latency MS       what the GitHub stand-in adds to each of its answers; repeatable (default 50 and 150)
  --samples N        how many reviews of each kind are timed, alone and in turns (default 40)
  --reviews N        how many warm reviews the load consists of (default 2000)
  --concurrency C    how many of them are under way at a time (default 10)
  --tokens N         how many different tokens the heap has to bear (default 1000000)
  --cpu-reviews N    how many reviews each Worker answers in each round of the CPU comparison (default 20000)
  --help             this text

All of it runs on workerd, asked over plain HTTP on a kept connection, with the stand-in behind it, on this machine.
The CPU comparison needs Linux.

Exits with 0 if every review came out right and no target was missed, with 1 if not, and with 2 after a usage error.
Latencies below 50 ms are not judged: a machine's own milliseconds weigh more than the Worker's there. Neither is
the CPU of less than 5,000 reviews.`;

const limits = {
  reviews: [1, 1_000_000],
  latency: [0, 2_500],
  concurrency: [1, 1_000],
  samples: [1, 1_000],
  tokens: [1, 10_000_000],
  "cpu-reviews": [1, 1_000_000],
} as const;

type OptionName = keyof typeof limits;

/** @param argv without the names of node and of the script */
export function parseBenchOptions(argv: readonly string[]): ParsedBenchOptions {
  const values = parseCommandLine(argv);
  if (typeof values === "string") return { kind: "usage-error", message: values };
  if (values.help) return { kind: "help" };
  const wrong: OptionName[] = [];
  const numberOf = (name: OptionName, text: string): number => {
    const [min, max] = limits[name];
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (!(number >= min && number <= max)) wrong.push(name);
    return number;
  };
  const options = {
    reviews: numberOf("reviews", values.reviews),
    latenciesMs: values.latency.map((text) => numberOf("latency", text)),
    concurrency: numberOf("concurrency", values.concurrency),
    samples: numberOf("samples", values.samples),
    tokens: numberOf("tokens", values.tokens),
    cpuReviews: numberOf("cpu-reviews", values["cpu-reviews"]),
  };
  const [name] = wrong;
  if (name === undefined) return { kind: "run", options };
  const [min, max] = limits[name];
  return { kind: "usage-error", message: `--${name}: must be a whole number from ${min} to ${max}` };
}

function parseCommandLine(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: false,
      options: {
        reviews: { type: "string", default: "2000" },
        latency: { type: "string", multiple: true, default: ["50", "150"] },
        concurrency: { type: "string", default: "10" },
        samples: { type: "string", default: "40" },
        tokens: { type: "string", default: "1000000" },
        "cpu-reviews": { type: "string", default: "20000" },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return usageProblem(error);
  }
}
