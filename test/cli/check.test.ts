import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { run } from "../support/program.ts";
import { makeDeploymentFolder } from "./support/deployment-folder.ts";
import { octogate } from "./support/octogate.ts";

const repository = fileURLToPath(new URL("../../", import.meta.url));

async function filledIn(): Promise<string> {
  const template = await readFile(`${repository}wrangler.toml`, "utf8");
  return template
    .replace("<auth.example.com>", "auth.acme.dev")
    .replace("<sha256 fingerprint, 64 hex digits>", "a1".repeat(32))
    .replace(
      /^allow = .*$/m,
      'allow = ["org:acme#1234", "team:acme/platform#55", "user:octocat#583231", "user:ada#7"]',
    );
}

/** The number of the line that begins with this. */
function lineOf(toml: string, start: string): number {
  return toml.split("\n").findIndex((line) => line.startsWith(start)) + 1;
}

describe("octogate check", () => {
  test("says so where nothing is wrong", async () => {
    const { path } = await makeDeploymentFolder(await filledIn());
    expect(await octogate(["check"], { cwd: path })).toMatchObject({
      exitCode: 0,
      stdout: "wrangler.toml: nothing is wrong with it\n",
      stderr: "",
    });
  });

  test("shows what is wrong with the file of the repository, line by line", async () => {
    const toml = await readFile(`${repository}wrangler.toml`, "utf8");
    const { exitCode, stdout, stderr } = await octogate(["check"], { cwd: repository });
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: "" });
    expect(stdout).toMatch(/\nwrangler\.toml: 5 errors, 0 warnings\n$/);
    const place = (start: string, setting: string) => `wrangler.toml:${lineOf(toml, start)}: ${setting}: error: `;
    expect(stdout).toContain(`${place("pattern", "routes[0].pattern")}must be your own hostname`);
    expect(stdout).toContain(place("client_certificates", "CLUSTER_PRODUCTION.client_certificates[0]"));
    expect(stdout).toContain(`${place("allow", "CLUSTER_PRODUCTION.allow[2]")}“user:<login>” must be`);
    expect(stdout).toContain("  → name your own organisation, team or users");
  });

  test("ends well with warnings alone, and keeps them apart", async () => {
    const toml = (await filledIn()).replace('"user:octocat#583231"', '"user:octocat"');
    const { path } = await makeDeploymentFolder(toml);
    const line = lineOf(toml, "allow");
    const place = `wrangler.toml:${line}: CLUSTER_PRODUCTION.allow[2]`;
    const message = "user:octocat is not pinned: it applies to any future owner of the name";
    const hint = "octogate pin looks its number up at GitHub and writes it behind the name";

    const forPeople = await octogate(["check"], { cwd: path });
    expect(forPeople).toMatchObject({ exitCode: 0, stderr: "" });
    expect(forPeople.stdout).toBe(`${place}: warning: ${message}\n  → ${hint}\nwrangler.toml: 0 errors, 1 warning\n`);

    const forMachines = await octogate(["check", "--json"], { cwd: path });
    expect(forMachines).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(forMachines.stdout)).toEqual({
      ok: true,
      file: "wrangler.toml",
      diagnostics: [
        {
          severity: "warning",
          subject: place,
          message,
          hint,
          location: { file: "wrangler.toml", line, setting: "CLUSTER_PRODUCTION.allow[2]" },
        },
      ],
    });
  });

  test("names the line of what is no TOML", async () => {
    const { path } = await makeDeploymentFolder('name = "octogate"\n\n[vars\n');
    const { exitCode, stdout } = await octogate(["check"], { cwd: path });
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^wrangler\.toml:3: wrangler\.toml: |^wrangler\.toml:3: /);
  });
});

describe("the build step of wrangler", () => {
  const step = `${repository}src/cli/check-before-deploy.ts`;
  const build = (cwd: string, WRANGLER_COMMAND: string) =>
    run(process.execPath, [step], { cwd, env: { WRANGLER_COMMAND, OCTOGATE_CONFIG: "wrangler.toml" } });

  test.each(["deploy", "versions upload"])("prints the same lines before %s, and refuses", async (command) => {
    const toml = (await filledIn()).replace('"user:octocat#583231"', '"user:octocat", "user:"');
    const { path } = await makeDeploymentFolder(toml.replace("workers_dev = false", "workers_dev = true"));
    const checked = await octogate(["check"], { cwd: path });
    expect(checked.exitCode).toBe(1);
    const withoutSum = checked.stdout.replace(/.*\n$/, "");
    expect(await build(path, command)).toMatchObject({ exitCode: 1, stdout: "", stderr: withoutSum });
  });

  test("refuses where it cannot tell which file wrangler deploys", async () => {
    const { path: cwd } = await makeDeploymentFolder(await filledIn());
    const unsaid = await run(process.execPath, [step], { cwd, env: { WRANGLER_COMMAND: "deploy" } });
    expect(unsaid).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("OCTOGATE_CONFIG=wrangler.toml") });
    expect(await build(cwd, "deploy")).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test("lets through what is only warned about, and everything that is tried locally", async () => {
    const toml = (await filledIn()).replace('"user:octocat#583231"', '"user:octocat"');
    const warned = await makeDeploymentFolder(toml);
    expect(await build(warned.path, "deploy")).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining("warning: user:octocat is not pinned"),
    });
    expect(await build(repository, "dev")).toMatchObject({ exitCode: 0, stderr: "" });
  });
});
