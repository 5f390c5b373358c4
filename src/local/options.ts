// Command line of `npm start`. Pure: it reads no file and sends nothing.
import { Command, Option } from "commander";
import { reservedClusterName } from "./state-folder.ts";

interface ClusterOption {
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
  /** Variables and secrets that replace the edge's own or add to them. */
  readonly variables: Readonly<Record<string, string>>;
}

/** As commander hands it over. */
interface CommandLine {
  readonly port: string;
  readonly state: string;
  readonly github?: string;
  readonly cluster: readonly string[];
  readonly var: readonly string[];
}

/** Ends the command with a usage error. */
type Refuse = (message: string) => never;

/** @param run what the command does */
export function createStartCommand(run: (options: Options) => Promise<void>): Command {
  const command = new Command("npm start --");
  // Values are checked here, not by commander's parsers: their messages repeat the value, which can be a secret.
  const refuse: Refuse = (message) => command.error(`octogate: ${message}`);
  return command
    .description(
      "Runs Octogate on this machine: the Worker, a TLS server in front of it that asks for client certificates " +
        "as Cloudflare does, and a stand-in for GitHub with sample users.",
    )
    .usage("[options]")
    .helpOption("--help", "show this text")
    .option("--port <PORT>", "port of the TLS server, on 127.0.0.1", "8443")
    .option("--state <FOLDER>", "keeps certificates, keys, tokens, kubeconfigs and the cache", ".octogate")
    .option("--github <URL>", "another GitHub API instead of the stand-in, such as https://api.github.com")
    .addOption(
      repeatable(
        "--cluster <NAME=policy.json>",
        "a cluster and its policy: what stands under [vars.CLUSTER_NAME] in wrangler.toml, as JSON, without the " +
          "client certificate, which is filled in; may be repeated",
      ).default([], 'one cluster, "local"'),
    )
    .addOption(
      repeatable(
        "--var <NAME=VALUE>",
        "a variable or secret of the Worker, such as CACHE_TTL_SECONDS=30; may be repeated",
      ).default([], "none"),
    )
    .addHelpText("after", "\nExits with 2 after a usage error and with 1 after any other failure.")
    .allowExcessArguments()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, "octogate: ").replace("\n(", " (")),
    })
    .showHelpAfterError("Try: npm start -- --help")
    .action((line: CommandLine) => {
      const [unexpected] = command.args;
      if (unexpected !== undefined) refuse(`unexpected argument '${unexpected}'`);
      return run(optionsOf(line, refuse));
    });
}

function repeatable(flags: string, help: string): Option {
  return new Option(flags, help).argParser((value: string, values: readonly string[]) => [...values, value]);
}

function optionsOf({ port, state, github, cluster, var: variables }: CommandLine, refuse: Refuse): Options {
  if (!/^[0-9]{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65535) {
    refuse(`--port ${port}: must be a number from 1 to 65535`);
  }
  if (state === "") refuse("--state: must name a folder");
  if (github !== undefined && !URL.canParse(github)) {
    refuse(`--github ${github}: must be an address such as https://api.github.com`);
  }
  return {
    port: Number(port),
    stateFolder: state,
    githubUrl: github ?? null,
    clusters: clustersOf(cluster, refuse),
    variables: variablesOf(variables, refuse),
  };
}

function clustersOf(values: readonly string[], refuse: Refuse): ClusterOption[] {
  const clusters = new Map<string, ClusterOption>();
  for (const value of values) {
    const [name, policyFile = ""] = splitAtEquals(value);
    if (policyFile === "") refuse(`--cluster ${value}: must be NAME=policy.json`);
    if (!/^[a-z][a-z0-9-]*$/.test(name)) {
      refuse(`--cluster ${value}: a name has lowercase letters, digits and hyphens, and begins with a letter`);
    }
    if (name === reservedClusterName) refuse(`--cluster ${value}: the name ${name} is the certificate authority's`);
    if (clusters.has(name)) refuse(`--cluster ${value}: ${name} is named twice`);
    clusters.set(name, { name, policyFile });
  }
  return [...clusters.values()];
}

function variablesOf(values: readonly string[], refuse: Refuse): Record<string, string> {
  const variables = new Map<string, string>();
  for (const value of values) {
    const [name, text] = splitAtEquals(value);
    if (text === undefined) return refuse("--var: must be NAME=VALUE");
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      refuse("--var: the name before = must consist of letters, digits and _");
    }
    if (variables.has(name)) refuse(`--var ${name}: is set twice`);
    variables.set(name, text);
  }
  return Object.fromEntries(variables);
}

function splitAtEquals(text: string): [string, string | undefined] {
  const at = text.indexOf("=");
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
