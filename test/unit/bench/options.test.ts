// The benchmark's command line.
import { describe, expect, test } from "vitest";
import { type BenchOptions, createBenchCommand } from "../../bench/options.ts";

const defaults = {
  parts: ["latency", "heap", "cpu", "cold", "sign-in", "workflows", "local-edge", "memory"],
  reviews: 2000,
  latenciesMs: [50, 150],
  concurrency: 10,
  samples: 40,
  tokens: 1_000_000,
  cpuReviews: 20_000,
  coldReviews: 400,
  signIns: 300,
  workflowReviews: 1_000,
  edgeReviews: 3_000,
  memoryReviews: 100_000,
  writeInto: null,
};

/** @returns what the command would run with. @throws commander's error where it does not run */
async function parse(...argv: string[]): Promise<BenchOptions> {
  const parsed: BenchOptions[] = [];
  const command = createBenchCommand(async (options) => {
    parsed.push(options);
  });
  await command
    .exitOverride()
    .configureOutput({ writeOut: () => {}, writeErr: () => {} })
    .parseAsync(argv, { from: "user" });
  const [options] = parsed;
  if (options === undefined) throw new Error("the command did not run");
  return options;
}

describe("the benchmark's options", () => {
  test("have defaults", async () => {
    expect(await parse()).toEqual(defaults);
  });

  test("are all taken from the command line", async () => {
    const load = "--reviews 7 --latency=0 --concurrency 3 --samples=2".split(" ");
    const argv = [
      ...load,
      ..."--tokens=9 --cpu-reviews=1 --cold-reviews 4 --sign-ins 5 --workflow-reviews 6 --edge-reviews 2 --memory-reviews 8 --only heap".split(
        " ",
      ),
    ];
    const options = {
      ...{ parts: ["heap"], reviews: 7, latenciesMs: [0], concurrency: 3, samples: 2 },
      ...{
        tokens: 9,
        cpuReviews: 1,
        coldReviews: 4,
        signIns: 5,
        workflowReviews: 6,
        edgeReviews: 2,
        memoryReviews: 8,
        writeInto: null,
      },
    };
    expect(await parse(...argv)).toEqual(options);
  });

  test("take several latencies, in their order", async () => {
    expect(await parse("--latency", "100", "--latency", "20")).toMatchObject({ latenciesMs: [100, 20] });
  });

  test("take several parts, and measure them in the order of all parts", async () => {
    expect(await parse("--only", "local-edge", "latency")).toMatchObject({ parts: ["latency", "local-edge"] });
  });

  test("write the page of a whole run alone", async () => {
    expect(await parse("--write")).toMatchObject({ writeInto: "docs" });
    expect(await parse("--write", "elsewhere")).toMatchObject({ writeInto: "elsewhere" });
    await expect(parse("--write", "--only", "cpu")).rejects.toThrow("--only");
  });

  test("ask for help", async () => {
    await expect(parse("--help")).rejects.toMatchObject({ exitCode: 0 });
  });

  test.each([
    [["--reviews", "0"], "--reviews"],
    [["--reviews", "1e3"], "--reviews"],
    [["--reviews", ""], "--reviews"],
    [["--latency", "2.5"], "--latency"],
    [["--latency", "2501"], "--latency"],
    [["--latency", "50", "--latency", "x"], "--latency"],
    [["--concurrency", "0"], "--concurrency"],
    [["--concurrency=-1"], "--concurrency"],
    [["--samples", "1001"], "--samples"],
    [["--tokens", "0"], "--tokens"],
    [["--cpu-reviews", "many"], "--cpu-reviews"],
    [["--cold-reviews", "0"], "--cold-reviews"],
    [["--edge-reviews", "0"], "--edge-reviews"],
    [["--only", "edge"], "--only"],
    [["--cluster", "local"], "--cluster"],
    [["--reviews"], "--reviews"],
    [["100"], "too many arguments"],
  ])("refuse %j, and name what is wrong", async (argv, name) => {
    await expect(parse(...argv)).rejects.toMatchObject({ exitCode: 1, message: expect.stringContaining(name) });
  });
});
