// The chain with nothing broken: what a person and a machine get to see.
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LocalEdge, startLocalEdge } from "../../support/local-edge.ts";
import { examine, type Scene, startScene } from "../support/doctor-scene.ts";
import { octogate } from "../support/octogate.ts";

describe("a deployment in which everything is right", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await startScene();
  });
  afterAll(() => scene.close());

  test("has nothing broken, and nothing to warn about", async () => {
    const { exitCode, failing, checks } = await examine(scene);
    expect(exitCode).toBe(0);
    expect(failing).toEqual({});
    expect(checks.filter(({ state }) => state === "skipped").map(({ name }) => name)).toEqual(["dns"]);
  });

  test("is resolved where nothing says where to connect to", async () => {
    // Nothing listens on 443 here, or something that is not to be trusted.
    const { checks } = await examine(scene, []);
    expect(checks.find(({ name }) => name === "dns")).toMatchObject({ state: "ok" });
  });

  test("is one line a check for people, aligned, without colours", async () => {
    const args = ["doctor", "--ca-file", "ca.crt", "--connect", `127.0.0.1:${scene.port}`];
    const { exitCode, stdout, stderr } = await octogate(args, { cwd: scene.folder });
    expect(exitCode).toBe(0);
    expect(stderr).toBe("");
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(14);
    for (const line of lines) expect(line).toMatch(/^[✓–] [\w ]{18} {2}\S/u);
  });

  test("is not trusted where only --ca-file could vouch for it, and is not given", async () => {
    const args = ["doctor", "--json", "--connect", `127.0.0.1:${scene.port}`];
    const { exitCode, stdout } = await octogate(args, { cwd: scene.folder });
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, diagnostics: [{ subject: "TLS" }] });
  });

  test("says what to do about the check that is broken", async () => {
    const args = [
      "doctor",
      "--ca-file",
      "ca.crt",
      "--hostname",
      "auth.acme.test",
      "--connect",
      `localhost:${scene.port}`,
    ];
    const { exitCode, stdout, stderr } = await octogate(args, { cwd: scene.folder });
    expect(exitCode).toBe(1);
    expect(stdout).toContain("✗ TLS");
    expect(stderr).toMatch(/^TLS: .*\n {2}→ the name leads to another server.*\n$/);
  });
});

describe("the command line", () => {
  test.each([
    ["--hostname", "https://auth.acme.dev"],
    ["--connect", "localhost"],
    ["--connect", "localhost:0"],
    ["--timeout", "0"],
    ["--cluster", "Production"],
  ])("%s %s is a usage error", async (option, value) => {
    const { exitCode, stdout } = await octogate(["doctor", option, value]);
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
  });
});

describe("the local edge, which runs the Worker on workerd", () => {
  let edge: LocalEdge;
  beforeAll(async () => {
    edge = await startLocalEdge();
  });
  afterAll(() => edge.stop());

  test("has nothing broken, and no firewall", async () => {
    const certificates = join(edge.stateDir, "certificates");
    await mkdir(certificates);
    await copyFile(join(edge.stateDir, "local.crt"), join(certificates, "client.crt"));
    await copyFile(join(edge.stateDir, "local.key"), join(certificates, "client.key"));
    const whom = ["--hostname", `localhost:${edge.port}`, "--ca-file", join(edge.stateDir, "ca.crt")];
    const { exitCode, stdout } = await octogate(["doctor", ...whom, "--certificates", certificates]);
    expect(stdout).toContain("! firewall");
    expect(stdout).toContain("✓ review");
    expect(exitCode).toBe(0);
  });
});
