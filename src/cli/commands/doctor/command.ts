// `octogate doctor`: checks the chain from here to a review's answer, or from a person's side to a cluster, and says
// where it breaks. It reads, sends requests, and then checks one thing after the other.
import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { writePrivately } from "../../../node/files.ts";
import { version } from "../../../worker/version.ts";
import { type CommandMaker, type CommandResult, type Context, cliError } from "../../command.ts";
import {
  caFileOption,
  certificatesOption,
  configOption,
  connectOption,
  examples,
  hostnameOption,
  onlyClusterOption,
  readToken,
  signInHostnameOption,
} from "../../options.ts";
import { examineCluster } from "./cluster/examine.ts";
import { type Examination, examine } from "./examine.ts";
import { observeGitHub } from "./github-observations.ts";
import { resultOf } from "./present.ts";
import type { DoctorOptions } from "./target.ts";

export const doctorCommand: CommandMaker = (context, run) =>
  new Command("doctor")
    .description(
      "tries everything between here and an answer (DNS, TLS, firewall, certificate, Worker, GitHub, signing in), and says what is broken",
    )
    .addOption(configOption())
    .addOption(onlyClusterOption())
    .addOption(hostnameOption())
    .addOption(signInHostnameOption())
    .addOption(certificatesOption())
    .addOption(caFileOption())
    .addOption(connectOption())
    .addOption(new Option("--timeout <seconds>", "how long to wait at each step").argParser(parseSeconds).default(10))
    .addOption(
      new Option(
        "--kubeconfig <file>",
        "a person's: looks from there, at signing in, the token, and the names that the cluster gives (needs --cluster)",
      ).conflicts(notForPeople),
    )
    .addOption(new Option("--context <name>", "of that kubeconfig (default: the current one)"))
    .option("--token-from-stdin", "have the token on stdin reviewed, too", false)
    .option(
      "--report <file>",
      "write what was seen into a file to send with a question: no token, key or account is in it. With GITHUB_TOKEN, also how api.github.com answers",
    )
    .addHelpText(
      "after",
      examples(
        "doctor --cluster production",
        "doctor --cluster production --token-from-stdin < ~/.kube/github-token",
        "doctor --cluster production --report seen.json",
        "doctor --cluster production --kubeconfig ~/.kube/config --context production   # as a person",
        "doctor --hostname auth.acme.dev --certificates /etc/kubernetes/octogate   # on a control plane node",
      ),
    )
    .action((options: DoctorOptions, command: Command) => {
      if (options.kubeconfig === undefined && options.context !== undefined)
        command.error("error: --context needs --kubeconfig");
      if (options.kubeconfig !== undefined && options.cluster === undefined)
        command.error("error: --kubeconfig needs --cluster");
      return run(() => doctor(options, context));
    });

/** What a person's kubeconfig says, or has no use for. */
const notForPeople = ["hostname", "signInHostname", "certificates", "caFile", "connect", "tokenFromStdin", "report"];

async function doctor(options: DoctorOptions, context: Context): Promise<CommandResult> {
  const { cluster, kubeconfig } = options;
  if (cluster !== undefined && kubeconfig !== undefined) {
    return examineCluster({ ...options, cluster, kubeconfig }, context);
  }
  const examination = await examineAsAsked(options, context);
  const result = resultOf(examination.checks, { hostname: examination.hostname });
  if (options.report === undefined) return result;
  await writeReport(options.report, examination, context);
  return { ...result, lines: [...result.lines, `${options.report} is written: read it before you send it.`] };
}

/** Whose token was reviewed is in no report. */
async function writeReport(path: string, { hostname, checks }: Examination, context: Context): Promise<void> {
  const { env, fetch: send, folder, now } = context;
  const token = env.GITHUB_TOKEN?.trim();
  const report = {
    octogate: version,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    at: new Date(now()).toISOString(),
    hostname,
    checks: checks.map((check) => (check.name === "token" ? { name: check.name, state: check.state } : check)),
    github: token ? await observeGitHub(token, send) : "not asked: GITHUB_TOKEN is not set",
  };
  await writePrivately(resolve(folder, path), `${JSON.stringify(report, null, 2)}\n`);
}

async function examineAsAsked(options: DoctorOptions, context: Context): Promise<Examination> {
  if (!options.tokenFromStdin) return examine(options, null, context);
  const token = readToken("stdin", (await context.terminal.readInput()) ?? "");
  if (token === null) {
    const hint = "hand it over in a file: octogate doctor --token-from-stdin < ~/.kube/github-token";
    throw cliError("--token-from-stdin", "there is no token on stdin", hint);
  }
  return examine(options, token, context);
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 300)) throw new InvalidArgumentError("must be a number of seconds, at most 300");
  return seconds;
}
