// Properties that hold for any input. A test tries a few thousand inputs; `npm run fuzz` tries as many as it is told,
// and wants to know what was tried and which code it reached.
import { appendFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import fc from "fast-check";

/** How much `npm run fuzz` wants to be tried, for each property. */
export interface FuzzOrder {
  readonly inputs: number;
  /** After this long it is enough. */
  readonly seconds: number;
  readonly seed: number;
  /** A file that takes a line of JSON for each property. */
  readonly report: string;
}

export interface FuzzReport {
  readonly name: string;
  readonly inputs: number;
  readonly seconds: number;
  /** Null where no input broke the property. */
  readonly failure: string | null;
  /** By file below src/worker: its length and the ranges of it that did not run, in the code that the test runs. */
  readonly coverage: Readonly<Record<string, { readonly length: number; readonly missed: readonly Range[] }>>;
}

export type Range = readonly [from: number, to: number];

/** The variable with the order. */
export const fuzzVariable = "OCTOGATE_FUZZ";

const order: FuzzOrder | null = JSON.parse(process.env[fuzzVariable] ?? "null");

/** How long a test of such a property may take, in milliseconds. */
export const timeoutMs = order === null ? 60_000 : (order.seconds + 120) * 1000;

/**
 * Fails where an input breaks the property, with the smallest such input that was found.
 *
 * @param name of the inputs, such as "TokenReview bodies"
 * @param usualInputs how many a usual run of the tests tries
 */
export async function holdForAnyInput<Inputs>(
  name: string,
  property: fc.IAsyncPropertyWithHooks<Inputs>,
  usualInputs: number,
): Promise<void> {
  if (order === null) return fc.assert(property, { numRuns: usualInputs });
  const startedAt = performance.now();
  const details = await fc.check(property, {
    numRuns: order.inputs,
    seed: order.seed,
    interruptAfterTimeLimit: order.seconds * 1000,
    markInterruptAsFailure: false,
    includeErrorInReport: true,
    skipAllAfterTimeLimit: (order.seconds + 60) * 1000,
  });
  const report: FuzzReport = {
    name,
    inputs: details.numRuns,
    seconds: (performance.now() - startedAt) / 1000,
    failure: fc.defaultReportMessage(details) ?? null,
    coverage: (await coverage?.take()) ?? {},
  };
  appendFileSync(order.report, `${JSON.stringify(report)}\n`);
  if (details.failed) throw new Error(report.failure ?? "");
}

/** V8's own counts of what ran. */
async function startCoverage() {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: false, detailed: true });
  return {
    async take(): Promise<FuzzReport["coverage"]> {
      const { result } = await session.post("Profiler.takePreciseCoverage");
      const files = result.flatMap(({ url, functions }) => {
        const [, file] = url.split("/src/worker/");
        if (file === undefined) return [];
        const ranges = functions.flatMap((one) => one.ranges);
        const length = Math.max(...ranges.map(({ endOffset }) => endOffset));
        // Inside of a function that ran, a range without a count did not. The first range of a file is all of it.
        const missed = ranges.flatMap(({ count, startOffset, endOffset }): Range[] =>
          count === 0 ? [[startOffset, endOffset]] : [],
        );
        return [[file, { length, missed }] as const];
      });
      session.disconnect();
      return Object.fromEntries(files);
    },
  };
}

/** From before the code is loaded: `test/fuzz/vitest.config.ts` has this file loaded first. */
const coverage = order === null ? null : await startCoverage();
