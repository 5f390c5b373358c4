// `octogate doctor`: walks the chain from here to a review's answer, and says at which link it breaks.
import { Command, InvalidArgumentError, Option } from "commander";
import type { Context } from "../context.ts";
import { examine } from "../doctor/examine.ts";
import { reportOf } from "../doctor/present.ts";
import type { DoctorOptions } from "../doctor/target.ts";
import { failed, type Report } from "../report.ts";
import type { CommandMaker } from "./command.ts";
import { caFileOption, connectOption } from "./edge-options.ts";
import { certificatesOption, configOption, examples, hostnameOption, onlyClusterOption } from "./options.ts";

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

async function doctor(options: DoctorOptions, context: Context): Promise<Report> {
  if (!options.tokenFromStdin) return reportOf(await examine(options, null, context));
  const token = (await context.terminal.readInput())?.trim() ?? "";
  if (token === "") {
    const cure = "hand it over in a file: octogate doctor --token-from-stdin < ~/.kube/github-token";
    return failed({ where: "--token-from-stdin", message: "there is no token on stdin", cure });
  }
  return reportOf(await examine(options, token, context));
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 300)) throw new InvalidArgumentError("must be a number of seconds, at most 300");
  return seconds;
}
