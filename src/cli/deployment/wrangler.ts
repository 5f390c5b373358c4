// The clone's own wrangler, as a process: it bundles and uploads the Worker, with the settings of wrangler.toml.
import { spawn } from "node:child_process";
import { constants as fileModes, rmSync } from "node:fs";
import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { onlyInAClone } from "../cloudflare/api.ts";
import { type Context, cliError } from "../command.ts";
import type { DeploymentFile } from "../config-file/clusters.ts";

/** @throws CliError if this is no clone with its packages installed */
export async function requireWrangler({ folder }: DeploymentFile): Promise<void> {
  try {
    await access(wranglerIn(folder), fileModes.X_OK);
  } catch {
    throw onlyInAClone("wrangler");
  }
}

interface DeployOptions {
  readonly accountId: string;
  /** By name; those that are there and not named stay. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** @throws CliError with what wrangler printed, if it fails */
export async function deployWithWrangler(
  deployment: DeploymentFile,
  { env }: Context,
  { accountId, secrets }: DeployOptions,
): Promise<void> {
  await withSecretsFile(secrets, async (secretsFile) => {
    const args = [
      "deploy",
      "--config",
      basename(deployment.absolutePath),
      ...(secretsFile === null ? [] : ["--secrets-file", secretsFile]),
    ];
    const path = [join(deployment.folder, "node_modules", ".bin"), env.PATH ?? ""].join(delimiter);
    const own = { ...conflictingEnv, PATH: path, CLOUDFLARE_ACCOUNT_ID: accountId };
    const { exitCode, output } = await run(wranglerIn(deployment.folder), args, deployment.folder, { ...env, ...own });
    if (exitCode === 0) return;
    const lastLines = output.trim().split("\n").slice(-20).join("\n");
    throw cliError(
      `wrangler ${args.slice(0, 3).join(" ")}`,
      `ended with ${exitCode ?? "a signal"}\n${lastLines}`,
      "put it right, and run the command again: it goes on from where it stopped",
    );
  });
}

/**
 * Variables that wrangler would put before what it is told here. An empty one counts as not set, and keeps a .env file
 * from filling it.
 */
const conflictingEnv = {
  // A global API key goes before the token whose permissions were checked.
  CLOUDFLARE_API_KEY: "",
  CLOUDFLARE_EMAIL: "",
  CF_API_KEY: "",
  CF_EMAIL: "",
  // A named environment is another Worker, without the variables of the file's top.
  CLOUDFLARE_ENV: "",
  // Another Worker's name. An empty one would be taken for a name.
  WRANGLER_CI_OVERRIDE_NAME: undefined,
  // The log file would hold what was uploaded, with the secret.
  WRANGLER_LOG_SANITIZE: "true",
  WRANGLER_SEND_METRICS: "false",
  NO_COLOR: "1",
};

function wranglerIn(folder: string): string {
  return join(folder, "node_modules", ".bin", "wrangler");
}

/** A file and not an argument: all users of the machine can see arguments. It is gone when wrangler is done. */
async function withSecretsFile(
  secrets: Readonly<Record<string, string>>,
  work: (path: string | null) => Promise<void>,
): Promise<void> {
  if (Object.keys(secrets).length === 0) return work(null);
  const folder = await mkdtemp(join(tmpdir(), "octogate-"));
  // Ctrl-C would end this process without its `finally`.
  const removeAndEnd = (signal: NodeJS.Signals) => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of endingSignals) process.once(signal, removeAndEnd);
  try {
    const path = join(folder, "secrets.json");
    await writeFile(path, JSON.stringify(secrets), { mode: 0o600 });
    await work(path);
  } finally {
    for (const signal of endingSignals) process.off(signal, removeAndEnd);
    await rm(folder, { recursive: true, force: true });
  }
}

const endingSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ exitCode: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk: string) => {
        output += chunk;
      });
    }
    child.on("error", (error) => {
      output += error.message;
    });
    child.on("close", (exitCode) => resolve({ exitCode, output }));
  });
}
