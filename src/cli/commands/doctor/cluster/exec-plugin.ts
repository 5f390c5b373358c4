// A kubeconfig's exec entry, run as kubectl runs it. What it prints on stdout is a credential, and is shown nowhere.
import { spawn } from "node:child_process";
import { isAbsolute, resolve } from "node:path";
import * as v from "valibot";
import { hasCode } from "../../../../node/files.ts";
import type { Context } from "../../../command.ts";
import type { ExecPlugin } from "./person.ts";

export type ExecOutcome =
  | { readonly kind: "token"; readonly token: string }
  /** A program that is not installed. */
  | { readonly kind: "missing"; readonly program: string }
  /** The last line that it printed for people. */
  | { readonly kind: "failed"; readonly why: string };

const credentialSchema = v.looseObject({
  kind: v.literal("ExecCredential"),
  status: v.looseObject({ token: v.pipe(v.string(), v.nonEmpty()) }),
});

/** kubelogin waits three minutes for a person in the browser. */
const maxWaitMs = 200_000;
const maxOutputBytes = 1024 * 1024;

/**
 * Runs the plugin without a terminal; what it says to the person goes on to the terminal, without tokens.
 *
 * @param folder of the kubeconfig, from which a command with a path counts
 */
export function runExecPlugin(plugin: ExecPlugin, folder: string, context: Context): Promise<ExecOutcome> {
  const { command, args, apiVersion } = plugin;
  const isPath = /[/\\]/.test(command) && !isAbsolute(command);
  const info = { apiVersion, kind: "ExecCredential", spec: { interactive: false } };
  const own = Object.fromEntries(plugin.env.map(({ name, value }) => [name, value]));
  return new Promise((settle) => {
    const child = spawn(isPath ? resolve(folder, command) : command, args, {
      env: { ...context.env, ...own, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: maxWaitMs,
    });
    let stdout = "";
    let unfinished = "";
    let last = "";
    const say = (line: string) => {
      const shown = withoutTokens(line).trim();
      if (shown === "") return;
      last = shown;
      context.terminal.note(shown);
    };
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      if (stdout.length < maxOutputBytes) stdout += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (unfinished + chunk).split("\n");
      unfinished = (lines.pop() ?? "").slice(-maxOutputBytes);
      for (const line of lines) say(line);
    });
    child.on("error", (error) => {
      settle(
        hasCode(error, "ENOENT")
          ? { kind: "missing", program: command }
          : { kind: "failed", why: `${command} cannot be run` },
      );
    });
    child.on("close", (exitCode, signal) => {
      say(unfinished);
      if (exitCode === 0) return settle(tokenIn(stdout));
      // kubectl, about a plugin that is not in PATH.
      const [, missing] = /unknown command "([\w-]+)" for "kubectl"/.exec(last) ?? [];
      if (missing !== undefined) return settle({ kind: "missing", program: `kubectl-${missing.replaceAll("-", "_")}` });
      const end = signal === null ? `ended with ${exitCode}` : `was ended after ${maxWaitMs / 1000} s`;
      settle({ kind: "failed", why: last === "" ? `${command} ${end}` : last });
    });
  });
}

function tokenIn(stdout: string): ExecOutcome {
  try {
    const parsed = v.safeParse(credentialSchema, JSON.parse(stdout));
    if (parsed.success) return { kind: "token", token: parsed.output.status.token };
  } catch {
    // No JSON: the same answer.
  }
  return { kind: "failed", why: "printed no ExecCredential with a token" };
}

/** JWTs, GitHub's tokens, and whatever is as long as what this project seals. */
const secretLike = /\beyJ[\w-]*\.[\w-]+(?:\.[\w-]*)?|\b(?:gh[a-z]_|github_pat_)\w+|[\w-]{80,}/g;

/** @returns a line that another program printed, as it may be shown */
export function withoutTokens(line: string): string {
  return line.replace(secretLike, "(a token)");
}
