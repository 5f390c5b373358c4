import { readFile, stat, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { fileCommands, type RunProgram, startRunner } from "../../../../src/local/job/runner.ts";

interface Call {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A job whose programs do what the test says, instead of running. */
async function job(act: (call: Call) => Promise<void> = async () => {}) {
  const calls: Call[] = [];
  const run: RunProgram<number> = async (command, args, { env }) => {
    calls.push({ command, args, env });
    await act({ command, args, env });
    return calls.length;
  };
  const runner = await startRunner({ PATH: "/bin", GITHUB_SHA: "abc" }, run);
  onTestFinished(() => runner.end());
  return { runner, calls };
}

test.each([
  [undefined, ["bash", "-e"]],
  ["bash", ["bash", "--noprofile", "--norc", "-eo", "pipefail"]],
  ["sh", ["sh", "-e"]],
] as const)("a step whose shell is %s runs with GitHub's options", async (shell, words) => {
  const { runner, calls } = await job(async ({ args }) => {
    expect(await readFile(args.at(-1) ?? "", "utf8")).toBe("echo hello");
  });
  expect(await runner.runStep({ script: "echo hello", ...(shell === undefined ? {} : { shell }) })).toBe(1);
  const [{ command, args } = { command: "", args: [] }] = calls;
  expect([command, ...args.slice(0, -1)]).toEqual(words);
});

test("a step has the job's variables and its own, and nothing else of this machine", async () => {
  const { runner, calls } = await job();
  await runner.runStep({ script: "", environment: { INPUT: "x y" } });
  const { env = {} } = calls[0] ?? {};
  expect(env).toMatchObject({ PATH: "/bin", GITHUB_SHA: "abc", INPUT: "x y", RUNNER_TEMP: runner.temporaryFolder });
  expect(Object.keys(env).sort()).toEqual([
    ...["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_SHA", "GITHUB_WORKSPACE", "HOME", "INPUT", "PATH", "RUNNER_OS"],
    "RUNNER_TEMP",
  ]);
});

test("what a step puts into its files, the next one has; its own variables end with it", async () => {
  const { runner, calls } = await job(async ({ command, env }) => {
    if (command === "kubectl") return;
    await writeFile(env.GITHUB_ENV ?? "", "KUBECONFIG=/tmp/k\n");
    await writeFile(env.GITHUB_OUTPUT ?? "", "kubeconfig=/tmp/k\n");
  });
  await runner.runStep({ script: "", environment: { INPUT: "x" } });
  await runner.runProgram("kubectl", ["get", "pods"]);
  expect(calls[1]).toMatchObject({ command: "kubectl", args: ["get", "pods"], env: { KUBECONFIG: "/tmp/k" } });
  expect(calls[1]?.env).not.toHaveProperty("INPUT");
  expect(runner.outputs()).toEqual({ kubeconfig: "/tmp/k" });
});

test("its folders end with the job", async () => {
  const { runner } = await job();
  await runner.runStep({ script: "" });
  expect(basename(runner.temporaryFolder)).toBe("_temp");
  await runner.end();
  await expect(stat(runner.temporaryFolder)).rejects.toThrow("ENOENT");
});

describe("the file of a step", () => {
  test.each([
    ["", {}],
    ["A=1\nB=x=y<<z\n", { A: "1", B: "x=y<<z" }],
    ["A<<EOF\none\nB=2\nEOF\nC=", { A: "one\nB=2", C: "" }],
    ["A<<EOF\nEOF\n", { A: "" }],
  ])("holds %j", (text, values) => {
    expect(fileCommands(text)).toEqual(values);
  });

  test.each([
    ["hello", "Invalid format 'hello'"],
    ["=x", "Invalid format '=x'"],
    ["A<<EOF\none\n", "Matching delimiter not found 'EOF'"],
  ])("can't hold %j", (text, message) => {
    expect(() => fileCommands(text)).toThrow(message);
  });
});
