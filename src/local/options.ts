// Command line of `npm start`. Pure: it reads no file and sends nothing.
import { Command, Option } from "commander";
import { defaultStateFolder, reservedClusterName } from "./state-folder.ts";

interface PolicyOption {
  readonly name: string;
  /** Path of a policy as JSON. */
  readonly policyFile: string;
}

export interface Options {
  readonly port: number;
  /** Of the sign-in hostname. */
  readonly signInPort: number;
  readonly stateFolder: string;
  /** Address of another GitHub API, or null for the stand-in. */
  readonly githubUrl: string | null;
  /** Empty: the one default cluster. */
  readonly clusters: readonly PolicyOption[];
  /** Web applications that sign people in. */
  readonly applications: readonly PolicyOption[];
  /** Variables and secrets that replace the edge's own or add to them. */
  readonly variables: Readonly<Record<string, string>>;
}

/** As commander hands it over. */
interface CommandLine {
  readonly port: string;
  readonly signInPort: string;
  readonly state: string;
  readonly github?: string;
  readonly cluster: readonly string[];
  readonly client: readonly string[];
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
    .option("--sign-in-port <PORT>", "port of the sign-in hostname, on localhost", "8444")
    .option("--state <FOLDER>", "keeps certificates, keys, tokens, kubeconfigs and the cache", defaultStateFolder)
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
        "--client <NAME=policy.json>",
        "a web application that signs people in: what stands under [vars.CLIENT_NAME], as JSON; may be repeated",
      ).default([], "none"),
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

function optionsOf(line: CommandLine, refuse: Refuse): Options {
  const { state, github, cluster, client, var: variables } = line;
  const port = portOf("--port", line.port, refuse);
  const signInPort = portOf("--sign-in-port", line.signInPort, refuse);
  if (port === signInPort) refuse(`--sign-in-port ${signInPort}: is --port, too; choose another one`);
  if (state === "") refuse("--state: must name a folder");
  if (github !== undefined && !URL.canParse(github)) {
    refuse(`--github ${github}: must be an address such as https://api.github.com`);
  }
  return {
    port,
    signInPort,
    stateFolder: state,
    githubUrl: github ?? null,
    clusters: policiesOf("--cluster", cluster, refuse),
    applications: policiesOf("--client", client, refuse),
    variables: variablesOf(variables, refuse),
  };
}

function portOf(option: string, text: string, refuse: Refuse): number {
  if (!/^[0-9]{1,5}$/.test(text) || Number(text) < 1 || Number(text) > 65535) {
    refuse(`${option} ${text}: must be a number from 1 to 65535`);
  }
  return Number(text);
}

function policiesOf(option: string, values: readonly string[], refuse: Refuse): PolicyOption[] {
  const policies = new Map<string, PolicyOption>();
  for (const value of values) {
    const [name, policyFile = ""] = splitAtEquals(value);
    if (policyFile === "") refuse(`${option} ${value}: must be NAME=policy.json`);
    if (!/^[a-z][a-z0-9-]*$/.test(name)) {
      refuse(`${option} ${value}: a name has lowercase letters, digits and hyphens, and begins with a letter`);
    }
    if (name === reservedClusterName) refuse(`${option} ${value}: the name ${name} is the certificate authority's`);
    if (policies.has(name)) refuse(`${option} ${value}: ${name} is named twice`);
    policies.set(name, { name, policyFile });
  }
  return [...policies.values()];
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
