// `octogate doctor`: checks the chain from here to a review's answer, and says where it breaks.
import { Command, InvalidArgumentError, Option } from "commander";
import { columns } from "../../../node/columns.ts";
import type { CommandMaker, Context } from "../../context.ts";
import { type CommandResult, cliError, done, error, warning } from "../../diagnostics.ts";
import {
  caFileOption,
  certificatesOption,
  configOption,
  connectOption,
  examples,
  hostnameOption,
  onlyClusterOption,
} from "../../options.ts";
import { type Check, checkTitles } from "./check.ts";
import { type Examination, examine } from "./examine.ts";
import type { DoctorOptions } from "./target.ts";

export const doctorCommand: CommandMaker = (context, run) =>
  new Command("doctor")
    .description(
      "tries everything between here and an answer (DNS, TLS, firewall, certificate, Worker, GitHub), and says what is broken",
    )
    .addOption(configOption())
    .addOption(onlyClusterOption())
    .addOption(hostnameOption())
    .addOption(certificatesOption())
    .addOption(caFileOption())
    .addOption(connectOption())
    .addOption(new Option("--timeout <seconds>", "how long to wait at each step").argParser(parseSeconds).default(10))
    .option("--token-from-stdin", "have the token on stdin reviewed, too", false)
    .addHelpText(
      "after",
      examples(
        "doctor --cluster production",
        "doctor --cluster production --token-from-stdin < ~/.kube/github-token",
        "doctor --hostname auth.example.com --certificates /etc/kubernetes/octogate   # on a control plane node",
      ),
    )
    .action((options: DoctorOptions) => run(() => doctor(options, context)));

async function doctor(options: DoctorOptions, context: Context): Promise<CommandResult> {
  if (!options.tokenFromStdin) return resultOf(await examine(options, null, context));
  const token = (await context.terminal.readInput())?.trim() ?? "";
  if (token === "") {
    const hint = "hand it over in a file: octogate doctor --token-from-stdin < ~/.kube/github-token";
    throw cliError("--token-from-stdin", "there is no token on stdin", hint);
  }
  return resultOf(await examine(options, token, context));
}

const marks: Readonly<Record<Check["state"], string>> = { ok: "✓", warning: "!", broken: "✗", skipped: "–" };

function resultOf({ hostname, checks }: Examination): CommandResult {
  const diagnostics = checks.flatMap(({ name, state, seen, hint }) => {
    if (state === "broken") return [error(checkTitles[name], seen, hint)];
    return state === "warning" ? [warning(checkTitles[name], seen, hint)] : [];
  });
  const rows = checks.map(({ name, state, seen }) => [`${marks[state]} ${checkTitles[name]}`, seen]);
  return done(columns(rows, ""), { hostname, checks }, diagnostics);
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 300)) throw new InvalidArgumentError("must be a number of seconds, at most 300");
  return seconds;
}
