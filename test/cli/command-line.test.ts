import { describe, expect, test } from "vitest";
import { run } from "../support/program.ts";
import { main, octogate } from "./support/octogate.ts";

describe("the command line", () => {
  test("without a command shows what there is, and ends as a usage error does", async () => {
    const { exitCode, stderr } = await octogate([]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("Usage: octogate");
  });

  test("names the nearest command where there is none of that name", async () => {
    const { exitCode, stdout, stderr } = await octogate(["chek"]);
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("Did you mean check?");
  });

  test("shows its help on stdout, without colours, where it was asked for", async () => {
    const { exitCode, stdout, stderr } = await octogate(["--help"]);
    expect(exitCode).toBe(0);
    expect(stderr).toBe("");
    expect(stdout).toContain("check");
    expect(stdout).not.toContain("\u001b");
  });

  test("lists the commands in the order in which an operator meets them", async () => {
    const { stdout } = await octogate(["--help"]);
    const names = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);
    expect(names).toEqual([
      ...["setup", "manifests", "kubeconfig"],
      ...["check", "pin", "explain"],
      ...["doctor", "certificate", "teardown"],
      "help",
    ]);
  });

  test("says which options a command can't do without", async () => {
    const { stdout } = await octogate(["kubeconfig", "--help"]);
    const options = stdout.replaceAll(/\n {4,}(?=[^ ])/g, " ");
    expect(options).toMatch(/--cluster <name> .*\(required\)$/m);
    expect(options).not.toMatch(/--output <file> .*\(required\)$/m);
  });

  test("goes on without a word where its output is not read", async () => {
    const withoutReader = 'exec 3>&1; { "$0" "$@"; echo "exit $?" >&3; } | true';
    const { stdout, stderr } = await run("sh", ["-c", withoutReader, process.execPath, main, "--help"]);
    expect({ stdout, stderr }).toEqual({ stdout: "exit 0\n", stderr: "" });
  });

  test("prints one JSON document for machines, also when it fails", async () => {
    const { exitCode, stdout, stderr } = await octogate(["check", "--json", "--config", "no-such.toml"]);
    expect(exitCode).toBe(1);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, diagnostics: [{ subject: "no-such.toml" }] });
  });
});
