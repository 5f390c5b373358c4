// The benchmark runs, says what it found, and ends with nothing left running.
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { repositoryRoot } from "../support/worker-config.ts";

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

test("a short run measures everything, writes the page and exits with 0", async () => {
  const folder = await mkdtemp(join(tmpdir(), "octogate-bench-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await copyFile(join(repositoryRoot, "docs/performance.md"), join(folder, "performance.md"));
  const few = "--latency 1 --samples 2 --reviews 20 --concurrency 4 --tokens 1000 --cpu-reviews 500".split(" ");
  const fewer = "--cold-reviews 4 --sign-ins 4 --workflow-reviews 50 --edge-reviews 40 --memory-reviews 100".split(" ");
  const { exitCode, stdout, stderr } = await runBench([...few, ...fewer, "--write", folder]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  const page = (await readFile(join(folder, "performance.md"), "utf8")).replaceAll(/ +/g, " ");
  for (const line of [
    ...["no cache", "memory", "KV", "GitHub, known token", "GitHub, never-seen token"].map(
      (name) => new RegExp(`^\\| ${name} \\| [\\d.]+ ms \\| \\d+\\.\\d{3} \\| [\\d.]+ x \\|$`, "m"),
    ),
    /[\d,.]+ a second, median \d+\.\d ms, p99 \d+\.\d ms\.$/m,
    /^\| no cache \| 3,000 \| 0 \|$/m,
    /^\| Octogate, classic tokens \| \d+ \| \d+ \|$/m,
    /^Heap after 1,000 different tokens, in Node: -?\d+\.\d MB more/m,
    /^\| Octogate, warm \| [\d,]+ \| \d+\.\d µs \| \d\.\d\d \|$/m,
    /^\| own token \| 0 \| \d+\.\d\d ms \| 1\.00 \|$/m,
    /^\| app \| 900 \| \d+\.\d\d ms \| \d+\.\d\d \|$/m,
    /^\| exchange of a GitHub token \| KV \| \d+\.\d\d ms \| \d+\.\d ms \|$/m,
    /^\| 1 ms: calls to GitHub in warm reviews \| 0 \| at most 0 \| met \|$/m,
    /^\| workerd alone \| [\d,]+ \|( [\d.]+ ms \|){2} - \| [\d.]+ ms \|$/m,
    /^\| npm start \| [\d,]+ \|( [\d.]+ ms \|){4}$/m,
    /^\| together \|( -?\d+ MB \|){3}$/m,
    / not rated \|$/m,
  ]) {
    expect(page).toMatch(line);
  }
  expect(stdout).toContain("## memory\n");
  expect((await readdir(join(folder, "pictures"))).sort()).toEqual(["cpu.svg", "memory.svg", "review-latency.svg"]);
}, 180_000);

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
    "sign-ins",
    "workflow-reviews",
    "edge-reviews",
    "memory-reviews",
    "write",
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
