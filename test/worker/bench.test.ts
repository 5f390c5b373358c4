// The benchmark runs, says what it found, and ends with nothing left running.
import { execFile } from "node:child_process";
import { expect, test } from "vitest";
import { repositoryRoot } from "../support/worker-config.ts";

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

test("a short run prints every number and exits with 0", async () => {
  const few = "--latency 1 --samples 2 --reviews 20 --concurrency 4 --tokens 1000".split(" ");
  const fewer = "--cpu-reviews 500 --cold-reviews 4 --refreshes 4 --workflow-reviews 50 --edge-reviews 40".split(" ");
  const { exitCode, stdout, stderr } = await runBench([...few, ...fewer]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  for (const name of ["no cache", "memory", "KV", "GitHub, known token", "GitHub, never-seen token"]) {
    expect(stdout).toMatch(new RegExp(`^ {2}${name} +\\d+\\.\\d ms +\\d+\\.\\d{3} +\\d+\\.\\d x$`, "m"));
  }
  expect(stdout).toMatch(/\d+\.\d reviews a second, p50 \d+\.\d ms, p99 \d+\.\d ms$/m);
  expect(stdout).toMatch(/^ {2}no cache +3000 +0$/m);
  expect(stdout).toMatch(/^ {2}octogate, classic tokens +\d+ +\d+$/m);
  expect(stdout).toMatch(/^Heap after 1,000 different tokens, in Node: -?\d+\.\d MiB/m);
  expect(stdout).toMatch(/^ {2}octogate, warm +\d+ +\d+\.\d µs$/m);
  expect(stdout).toMatch(/^ {2}own token +0 +\d+\.\d\d ms +1\.00$/m);
  expect(stdout).toMatch(/^ {2}app +900 +\d+\.\d\d ms +\d+\.\d\d$/m);
  expect(stdout).toMatch(/^ {2}KV +\d+\.\d\d ms$/m);
  expect(stdout).toMatch(/^ {2}1 ms: calls to GitHub in warm reviews +0 +at most 0 +met$/m);
  expect(stdout).toMatch(/^ {2}workerd alone( +\d+)( +\d+\.\d+ ms){2} +-( +\d+\.\d+ ms) +- +\d+ MiB$/m);
  expect(stdout).toMatch(/^ {2}npm start( +\d+)( +\d+\.\d+ ms){4}( +\d+ MiB){2}$/m);
  expect(stdout).toMatch(/ not rated$/m);
}, 120_000);

test("--help explains", async () => {
  const { exitCode, stdout } = await runBench(["--help"]);
  expect(exitCode).toBe(0);
  for (const option of [
    "only",
    "reviews",
    "latency",
    "concurrency",
    "samples",
    "tokens",
    "cpu-reviews",
    "cold-reviews",
    "refreshes",
    "workflow-reviews",
    "edge-reviews",
  ])
    expect(stdout).toContain(`--${option}`);
});

test("an unknown option is a usage error", async () => {
  expect(await runBench(["--review", "5"])).toMatchObject({
    exitCode: 2,
    stdout: "",
    stderr: expect.stringContaining("--review"),
  });
});

function runBench(args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, ["test/bench/bench.ts", ...args], { cwd: repositoryRoot }, (error, stdout, stderr) => {
      // Ended by a signal there is no code.
      const exitCode = error === null ? 0 : Number(error.code ?? -1);
      resolve({ exitCode, stdout, stderr });
    });
  });
}
