// What `npm ci` prints before anything of Octogate's own runs: on the oldest Node, and on Windows.
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findMachineNode } from "../../cli/support/machine-node.ts";
import { run } from "../../support/program.ts";
import { repositoryRoot } from "../../support/worker-config.ts";

const node20 = await findMachineNode(20);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "octogate-install-"));
  for (const name of ["package.json", "package-lock.json", ".npmrc"]) {
    await copyFile(join(repositoryRoot, name), join(folder, name));
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.skipIf(node20 === null)("on Node 20 nothing is said of packages that want a newer Node", async () => {
  const { exitCode, stdout, stderr } = await run("npm", ["ci", "--dry-run", "--offline", "--ignore-scripts"], {
    cwd: folder,
    env: node20?.env ?? {},
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).not.toContain("EBADENGINE");
});

test("on Windows nothing is installed, and one sentence names the systems that are supported", async () => {
  const windows = join(folder, "windows.cjs");
  await writeFile(windows, 'Object.defineProperty(process, "platform", { value: "win32" });\n');
  const env = { ...process.env, NODE_OPTIONS: `--require "${windows}"` };
  const { exitCode, stdout, stderr } = await run("npm", ["ci", "--dry-run", "--offline", "--ignore-scripts"], {
    cwd: folder,
    env,
  });
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  // WSL calls itself Linux. Its name stands in the list for the people who read this message.
  expect(stderr).toMatch(
    /Unsupported platform for octogate@\S+: wanted \{"os":"linux,darwin,wsl"\} \(current: \{"os":"win32"/,
  );
});
