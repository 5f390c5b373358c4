// The benchmark's command line.
import { describe, expect, test } from "vitest";
import { parseBenchOptions } from "../../bench/options.ts";

const defaults = {
  reviews: 2000,
  latenciesMs: [50, 150],
  concurrency: 10,
  samples: 40,
  tokens: 1_000_000,
  cpuReviews: 20_000,
};

describe("the benchmark's options", () => {
  test("have defaults", () => {
    expect(parseBenchOptions([])).toEqual({ kind: "run", options: defaults });
  });

  test("are all taken from the command line", () => {
    const argv = [
      "--reviews",
      "7",
      "--latency=0",
      "--concurrency",
      "3",
      "--samples=2",
      "--tokens=9",
      "--cpu-reviews=1",
    ];
    expect(parseBenchOptions(argv)).toEqual({
      kind: "run",
      options: { reviews: 7, latenciesMs: [0], concurrency: 3, samples: 2, tokens: 9, cpuReviews: 1 },
    });
  });

  test("take several latencies, in their order", () => {
    expect(parseBenchOptions(["--latency", "100", "--latency", "20"])).toMatchObject({
      options: { latenciesMs: [100, 20] },
    });
  });

  test("ask for help", () => {
    expect(parseBenchOptions(["--help"])).toEqual({ kind: "help" });
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
    [["--cluster", "local"], "--cluster"],
    [["--reviews"], "--reviews"],
    [["100"], "100"],
  ])("refuse %j, and name what is wrong", (argv, name) => {
    expect(parseBenchOptions(argv)).toEqual({ kind: "usage-error", message: expect.stringContaining(name) });
  });
});
