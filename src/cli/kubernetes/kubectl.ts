// The operator's own kubectl, as a process: it knows every way to reach a cluster that a kubeconfig can name.
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import * as v from "valibot";
import { type Context, cliError } from "../command.ts";
import { type KubernetesRelease, parseRelease } from "./releases.ts";

export type KubectlOutcome =
  | { readonly kind: "ended"; readonly exitCode: number; readonly stdout: string; readonly stderr: string }
  /** There is no kubectl in PATH. */
  | { readonly kind: "missing" };

/** Far more than a version or a user has: kubectl prints what a server sends. */
const maxOutputBytes = 1024 * 1024;

/**
 * @param kubeconfig as the operator gave it
 * @param args of kubectl, behind the kubeconfig
 */
export function runKubectl(kubeconfig: string, args: readonly string[], context: Context): Promise<KubectlOutcome> {
  const all = [`--kubeconfig=${resolve(context.folder, kubeconfig)}`, ...args];
  const options = { cwd: context.folder, env: { ...context.env }, maxBuffer: maxOutputBytes };
  return new Promise((settle) => {
    execFile("kubectl", all, options, (error, stdout, stderr) => {
      if (error?.code === "ENOENT") return settle({ kind: "missing" });
      // A number is the exit code; everything else ended kubectl before it had one.
      const exitCode = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      settle({ kind: "ended", exitCode, stdout, stderr: stderr === "" ? (error?.message ?? "") : stderr });
    });
  });
}

/** What `kubectl version -o json` prints; without an answer from the cluster there is no serverVersion. */
const versionSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    clientVersion: v.object({ gitVersion: v.string() }),
    serverVersion: v.optional(v.object({ gitVersion: v.string() })),
  }),
);

export interface KubernetesReleases {
  readonly kubectl: KubernetesRelease;
  readonly server: KubernetesRelease;
}

/** @throws CliError if there is no kubectl, or no answer from the cluster */
export async function askReleases(kubeconfig: string, context: Context): Promise<KubernetesReleases> {
  const outcome = await runKubectl(kubeconfig, ["version", "-o", "json", "--request-timeout=10s"], context);
  if (outcome.kind === "missing") throw cliError("kubectl", "is not installed, or not in PATH");
  const parsed = v.safeParse(versionSchema, outcome.stdout);
  const client = parsed.success ? parseRelease(parsed.output.clientVersion.gitVersion) : null;
  const server = parsed.success ? parseRelease(parsed.output.serverVersion?.gitVersion ?? "") : null;
  if (client === null || server === null) {
    const said = outcome.stderr.trim().split("\n").at(-1) ?? "";
    throw cliError(kubeconfig, `kubectl could not ask this cluster for its version${said === "" ? "" : `\n${said}`}`);
  }
  return { kubectl: client, server };
}
