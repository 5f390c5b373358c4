import { CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { createStartCommand, type Options } from "../../../src/local/options.ts";

/** @returns the options with which the command would run, and what it prints instead if it does not */
async function parse(argv: readonly string[]): Promise<{ options: Options | null; out: string; error: string }> {
  const parsed: { options: Options | null; out: string; error: string } = { options: null, out: "", error: "" };
  const command = createStartCommand(async (options) => {
    parsed.options = options;
  });
  command.exitOverride().configureOutput({
    writeOut: (text) => {
      parsed.out += text;
    },
    writeErr: (text) => {
      parsed.error += text;
    },
  });
  await command.parseAsync(argv, { from: "user" }).catch((error: unknown) => {
    if (!(error instanceof CommanderError)) throw error;
  });
  return parsed;
}

describe("what is taken", () => {
  it("nothing at all means the defaults", async () => {
    expect((await parse([])).options).toEqual({
      port: 8443,
      signInPort: 8444,
      stateFolder: ".octogate",
      githubUrl: null,
      clusters: [],
      applications: [],
      variables: {},
    });
  });

  it("every option, the repeatable ones repeated", async () => {
    const argv = [
      "--port",
      "9443",
      "--sign-in-port",
      "9444",
      "--client",
      "argocd=c.json",
      "--state",
      "elsewhere/state",
      "--github",
      "http://127.0.0.1:1",
    ];
    argv.push(
      "--cluster",
      "prod-eu=a.json",
      "--cluster=dev=folder/b=c.json",
      "--var",
      "A=1",
      "--var=B=x=y",
      "--var=C=",
    );
    expect((await parse(argv)).options).toEqual({
      port: 9443,
      signInPort: 9444,
      stateFolder: "elsewhere/state",
      githubUrl: "http://127.0.0.1:1",
      clusters: [
        { name: "prod-eu", policyFile: "a.json" },
        { name: "dev", policyFile: "folder/b=c.json" },
      ],
      applications: [{ name: "argocd", policyFile: "c.json" }],
      variables: { A: "1", B: "x=y", C: "" },
    });
  });

  it("--help wins, and its text names every option and fits a terminal of 80 columns", async () => {
    const { options, out } = await parse(["--help", "--port", "99999"]);
    expect(options).toBeNull();
    for (const option of [
      "--port",
      "--sign-in-port",
      "--state",
      "--github",
      "--cluster",
      "--client",
      "--var",
      "--help",
    ]) {
      expect(out).toContain(option);
    }
    for (const line of out.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
  });
});

it.each([
  [["--prot", "1"], "--prot' (Did you mean --port?)"],
  [["--port"], "--port"],
  [["extra"], "extra"],
  [["--port", "0"], "--port 0"],
  [["--port", "65536"], "from 1 to 65535"],
  [["--port", "8e3"], "--port 8e3"],
  [["--sign-in-port", "0"], "--sign-in-port 0"],
  [["--port", "9000", "--sign-in-port", "9000"], "choose another one"],
  [["--client", "argocd"], "--client argocd: must be NAME=policy.json"],
  [["--port="], "--port"],
  [["--state", ""], "--state"],
  [["--github", "github"], "--github github"],
  [["--cluster", "prod"], "NAME=policy.json"],
  [["--cluster", "prod="], "NAME=policy.json"],
  [["--cluster", "Prod=a.json"], "lowercase letters, digits and hyphens, and begins with a letter"],
  [["--cluster", "1a=a.json"], "begins with a letter"],
  [["--cluster", "../a=a.json"], "lowercase letters, digits and hyphens"],
  [["--cluster", "=a.json"], "begins with a letter"],
  [["--cluster", "ca=a.json"], "certificate authority"],
  [["--cluster", "a=a.json", "--cluster", "a=b.json"], "named twice"],
  [["--var", "A"], "NAME=VALUE"],
  [["--var", "A B=1"], "letters, digits and _"],
  [["--var", "A=1", "--var", "A=2"], "--var A: is set twice"],
])("%j is a usage error that says %j, in one line, and where help is", async (argv, says) => {
  const { options, out, error } = await parse(argv);
  expect({ options, out }).toEqual({ options: null, out: "" });
  expect(error).toContain(says);
  expect(error).toMatch(/^octogate: .+\nTry: npm start -- --help\n$/);
});

it("a secret that was mistyped stays out of the message", async () => {
  for (const argv of [
    ["--var", "CACHE-SECRET=hunter2"],
    ["--var", "hunter2"],
  ]) {
    const { error } = await parse(argv);
    expect(error).toContain("--var");
    expect(error).not.toContain("hunter2");
  }
});
