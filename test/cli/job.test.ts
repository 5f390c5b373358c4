// `npm run job` as a process, against the local edge: what it shows, how it ends, and why it does not begin.
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { whyWithoutCiPrograms } from "../support/ci-programs.ts";
import { type LocalEdge, startLocalEdge } from "../support/local-edge.ts";
import { run, start } from "../support/program.ts";
import { until } from "../support/until.ts";
import { repositoryRoot } from "../support/worker-config.ts";

const title = "npm run job";
if (whyWithoutCiPrograms !== null) console.warn(`SKIPPED: ${title}: ${whyWithoutCiPrograms}`);
const main = join(repositoryRoot, "src", "local", "job", "main.ts");

describe.skipIf(whyWithoutCiPrograms !== null)(title, () => {
  let edge: LocalEdge;
  let temporaryFolder: string;
  beforeAll(async () => {
    edge = await startLocalEdge();
    temporaryFolder = await mkdtemp(join(tmpdir(), "octogate-jobs-"));
  });
  afterAll(async () => {
    await edge?.stop();
    await rm(temporaryFolder, { recursive: true, force: true });
  });

  const environment = () => ({ PATH: process.env.PATH, TMPDIR: temporaryFolder });
  const job = (...args: readonly string[]) =>
    run(process.execPath, [main, "--state", edge.stateDir, ...args], { env: environment() });

  test("shows what the cluster gets, by the exchange and by the webhook", async () => {
    const { stdout, stderr, exitCode } = await job("--environment", "production");
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(stdout).toMatch(/^The cluster gets a token until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\. It says:\n\{/);
    expect(stdout).toContain('"actions:reef-works/shop/environments/production"');
    expect((await job("--no-exchange")).stdout).toContain('"job_workflow_ref": "reef-works/shop/');
  });

  test("runs the program after the action, with its kubeconfig, and ends as the program does", async () => {
    const { stdout, exitCode } = await job("sh", "-c", `jq -r '.["current-context"]' "$KUBECONFIG"; exit 7`);
    expect({ stdout, exitCode }).toEqual({ stdout: "local\n", exitCode: 7 });
  });

  test("runs no program where the action fails", async () => {
    const { stdout, stderr, exitCode } = await job("--workflow", "other.yml", "echo", "it ran");
    expect(stderr).toContain("This workflow is not admitted here");
    expect(stdout).toBe("::error title=Octogate::this job gets no token: the lines above say why\n");
    expect(exitCode).toBe(1);
  });

  test("leaves nothing behind, also after a signal", async () => {
    const sleeping = start(
      process.execPath,
      [main, "--state", edge.stateDir, "sh", "-c", "echo begun; exec sleep 60"],
      {
        env: environment(),
      },
    );
    await until(() => sleeping.stdout().includes("begun"), 30_000, "the program runs");
    expect((await readdir(temporaryFolder)).length).toBeGreaterThan(0);
    expect((await sleeping.stop()).exitCode).toBe(1);
    expect((await readdir(temporaryFolder)).filter((name) => name.startsWith("octogate-job-"))).toEqual([]);
  });

  test.each([
    [["--repository", "reef-works/none"], "octogate: reef-works/none: there is no such repository\n", 1],
    [["no-such-program"], "octogate: no-such-program: spawn no-such-program ENOENT\n", 1],
    [["--branch", "main"], "octogate: unknown option '--branch'\nTry: npm run job -- --help\n", 2],
  ])("%j: says what is wrong", async (args, message, code) => {
    const { stderr, exitCode } = await job(...args);
    expect({ stderr, exitCode }).toEqual({ stderr: message, exitCode: code });
  });
});

test("says that npm start has to run, and with its own GitHub", async () => {
  const folder = await mkdtemp(join(tmpdir(), "octogate-no-state-"));
  const { stderr, exitCode } = await run(process.execPath, [main, "--state", folder], { env: {} });
  await rm(folder, { recursive: true });
  expect(stderr).toBe(
    `octogate: ${folder}/wrangler.toml: names no stand-in for GitHub: run npm start without --github first\n`,
  );
  expect(exitCode).toBe(1);
});
