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

  test.each([
    [["completon", "--help"], "Did you mean completion?"],
    [["certificate", "lst", "--help"], "Did you mean list?"],
    [["doctor", "--cluser", "production"], "Did you mean --cluster?"],
    [["manifests", "--for", "k3s", "--cluser", "production"], "Did you mean --cluster?"],
  ])("names the nearest word to a misspelled one: %j", async (args, words) => {
    const { exitCode, stdout, stderr } = await octogate(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(words);
  });

  test.each([
    [["--json", "check"], "octogate check --json"],
    [["-n", "teardown", "--everything"], "octogate teardown -n"],
    [["--config", "other.toml", "certificate", "list"], "octogate certificate --config"],
  ])("says where an option belongs that comes before its command: %j", async (args, words) => {
    const { exitCode, stdout, stderr } = await octogate(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(`options stand behind the command: ${words}`);
  });

  test.each([[], ["setup"], ["manifests"], ["doctor"], ["certificate", "rotate"], ["completion"]])(
    "breaks its help at words, within 80 columns: octogate %s %s",
    async (...words) => {
      const { stdout } = await octogate([...words, "--help"]);
      expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
      // An example over several lines is still one command.
      const examples = stdout.split("Examples:\n")[1] ?? "";
      for (const [line] of examples.matchAll(/^ {6}\S.*$/gm)) {
        expect(stdout).toContain(` \\\n${line}`);
      }
    },
  );

  test("has short options for the frequent ones", async () => {
    const { stdout } = await octogate(["setup", "--help"]);
    for (const flags of ["-c, --cluster", "-y, --yes", "-n, --dry-run"]) expect(stdout).toContain(flags);
    expect((await octogate(["-v"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
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
      ...["check", "pin", "explain", "report"],
      ...["doctor", "certificate", "teardown"],
      ...["completion", "help"],
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
