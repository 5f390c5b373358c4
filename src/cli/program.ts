// The command line: which commands there are, and what follows from a report. Usage errors end with 2, failures with 1.
import { Command, CommanderError, Help, type Option } from "commander";
import { version } from "../worker/version.ts";
import { certificateCommand } from "./commands/certificate.ts";
import { checkCommand } from "./commands/check.ts";
import type { CommandMaker, Run } from "./commands/command.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { explainCommand } from "./commands/explain.ts";
import { kubeconfigCommand } from "./commands/kubeconfig.ts";
import { manifestsCommand } from "./commands/manifests.ts";
import { pinCommand } from "./commands/pin.ts";
import { setupCommand } from "./commands/setup.ts";
import { teardownCommand } from "./commands/teardown.ts";
import type { Context } from "./context.ts";
import { failed, type Report } from "./report.ts";
import type { Terminal } from "./terminal/terminal.ts";
import { troubleLines } from "./terminal/trouble-lines.ts";

/** In the order in which an operator meets them. */
const commands: Readonly<Record<string, readonly CommandMaker[]>> = {
  "From a clone to a cluster that asks:": [setupCommand, manifestsCommand, kubeconfigCommand],
  "Who gets in:": [checkCommand, pinCommand, explainCommand],
  "Afterwards:": [doctorCommand, certificateCommand, teardownCommand],
};

const outro = `
octogate COMMAND --help shows a command's options, and examples. In a clone, type npx octogate.
The documentation begins with README.md.`;

/**
 * @param argv without the names of node and of the script
 * @returns the exit code
 */
export async function runProgram(argv: readonly string[], context: Context): Promise<number> {
  let exitCode = 0;
  const { terminal } = context;
  const isForMachines = argv.includes("--json");

  const program = new Command("octogate")
    .description("Signs people in to Kubernetes with GitHub, from Cloudflare's edge.")
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
    })
    .configureHelp({ optionDescription })
    .commandsGroup("Help:")
    .helpCommand(true)
    .addHelpText("after", outro)
    .showHelpAfterError("(--help shows what there is)");

  const run: Run = async (work) => {
    exitCode = present(await reportExceptions(work, terminal), isForMachines, context);
  };
  for (const [heading, makers] of Object.entries(commands)) {
    for (const make of makers) {
      const command = make(context, run).helpGroup(heading);
      adopt(program, command);
      program.addCommand(command);
    }
  }

  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // commander's own code is 1 for usage errors, and 0 where help or the version was asked for.
    return error.exitCode === 0 ? 0 : 2;
  }
}

function optionDescription(option: Option): string {
  // That what nobody asked for is not done goes without saying.
  const text = new Help().optionDescription(option).replace(/ \(default: false\)$/, "");
  return option.mandatory ? `${text} (required)` : text;
}

/** commander hands settings down to commands that it makes itself; these were made before. */
function adopt(parent: Command, command: Command): void {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) adopt(command, child);
  if (command.commands.length === 0) command.option("--json", "print the result as one JSON document");
}

/**
 * What nobody expected is a failure like any other: it must not cost machines their document. A file that cannot be read or written is the operator's to mend; for the rest
 * the stack says where to look.
 */
async function reportExceptions(work: () => Promise<Report>, { note }: Terminal): Promise<Report> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if ("syscall" in error && "path" in error && "code" in error) {
      return failed({ where: String(error.path), message: `${error.syscall} failed: ${error.code}` });
    }
    note(error.stack ?? error.message);
    return failed({ where: "octogate", message: error.message, cure: "this is a mistake of octogate's: report it" });
  }
}

function present(report: Report, isForMachines: boolean, { terminal }: Context): number {
  const { ok, lines, troubles, warnings, json } = report;
  if (isForMachines) {
    terminal.print(JSON.stringify({ ok, ...json, troubles, warnings }, null, 2));
    return ok ? 0 : 1;
  }
  for (const line of lines) terminal.print(line);
  for (const trouble of troubles) troubleLines("error", trouble, terminal.style).forEach(terminal.note);
  for (const warning of warnings ?? []) troubleLines("warning", warning, terminal.style).forEach(terminal.note);
  return ok ? 0 : 1;
}
