import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { describe, expect, test } from "vitest";
import type { Context } from "../../../../../../src/cli/command.ts";
import { runExecPlugin, withoutTokens } from "../../../../../../src/cli/commands/doctor/cluster/exec-plugin.ts";
import type { ExecPlugin } from "../../../../../../src/cli/commands/doctor/cluster/person.ts";
import { contextOf } from "../../../support/command.ts";

function contextWith(notes: string[]): Context {
  return { ...contextOf({ note: (line) => notes.push(line) }), env: { PATH: process.env.PATH } };
}

function pluginOf(command: string, args: readonly string[]): ExecPlugin {
  const env = [{ name: "OWN", value: "value" }];
  const apiVersion = "client.authentication.k8s.io/v1";
  return { kind: "exec", apiVersion, command, args, env, installHint: null, needsTerminal: false };
}

/** Runs a script of Node's in a plugin's place. */
async function runScript(script: string) {
  const notes: string[] = [];
  const plugin = pluginOf(process.execPath, ["-e", script]);
  return { outcome: await runExecPlugin(plugin, tmpdir(), contextWith(notes)), notes };
}

/** Made here, so that none stands in the sources. */
const jwt = [{ alg: "RS256" }, { iss: "https://login.acme.dev" }]
  .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
  .concat(randomBytes(256).toString("base64url"))
  .join(".");
const credential = (status: object) => JSON.stringify({ apiVersion: "v1", kind: "ExecCredential", status });

describe("an exec plugin", () => {
  test("hands out its token, and gets what kubectl tells it", async () => {
    const script = `const {spec, apiVersion} = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
      process.stdout.write(JSON.stringify({kind: "ExecCredential", status: {token: [spec.interactive, apiVersion, process.env.OWN].join()}}))`;
    const { outcome } = await runScript(script);
    expect(outcome).toEqual({ kind: "token", token: "false,client.authentication.k8s.io/v1,value" });
  });

  test("can say something to the person, and what it says has no token", async () => {
    const script = `console.error("visit http://localhost:8000"); console.error("got ${jwt}"); process.exit(1)`;
    const { outcome, notes } = await runScript(script);
    expect(notes).toEqual(["visit http://localhost:8000", "got (a token)"]);
    expect(outcome).toEqual({ kind: "failed", why: "got (a token)" });
  });

  test.each([
    ["nothing", ""],
    ["no JSON", "token"],
    ["a credential without a token", credential({})],
    ["an empty token", credential({ token: "" })],
    ["another document", JSON.stringify({ kind: "Secret", status: { token: jwt } })],
  ])("that prints %s has no token, and what it printed is not shown", async (_what, stdout) => {
    const { outcome, notes } = await runScript(`process.stdout.write(${JSON.stringify(stdout)})`);
    expect(outcome).toEqual({ kind: "failed", why: "printed no ExecCredential with a token" });
    expect(notes).toEqual([]);
  });

  test("that prints without end is not kept", async () => {
    const { outcome } = await runScript(`process.stdout.write("x".repeat(5e6))`);
    expect(outcome.kind).toBe("failed");
  });

  test("that is not there is named, and so is a plugin that kubectl does not find", async () => {
    const plugin = pluginOf("no-such-program", []);
    expect(await runExecPlugin(plugin, tmpdir(), contextWith([]))).toEqual({
      kind: "missing",
      program: "no-such-program",
    });
    // kubectl 1.37's own words.
    const { outcome } = await runScript(
      `console.error('error: unknown command "oidc-login" for "kubectl"'); process.exit(1)`,
    );
    expect(outcome).toEqual({ kind: "missing", program: "kubectl-oidc_login" });
  });
});

test("tokens of every kind are taken out of a line, and addresses and references stay", () => {
  const random = randomBytes(30).toString("hex");
  const line = `a ${jwt} b ghu_${random} c github_pat_${random} d ${randomBytes(80).toString("base64url")} e`;
  expect(withoutTokens(line)).toBe("a (a token) b (a token) c (a token) d (a token) e");
  const harmless = `Reference: GITHUBSHA256=${"A".repeat(43)}= http://localhost:8000/?state=${"s".repeat(43)}`;
  expect(withoutTokens(harmless)).toBe(harmless);
});
