// The command line of `npm start` → options, or what is wrong with it. Pure: reads no file and asks nobody.
import { parseArgs } from "node:util";
import { reservedClusterName } from "./state-folder.ts";

export interface ClusterOption {
  readonly name: string;
  /** Path of a policy as JSON. */
  readonly policyFile: string;
}

export interface Options {
  readonly port: number;
  readonly stateFolder: string;
  /** Address of another GitHub API, or null for the stand-in. */
  readonly githubUrl: string | null;
  /** Empty: the one default cluster. */
  readonly clusters: readonly ClusterOption[];
  /** Variables and secrets that replace or add to the edge's own. */
  readonly variables: Readonly<Record<string, string>>;
}

export type ParsedOptions =
  | { readonly kind: "start"; readonly options: Options }
  | { readonly kind: "help" }
  | { readonly kind: "usage-error"; readonly message: string };

export const help = `Runs Octogate on this machine: the Worker, a TLS server in front of it that asks for client certificates
as Cloudflare does, and a stand-in for GitHub with a cast of people and tokens.

Usage: npm start -- [options]

  --port PORT                 where the TLS server listens, on 127.0.0.1 (default 8443)
  --state FOLDER              certificates, keys, kubeconfigs and remembered facts (default .octogate)
  --github URL                another GitHub API in place of the stand-in, such as https://api.github.com
  --cluster NAME=policy.json  a cluster and its policy: what stands under [vars.CLUSTER_NAME] in wrangler.toml,
                              as JSON; the client certificate is filled in. May be repeated (default: one
                              cluster, "local"). Names match [a-z][a-z0-9-]*
  --var NAME=VALUE            a variable or secret of the Worker, such as CACHE_TTL_SECONDS=30. May be repeated
  --help                      this text

Exits with 2 after a usage error and with 1 after any other failure.`;

const clusterNamePattern = /^[a-z][a-z0-9-]*$/;
const variableNamePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** @param argv without the names of node and of the script */
export function parseOptions(argv: readonly string[]): ParsedOptions {
  const parsed = parseCommandLine(argv);
  if (typeof parsed === "string") return usageError(parsed);
  if (parsed.help) return { kind: "help" };

  const port = parsePort(parsed.port);
  if (port === null) return usageError(`--port ${parsed.port}: must be a number from 1 to 65535`);
  if (parsed.state === "") return usageError("--state: must name a folder");
  const githubUrl = parsed.github ?? null;
  if (githubUrl !== null && !URL.canParse(githubUrl)) {
    return usageError(`--github ${githubUrl}: must be an address such as https://api.github.com`);
  }
  const clusters = parseClusters(parsed.cluster);
  if (typeof clusters === "string") return usageError(clusters);
  const variables = parseVariables(parsed.var);
  if (typeof variables === "string") return usageError(variables);
  return { kind: "start", options: { port, stateFolder: parsed.state, githubUrl, clusters, variables } };
}

function usageError(message: string): ParsedOptions {
  return { kind: "usage-error", message };
}

function parseCommandLine(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: false,
      options: {
        port: { type: "string", default: "8443" },
        state: { type: "string", default: ".octogate" },
        github: { type: "string" },
        cluster: { type: "string", multiple: true, default: [] },
        var: { type: "string", multiple: true, default: [] },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return usageProblem(error);
  }
}

/** @param error as Node's parseArgs throws it @returns what is wrong with the command line */
export function usageProblem(error: unknown): string {
  // The first sentence names the option; what follows is advice for other programs.
  return error instanceof Error ? (error.message.split(". ")[0] ?? error.message) : String(error);
}

function parsePort(text: string): number | null {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : null;
}

function parseClusters(values: readonly string[]): ClusterOption[] | string {
  const clusters = new Map<string, ClusterOption>();
  for (const value of values) {
    const [name, policyFile] = splitAtEquals(value);
    if (policyFile === undefined || policyFile === "") return `--cluster ${value}: must be NAME=policy.json`;
    if (!clusterNamePattern.test(name)) return `--cluster ${value}: the name must match [a-z][a-z0-9-]*`;
    if (name === reservedClusterName) return `--cluster ${value}: the name ${name} is the certificate authority's`;
    if (clusters.has(name)) return `--cluster ${value}: ${name} is named twice`;
    clusters.set(name, { name, policyFile });
  }
  return [...clusters.values()];
}

function parseVariables(values: readonly string[]): Record<string, string> | string {
  const variables = new Map<string, string>();
  for (const value of values) {
    const [name, text] = splitAtEquals(value);
    // The value stays out of every message: it may be a secret.
    if (text === undefined) return "--var: must be NAME=VALUE";
    if (!variableNamePattern.test(name)) return "--var: the name before = must consist of letters, digits and _";
    if (variables.has(name)) return `--var ${name}: is set twice`;
    variables.set(name, text);
  }
  return Object.fromEntries(variables);
}

function splitAtEquals(text: string): [string, string | undefined] {
  const at = text.indexOf("=");
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
