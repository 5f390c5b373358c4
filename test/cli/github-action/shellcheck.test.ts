// shellcheck finds nothing in the scripts that people run.
import { globSync } from "node:fs";
import { expect, test } from "vitest";
import { run } from "../../support/program.ts";
import { repositoryRoot } from "../../support/worker-config.ts";

const { PATH } = process.env;
const version = await run("shellcheck", ["--version"], { env: { PATH } });
const isThere = version.exitCode === 0;
const scripts = [...globSync("k8s/**/*.sh", { cwd: repositoryRoot }).sort(), ".ci/run"];
if (!isThere) console.warn("SKIPPED: shellcheck of the scripts: shellcheck is not installed");

test.skipIf(!isThere).each(scripts)("shellcheck finds nothing in %s", async (script) => {
  const { stdout, exitCode } = await run("shellcheck", ["--severity=style", script], {
    cwd: repositoryRoot,
    env: { PATH },
  });
  expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 0 });
});
