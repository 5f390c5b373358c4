import { describe, expect, it } from "vitest";
import { help, type Options, parseOptions } from "../../../src/local/options.ts";

function optionsOf(...argv: string[]): Options {
  const parsed = parseOptions(argv);
  if (parsed.kind !== "start") throw new Error(`expected options: ${JSON.stringify(parsed)}`);
  return parsed.options;
}

describe("what is taken", () => {
  it("nothing at all means the defaults", () => {
    expect(optionsOf()).toEqual({
      port: 8443,
      stateFolder: ".octogate",
      githubUrl: null,
      clusters: [],
      variables: {},
    });
  });

  it("every option, the repeatable ones repeated", () => {
    const argv = ["--port", "9443", "--state", "elsewhere/state", "--github", "http://127.0.0.1:1"];
    argv.push(
      "--cluster",
      "prod-eu=a.json",
      "--cluster=dev=folder/b=c.json",
      "--var",
      "A=1",
      "--var=B=x=y",
      "--var=C=",
    );
    expect(optionsOf(...argv)).toEqual({
      port: 9443,
      stateFolder: "elsewhere/state",
      githubUrl: "http://127.0.0.1:1",
      clusters: [
        { name: "prod-eu", policyFile: "a.json" },
        { name: "dev", policyFile: "folder/b=c.json" },
      ],
      variables: { A: "1", B: "x=y", C: "" },
    });
  });

  it("--help wins, and its text names every option", () => {
    expect(parseOptions(["--help", "--port", "99999"])).toEqual({ kind: "help" });
    for (const option of ["--port", "--state", "--github", "--cluster", "--var", "--help"])
      expect(help).toContain(option);
  });
});

it.each([
  [["--prot", "1"], "--prot"],
  [["--port"], "--port"],
  [["extra"], "extra"],
  [["--port", "0"], "--port 0"],
  [["--port", "65536"], "from 1 to 65535"],
  [["--port", "8e3"], "--port 8e3"],
  [["--port="], "--port"],
  [["--state", ""], "--state"],
  [["--github", "github"], "--github github"],
  [["--cluster", "prod"], "NAME=policy.json"],
  [["--cluster", "prod="], "NAME=policy.json"],
  [["--cluster", "Prod=a.json"], "[a-z][a-z0-9-]*"],
  [["--cluster", "1a=a.json"], "[a-z][a-z0-9-]*"],
  [["--cluster", "../a=a.json"], "[a-z][a-z0-9-]*"],
  [["--cluster", "=a.json"], "[a-z][a-z0-9-]*"],
  [["--cluster", "ca=a.json"], "certificate authority"],
  [["--cluster", "a=a.json", "--cluster", "a=b.json"], "named twice"],
  [["--var", "A"], "NAME=VALUE"],
  [["--var", "A B=1"], "letters, digits and _"],
  [["--var", "A=1", "--var", "A=2"], "--var A: is set twice"],
])("%j is a usage error that says %j, in one line", (argv, says) => {
  const parsed = parseOptions(argv);
  if (parsed.kind !== "usage-error") throw new Error(`expected a usage error: ${JSON.stringify(parsed)}`);
  expect(parsed.message).toContain(says);
  expect(parsed.message).not.toContain("\n");
});

it("a secret that was mistyped stays out of the message", () => {
  const parsed = parseOptions(["--var", "CACHE-SECRET=hunter2", "--var", "hunter2"]);
  expect(JSON.stringify(parsed)).not.toContain("hunter2");
});
