// The release: the shell parts of its workflow run here, in order, as a runner of GitHub's runs them, and the package
// comes out the same wherever it is built.
import { createHash } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { run } from "../support/program.ts";
import { repositoryRoot } from "../support/worker-config.ts";

const maxNpmMs = 180_000;
const { version } = v.parse(
  v.object({ version: v.string() }),
  JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")),
);

const stepSchema = v.object({ name: v.optional(v.string()), run: v.optional(v.string()) });
const workflowSchema = v.object({ jobs: v.record(v.string(), v.object({ steps: v.optional(v.array(stepSchema)) })) });

/** @returns the script of a step */
function scriptOf(workflow: string, job: string, step: string): string {
  const text = readFileSync(join(repositoryRoot, ".github/workflows", workflow), "utf8");
  const { jobs } = v.parse(workflowSchema, parse(text));
  const found = jobs[job]?.steps?.find(({ name }) => name === step)?.run;
  if (found === undefined) throw new Error(`${workflow} has no step ${step} in ${job}`);
  return found;
}

let parent: string;
beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), "octogate-release-"));
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

/** A checkout of what lies here, with npm's packages, in a folder of its own. */
async function checkOut(name: string): Promise<string> {
  const folder = join(parent, name);
  const { stdout } = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: repositoryRoot,
    env: process.env,
  });
  for (const file of stdout.split("\0").filter((path) => path !== "" && !path.startsWith("test/"))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(repositoryRoot, file), join(folder, file));
  }
  symlinkSync(join(repositoryRoot, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/** GitHub runs a step with `bash -e`, and nothing of ours is in its environment but what it says. */
function runStep(script: string, cwd: string, env: Readonly<Record<string, string>> = {}) {
  return run("bash", ["-e", "-c", script], {
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, npm_config_offline: "true", ...env },
    timeoutMs: maxNpmMs,
  });
}

const digestOf = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");

describe("the tag", () => {
  const script = scriptOf("release.yml", "build", "Compare the tag with package.json and CHANGELOG.md");
  let folder: string;
  beforeAll(async () => {
    folder = await checkOut("tag");
  });

  test.each([
    ["another version than package.json's", "v999.0.0", `## [999.0.0]\n\n- Something.\n`],
    ["no part in the changelog", `v${version}`, "## [Unreleased]\n\n- Something.\n"],
    ["an empty part in the changelog", `v${version}`, `## [${version}] - 2026-12-01\n\n## [0.0.1]\n\n- Something.\n`],
  ])("with %s makes no release", async (_what, tag, changelog) => {
    rmSync(join(folder, "release"), { recursive: true, force: true });
    writeFileSync(join(folder, "CHANGELOG.md"), changelog);
    expect((await runStep(script, folder, { GITHUB_REF_NAME: tag })).exitCode).not.toBe(0);
  });

  test("that fits has the changelog's part as its notes", async () => {
    rmSync(join(folder, "release"), { recursive: true, force: true });
    const changelog = `# Changelog\n\n## [Unreleased]\n\n## [${version}] - 2026-12-01\n\n- New.\n\n## [0.0.1]\n\n- Old.\n`;
    writeFileSync(join(folder, "CHANGELOG.md"), changelog);
    const { exitCode, stderr } = await runStep(script, folder, { GITHUB_REF_NAME: `v${version}` });
    expect(exitCode, stderr).toBe(0);
    expect(readFileSync(join(folder, "release/notes.md"), "utf8").trim()).toBe("- New.");
  });
});

describe("the files of a release", { timeout: maxNpmMs }, () => {
  let folder: string;
  const inRelease = (name: string) => join(folder, "release", name);
  const tarball = `octogate-${version}.tgz`;

  beforeAll(async () => {
    folder = await checkOut("files");
    mkdirSync(join(folder, "release"));
    for (const step of ["Pack", "Write the bill of materials", "Write the checksums"]) {
      const { exitCode, stderr } = await runStep(scriptOf("release.yml", "build", step), folder);
      expect(exitCode, stderr).toBe(0);
    }
  }, maxNpmMs);

  test("are named with their checksums, as sha256sum checks them", async () => {
    const check = () => run("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: join(folder, "release") });
    expect(await check()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`${tarball}: OK`) });
    expect((await check()).stdout).toContain("octogate.cdx.json: OK");
    const bytes = readFileSync(inRelease(tarball));
    writeFileSync(inRelease(tarball), Buffer.concat([bytes, Buffer.from([0])]));
    expect((await check()).exitCode).toBe(1);
    writeFileSync(inRelease(tarball), bytes);
  });

  test("have a bill of materials with each package that the command needs, and its licence", () => {
    const schema = v.object({
      bomFormat: v.literal("CycloneDX"),
      components: v.array(v.object({ name: v.string(), version: v.string(), licenses: v.optional(v.unknown()) })),
    });
    const { components } = v.parse(schema, JSON.parse(readFileSync(inRelease("octogate.cdx.json"), "utf8")));
    const { dependencies } = v.parse(
      v.object({ dependencies: v.record(v.string(), v.string()) }),
      JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")),
    );
    for (const [name, wanted] of Object.entries(dependencies)) {
      const found = components.find((component) => component.name === name && component.version === wanted);
      expect(found, name).toMatchObject({ licenses: expect.anything() });
    }
  });

  test("are the same from another folder, at another time, with another umask that lets others read", async () => {
    const other = await checkOut("a-folder-with-a-longer-name");
    const environment = { TZ: "Pacific/Kiritimati", LANG: "C", LC_ALL: "C" };
    const { exitCode, stderr } = await runStep("umask 002; npm pack", other, environment);
    expect(exitCode, stderr).toBe(0);
    expect(digestOf(join(other, tarball))).toBe(digestOf(inRelease(tarball)));
  });

  test("are all published, and nothing else", async () => {
    const bin = join(parent, "bin");
    mkdirSync(bin, { recursive: true });
    // In place of GitHub's command: it writes down what it was told to do.
    writeFileSync(join(bin, "gh"), '#!/bin/sh\nprintf "%s\\n" "$@"\n');
    chmodSync(join(bin, "gh"), 0o755);
    writeFileSync(inRelease("notes.md"), "- New.\n");
    const { exitCode, stdout, stderr } = await runStep(scriptOf("release.yml", "publish", "Publish"), folder, {
      PATH: `${bin}:${process.env.PATH}`,
      GITHUB_REF_NAME: `v${version}`,
      GITHUB_REPOSITORY: "acme/octogate",
    });
    expect(exitCode, stderr).toBe(0);
    const args = stdout.trim().split("\n");
    expect(args.slice(0, 3)).toEqual(["release", "create", `v${version}`]);
    expect(args).toContain("--verify-tag");
    const files = args.filter((arg) => arg.startsWith("release/") && arg !== "release/notes.md");
    expect(files.sort()).toEqual(["release/SHA256SUMS", `release/${tarball}`, "release/octogate.cdx.json"]);
  });
});

describe("the control planes that CI gets", () => {
  const script = scriptOf("ci.yml", "test", "Get the control planes");

  test.each([
    ["as they were published are unpacked and named", "none"],
    ["with another digest than the newest are refused", "newest"],
    ["with another digest than the older one are refused", "older"],
  ])("%s", async (_what, forged) => {
    const folder = mkdtempSync(join(parent, "control-planes-"));
    const [bin, content] = [join(folder, "bin"), join(folder, "controller-tools/envtest")];
    for (const one of [bin, content]) mkdirSync(one, { recursive: true });
    writeFileSync(join(content, "kubectl"), "");
    await run("tar", ["-czf", "published.tar.gz", "controller-tools"], { cwd: folder, env: process.env });
    // In place of the network: the file that was made above.
    const copy = `#!/bin/sh\nwhile [ "$1" != --output ]; do shift; done\ncp "${folder}/published.tar.gz" "$2"\n`;
    writeFileSync(join(bin, "curl"), copy);
    chmodSync(join(bin, "curl"), 0o755);
    const published = createHash("sha512")
      .update(readFileSync(join(folder, "published.tar.gz")))
      .digest("hex");
    const other = published.replace(/^./, (first) => (first === "0" ? "1" : "0"));
    const { exitCode } = await runStep(script, folder, {
      PATH: `${bin}:${process.env.PATH}`,
      RUNNER_TEMP: folder,
      GITHUB_ENV: join(folder, "environment"),
      ENVTEST_VERSION: "1.36.2",
      ENVTEST_SHA512: forged === "newest" ? other : published,
      ENVTEST_OLDER_VERSION: "1.30.0",
      ENVTEST_OLDER_SHA512: forged === "older" ? other : published,
    });
    expect(exitCode === 0).toBe(forged === "none");
    if (forged !== "none") return;
    const [newest, older] = ["1.36.2", "1.30.0"].map((one) => join(folder, `envtest-${one}/controller-tools/envtest`));
    const named = readFileSync(join(folder, "environment"), "utf8");
    expect(named).toBe(`KUBEBUILDER_ASSETS=${newest}\nKUBEBUILDER_ASSETS_1_30=${older}\n`);
    expect(readFileSync(join(newest ?? "", "kubectl"), "utf8")).toBe("");
  });
});
