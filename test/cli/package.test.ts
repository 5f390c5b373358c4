// What npm ships: the files of the tarball, and that it works where there is nothing else: an empty folder, Node 20, no
// wrangler.
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { makeAuthority } from "../../src/local/certificates.ts";
import { type Ended, run } from "../support/program.ts";
import { deploymentOf, makeDeploymentFolder } from "./support/deployment-folder.ts";
import { type Scene, startScene } from "./support/doctor-scene.ts";
import { startGitHub } from "./support/github.ts";
import { findMachineNode, type MachineNode } from "./support/machine-node.ts";
import { startProxy } from "./support/proxy.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const maxNpmMs = 180_000;

const packSchema = v.tuple([v.object({ filename: v.string(), files: v.array(v.object({ path: v.string() })) })]);

let folder: string;
let tarball: string;
let files: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "octogate-package-"));
  const options = { cwd: repository, env: process.env, timeoutMs: maxNpmMs };
  const { exitCode, stdout, stderr } = await run("npm", ["pack", "--json", "--pack-destination", folder], options);
  expect(exitCode, stderr).toBe(0);
  const [packed] = v.parse(packSchema, JSON.parse(stdout));
  tarball = join(folder, packed.filename);
  files = packed.files.map(({ path }) => path);
}, maxNpmMs);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the tarball", () => {
  test("holds the command, what goes into a cluster, and what every package has; nothing else", () => {
    const others = files.filter((path) => !path.startsWith("dist/") && !path.startsWith("k8s/"));
    expect(others.sort()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "package.json"]);
  });

  test("holds all of k8s/", async () => {
    const all = await readdir(join(repository, "k8s"), { recursive: true, withFileTypes: true });
    const paths = all
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(repository.length));
    expect(files.filter((path) => path.startsWith("k8s/")).sort()).toEqual(paths.sort());
  });

  test("holds of dist/ what the sources have, and nothing that is for developers", async () => {
    const compiled = files.filter((path) => path.startsWith("dist/"));
    expect(compiled.filter((path) => !/^dist\/(?:cli|node|worker)\/.*\.js$/.test(path))).toEqual([]);
    for (const path of compiled) {
      await stat(join(repository, path.replace(/^dist/, "src").replace(/js$/, "ts")));
    }
    expect(compiled).toContain("dist/cli/main.js");
    expect(compiled).not.toContain("dist/cli/check-before-deploy.js");
  });

  test("is built so that npx can run it in a clone, too: npm links to the file, and makes it executable only once", async () => {
    const { mode } = await stat(join(repository, "dist", "cli", "main.js"));
    expect(mode & 0o111).toBe(0o111);
  });

  test("imports only what it holds and what package.json says it needs", async () => {
    const { dependencies } = v.parse(
      v.object({ dependencies: v.record(v.string(), v.string()) }),
      JSON.parse(await readFile(join(repository, "package.json"), "utf8")),
    );
    const present = new Set(files);
    const missing: string[] = [];
    for (const path of files.filter((file) => file.endsWith(".js"))) {
      const source = await readFile(join(repository, path), "utf8");
      for (const [, specifier = ""] of source.matchAll(/^(?:import|export)\s(?:[^"';]*\sfrom\s)?"([^"]+)";/gm)) {
        const isThere = specifier.startsWith(".")
          ? present.has(posix.join(dirname(path), specifier))
          : builtinModules.includes(specifier.replace("node:", "")) || packageOf(specifier) in dependencies;
        if (!isThere) missing.push(`${path}: ${specifier}`);
      }
    }
    expect(missing).toEqual([]);
  });
});

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

const machine = await findMachineNode(20);
if (machine === null) console.warn("There is no Node 20 in the PATH: that the package works on it is not tested.");

describe.skipIf(machine === null)("the tarball on Node 20, in an empty folder", () => {
  let empty: string;
  let scene: Scene;

  function onNode20(command: string, args: readonly string[], cwd = empty): Promise<Ended> {
    const { env } = machine as MachineNode; // the tests are skipped where it is null
    return run(command, args, { cwd, env, timeoutMs: maxNpmMs });
  }

  /** As `npx` runs it from what was installed here. */
  const octogate = (args: readonly string[], cwd?: string) =>
    onNode20(join(empty, "node_modules", ".bin", "octogate"), args, cwd);

  beforeAll(async () => {
    empty = join(folder, "empty");
    await mkdir(empty);
    const quiet = ["--prefer-offline", "--no-audit", "--no-fund"];
    const { exitCode, stderr } = await onNode20("npm", ["install", ...quiet, tarball]);
    expect(exitCode, stderr).toBe(0);
    scene = await startScene();
  }, maxNpmMs);
  afterAll(() => scene.close());

  test("is run by npx from the file alone", { timeout: maxNpmMs }, async () => {
    const elsewhere = join(folder, "elsewhere");
    await mkdir(elsewhere);
    const { exitCode, stdout, stderr } = await onNode20(
      "npx",
      ["--yes", "--prefer-offline", "--package", tarball, "octogate", "--version"],
      elsewhere,
    );
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(await readdir(elsewhere)).toEqual([]);
  });

  test("brings neither wrangler nor a Node of its own", async () => {
    const installed = await readdir(join(empty, "node_modules"));
    expect(installed).toContain("octogate");
    for (const name of ["wrangler", "workerd", "miniflare", "typescript", "node", "cloudflare"]) {
      expect(installed).not.toContain(name);
    }
  });

  test("shows the help of every command", { timeout: 60_000 }, async () => {
    const { stdout } = await octogate(["--help"]);
    const names = [...stdout.matchAll(/^ {2}([a-z][a-z-]*)/gm)]
      .map(([, name = ""]) => name)
      .filter((name) => name !== "help");
    expect(names).toContain("doctor");
    for (const name of names) {
      const help = await octogate([name, "--help"]);
      expect(help.stderr).toBe("");
      expect(help.stdout).toContain(`Usage: octogate ${name}`);
    }
  });

  test("asks GitHub through a proxy, one that opens TLS with an authority of its own, too", async () => {
    const github = await startGitHub();
    github.addOrganisation({ login: "acme", id: 4711 });
    const authority = await makeAuthority({ notBefore: new Date(Date.now() - 1000), notAfter: new Date(2100, 0) });
    const proxy = await startProxy({ "api.github.com:443": github.url }, authority);
    onTestFinished(() => proxy.close());
    const { path: cwd } = await makeDeploymentFolder(deploymentOf(["org:acme"]));
    await writeFile(join(cwd, "ca.crt"), authority.certificate);
    const { node, env } = machine as MachineNode; // the tests are skipped where it is null
    const pin = (more: NodeJS.ProcessEnv) =>
      run(node, [join(empty, "node_modules", ".bin", "octogate"), "pin", "--dry-run"], {
        cwd,
        env: { ...env, HTTPS_PROXY: proxy.url, NO_PROXY: "", ...more },
      });
    expect((await pin({})).exitCode).toBe(1);
    const { exitCode, stdout, stderr } = await pin({ NODE_EXTRA_CA_CERTS: join(cwd, "ca.crt") });
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain("org:acme → org:acme#4711");
    expect(proxy.asked).toContain("GET https://api.github.com/orgs/acme");
  });

  test("examines a deployment", async () => {
    const args = ["doctor", "--json", "--ca-file", "ca.crt", "--connect", `127.0.0.1:${scene.port}`];
    const { exitCode, stdout } = await octogate(args, scene.folder);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, diagnostics: [] });
    expect(exitCode).toBe(0);
  });
});
