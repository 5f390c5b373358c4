// The benchmark's command line.
import { describe, expect, test } from "vitest";
import { parseBenchOptions } from "../../bench/options.ts";

describe("the benchmark's options", () => {
  test("have defaults", () => {
    expect(parseBenchOptions([])).toEqual({
      kind: "run",
      options: { reviews: 500, latencyMs: 50, concurrency: 10 },
    });
  });

  test("are all taken from the command line", () => {
    expect(parseBenchOptions(["--reviews", "7", "--latency=0", "--concurrency", "3"])).toEqual({
      kind: "run",
      options: { reviews: 7, latencyMs: 0, concurrency: 3 },
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
    [["--concurrency", "0"], "--concurrency"],
    [["--concurrency=-1"], "--concurrency"],
    [["--cluster", "local"], "--cluster"],
    [["--reviews"], "--reviews"],
    [["100"], "100"],
  ])("refuse %j, and name what is wrong", (argv, name) => {
    expect(parseBenchOptions(argv)).toEqual({ kind: "usage-error", message: expect.stringContaining(name) });
  });
});
