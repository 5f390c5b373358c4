// The command line of `npm run bench` → options, or what is wrong with it.
import { parseArgs } from "node:util";
import { usageProblem } from "../../src/local/options.ts";

export interface BenchOptions {
  /** How many reviews the load consists of. */
  readonly reviews: number;
  /** What the stand-in adds to each of its answers. */
  readonly latencyMs: number;
  /** How many reviews are under way at a time. */
  readonly concurrency: number;
}

export type ParsedBenchOptions =
  | { readonly kind: "run"; readonly options: BenchOptions }
  | { readonly kind: "help" }
  | { readonly kind: "usage-error"; readonly message: string };

export const help = `Measures reviews through the real Worker: how many a second, how long they take, and what they cost at GitHub.

Usage: npm run bench -- [options]

  --reviews N        how many reviews the load consists of, each with a token never seen before (default 500)
  --latency MS       what the GitHub stand-in adds to each of its answers (default 50)
  --concurrency C    how many reviews are under way at a time (default 10)
  --help             this text

The hop that is measured is a client's: TLS with a client certificate on a kept connection to the local edge,
the Worker on workerd behind it, and the stand-in behind that, all on this machine.

Exits with 0 if every review came out right and a cold one took at most 1.15 round trips to GitHub (judged from
50 ms of latency on: below, a machine's own milliseconds weigh more than the Worker's), with 1 if not, and with 2
after a usage error.`;

const limits = { reviews: 1_000_000, latency: 2_500, concurrency: 1_000 } as const;

/** @param argv without the names of node and of the script */
export function parseBenchOptions(argv: readonly string[]): ParsedBenchOptions {
  const values = parseCommandLine(argv);
  if (typeof values === "string") return { kind: "usage-error", message: values };
  if (values.help) return { kind: "help" };
  const reviews = parseNumber(values.reviews, 1, limits.reviews);
  if (reviews === null) return outOfRange("reviews", 1);
  const latencyMs = parseNumber(values.latency, 0, limits.latency);
  if (latencyMs === null) return outOfRange("latency", 0);
  const concurrency = parseNumber(values.concurrency, 1, limits.concurrency);
  if (concurrency === null) return outOfRange("concurrency", 1);
  return { kind: "run", options: { reviews, latencyMs, concurrency } };
}

function parseCommandLine(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: false,
      options: {
        reviews: { type: "string", default: "500" },
        latency: { type: "string", default: "50" },
        concurrency: { type: "string", default: "10" },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return usageProblem(error);
  }
}

function parseNumber(text: string, min: number, max: number): number | null {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  return number >= min && number <= max ? number : null;
}

function outOfRange(name: keyof typeof limits, min: number): ParsedBenchOptions {
  return { kind: "usage-error", message: `--${name}: must be a whole number from ${min} to ${limits[name]}` };
}
