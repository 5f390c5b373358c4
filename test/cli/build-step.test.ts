// wrangler's own build step, run by wrangler itself: it checks the file that is deployed, and no other.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { run } from "../support/program.ts";
import { repositoryRoot } from "../support/worker-config.ts";
import { octogate } from "./support/octogate.ts";

let above: string;
let folder: string;
const template = readFileSync(join(repositoryRoot, "wrangler.toml"), "utf8");
const right = template
  .replace("<auth.example.com>", "auth.acme.dev")
  .replace("<sha256 fingerprint, 64 hex digits>", "a1".repeat(32))
  .replace(/^allow = .*$/m, 'allow = ["org:acme#1234", "team:acme/platform#55", "user:mona#5"]');
const wrong = right.replace("user:mona#5", "orgs:acme");

beforeEach(() => {
  above = mkdtempSync(join(tmpdir(), "octogate-build-"));
  folder = join(above, "clone");
  mkdirSync(folder);
  for (const name of ["src", "package.json", "tsconfig.json"]) {
    cpSync(join(repositoryRoot, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(repositoryRoot, "node_modules"), join(folder, "node_modules"));
});
afterEach(() => rmSync(above, { recursive: true, force: true }));

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const deploy = (...args: string[]) =>
  run(join(folder, "node_modules/.bin/wrangler"), ["deploy", "--dry-run", ...args], {
    cwd: folder,
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", XDG_CONFIG_HOME: above, NO_COLOR: "1" },
  });

describe("with --config", { timeout: 120_000 }, () => {
  test("a right file is deployed beside a wrong wrangler.toml, in each way to name it", async () => {
    write("wrangler.toml", template);
    write("prod.toml", right);
    for (const args of [["--config", "prod.toml"], ["-c", "prod.toml"], [`--config=${join(folder, "prod.toml")}`]]) {
      const { exitCode, stdout, stderr } = await deploy(...args);
      expect(exitCode, stdout + stderr).toBe(0);
    }
  });

  test("a wrong file is refused beside a right wrangler.toml, with its own name and line", async () => {
    write("wrangler.toml", right);
    write("prod.toml", wrong);
    const { exitCode, stdout, stderr } = await deploy("--config", "prod.toml");
    expect(exitCode).not.toBe(0);
    expect(stdout + stderr).toMatch(/prod\.toml:\d+: CLUSTER_PRODUCTION\.allow\[2\]/);
    expect(stdout + stderr).not.toContain("--dry-run: exiting now");
  });
});

describe("a second configuration", () => {
  test.each([
    ["beside it", "clone/wrangler.jsonc"],
    ["in the folder above", "wrangler.json"],
    ["that a build tool left", "clone/.wrangler/deploy/config.json"],
  ])("%s, which wrangler would deploy without --config, is refused by check and by the build step", async (_, path) => {
    write("wrangler.toml", right);
    mkdirSync(join(above, path, ".."), { recursive: true });
    writeFileSync(join(above, path), "{}");
    const checked = await octogate(["check"], { cwd: folder });
    expect(checked.exitCode).toBe(1);
    expect(checked.stdout).toContain(`in its place, wherever --config is left out`);
    const step = await run(process.execPath, ["src/cli/check-before-deploy.ts"], { cwd: folder, env: {} });
    expect(step.exitCode).toBe(1);
    expect(checked.stdout).toContain(step.stderr);
    // A file that only --config finds has no rival.
    write("prod.toml", right);
    expect((await octogate(["check", "--config", "prod.toml"], { cwd: folder })).exitCode).toBe(0);
  });
});

test.each([
  ["previews_enabled = true", "outside of the firewall rule and of mutual TLS"],
  ["enabled = false", "turns the domain off"],
])("a custom domain with %s is refused", async (line, words) => {
  write("wrangler.toml", right.replace("custom_domain = true", `custom_domain = true\n${line}`));
  const { exitCode, stdout } = await octogate(["check"], { cwd: folder });
  expect(exitCode).toBe(1);
  expect(stdout).toContain(words);
});
