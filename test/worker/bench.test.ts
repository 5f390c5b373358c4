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
  const { exitCode, stdout, stderr } = await runBench(["--reviews", "20", "--latency", "1", "--concurrency", "4"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toMatch(/reviews a second +\d+\.\d$/m);
  expect(stdout).toMatch(/p50 +\d+\.\d ms$/m);
  expect(stdout).toMatch(/p99 +\d+\.\d ms$/m);
  expect(stdout).toMatch(/GitHub calls per 1,000 reviews +1000$/m);
  expect(stdout).toMatch(/cold review \/ round trip +\d+\.\d{3} \(at most 1\.15: not judged\)$/m);
});

test("--help explains", async () => {
  const { exitCode, stdout } = await runBench(["--help"]);
  expect(exitCode).toBe(0);
  for (const option of ["--reviews", "--latency", "--concurrency"]) expect(stdout).toContain(option);
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
