// The command line: its commands, and what follows from a result. Usage errors end with 2, failures with 1.
import { Command, CommanderError, Help, type Option } from "commander";
import { proxyAddressHint, wrongProxyVariables } from "../node/proxy.ts";
import { version } from "../worker/version.ts";
import {
  CliError,
  type CommandMaker,
  type CommandResult,
  type Context,
  type Diagnostic,
  diagnosticLines,
  error,
  type Run,
  resultDiagnosticLines,
} from "./command.ts";
import { breakLine } from "./line-breaks.ts";
import { nearestTo } from "./nearest.ts";
import { Interruption, type Terminal } from "./terminal.ts";

/**
 * In the order in which an operator meets them. A command is loaded when it is asked for: all of them together are
 * hundreds of files, and take longer than most commands.
 */
const commands: Readonly<Record<string, Readonly<Record<string, () => Promise<CommandMaker>>>>> = {
  "From a clone to a cluster that asks:": {
    setup: async () => (await import("./commands/setup/command.ts")).setupCommand,
    manifests: async () => (await import("./commands/manifests/command.ts")).manifestsCommand,
    kubeconfig: async () => (await import("./commands/kubeconfig/command.ts")).kubeconfigCommand,
  },
  "Who gets in:": {
    check: async () => (await import("./commands/check/command.ts")).checkCommand,
    pin: async () => (await import("./commands/pin/command.ts")).pinCommand,
    explain: async () => (await import("./commands/explain/command.ts")).explainCommand,
    report: async () => (await import("./commands/report/command.ts")).reportCommand,
  },
  "Afterwards:": {
    doctor: async () => (await import("./commands/doctor/command.ts")).doctorCommand,
    certificate: async () => (await import("./commands/certificate/command.ts")).certificateCommand,
    "signing-key": async () => (await import("./commands/signing-key/command.ts")).signingKeyCommand,
    "cache-secret": async () => (await import("./commands/cache-secret.ts")).cacheSecretCommand,
    teardown: async () => (await import("./commands/teardown/command.ts")).teardownCommand,
  },
  "Help:": {
    completion: async () => (await import("./commands/completion.ts")).completionCommand,
  },
};

/** These show or know all the others. */
const aboutAll = ["completion", "help"];

const tokenLike = /\b(?:gh[a-z]_|github_pat_)\w+/g;

const outro = `
octogate COMMAND --help shows a command's options, and examples. In a clone, type npx octogate.
The documentation begins with README.md.`;

/** @param argv without the names of node and of the script @returns the exit code */
export async function runProgram(argv: readonly string[], context: Context): Promise<number> {
  let exitCode = 0;
  const { terminal } = context;
  const isForMachines = argv.includes("--json");

  const program = new Command("octogate")
    .description("Signs people in to Kubernetes with GitHub, from Cloudflare's edge.")
    .version(version, "-v, --version")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => wrapped(text.trimEnd()).split("\n").forEach(terminal.print),
      getOutHelpWidth: () => helpColumns,
      getErrHelpWidth: () => helpColumns,
      // commander repeats wrong arguments, and one of them can be a token that was typed into the wrong place.
      writeErr: (text) => text.trimEnd().replace(tokenLike, "(a token)").split("\n").forEach(terminal.note),
    })
    .configureHelp({ optionDescription })
    .commandsGroup("Help:")
    .helpCommand(true)
    .addHelpText("after", outro)
    .showHelpAfterError("(--help shows what there is)");

  const run: Run = async (work) => {
    const result = await resultOf(async () => {
      refuseWrongProxy(context.env);
      return work();
    }, terminal);
    exitCode = present(result, isForMachines, context);
  };
  const rows = Object.entries(commands).flatMap(([heading, group]) =>
    Object.entries(group).map(([name, load]) => ({ heading, name, load })),
  );
  const named = rows.filter(({ name }) => name === argv[0] && !aboutAll.includes(name));
  for (const { heading, load } of named.length > 0 ? named : rows) {
    const command = (await load())(context, run).helpGroup(heading);
    adopt(program, command);
    program.addCommand(command);
  }

  try {
    refuseMisspelled(program, argv);
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    // What a shell reports of a program that Ctrl-C ended.
    if (error instanceof Interruption) return 130;
    if (!(error instanceof CommanderError)) throw error;
    // commander's own code is 1 for usage errors, and 0 where help or the version was asked for.
    return error.exitCode === 0 ? 0 : 2;
  }
}

/**
 * commander looks at these later: behind the options that are required, and not at all where help is asked for.
 *
 * @throws CommanderError where there is no such command or option, or an option comes before its command
 */
function refuseMisspelled(program: Command, argv: readonly string[]): void {
  const [first = ""] = argv;
  const named = argv.find((argument) => program.commands.some((child) => child.name() === argument));
  if (/^--?[a-z]/.test(first) && !/^(-v|--version|-h|--help)$/.test(first) && named !== undefined) {
    program.error(`error: options stand behind the command: octogate ${named} ${first}`);
  }
  let command = program;
  for (const argument of argv) {
    if (argument.startsWith("-") || command.commands.length === 0 || argument === "help") break;
    const next = command.commands.find((child) => child.name() === argument);
    const names = command.commands.map((child) => child.name());
    if (next === undefined)
      command.error(`error: unknown command '${argument}'${didYouMean(nearestTo(argument, names))}`);
    command = next ?? command;
  }
  const flags = new Set([...command.options.map(({ long }) => long ?? ""), "--help"]);
  for (const argument of argv) {
    const [, flag] = /^(--[a-z][a-z-]*)(?:=|$)/.exec(argument) ?? [];
    if (flag === undefined || flags.has(flag)) continue;
    command.error(`error: unknown option '${flag}'${didYouMean(nearestTo(flag, flags))}`);
  }
}

/** Before any work: wrangler reads these variables, too. @throws CliError where one of them holds no proxy's address */
function refuseWrongProxy(env: Context["env"]): void {
  const wrong = wrongProxyVariables(env).map((name) => error(name, "is no address of a proxy", proxyAddressHint));
  if (wrong.length > 0) throw new CliError(...wrong);
}

const didYouMean = (word: string | null) => (word === null ? "" : `\n(Did you mean ${word}?)`);

const helpColumns = 80;

/** Breaks long lines at words. An example goes on behind a backslash, so that a shell still takes it as one command. */
function wrapped(text: string): string {
  return text
    .split("\n")
    .flatMap((line) => {
      const indent = /^ */.exec(line)?.[0] ?? "";
      const isCommand = line.startsWith("  octogate ") && !line.includes("   ");
      return breakLine(line, {
        columns: helpColumns,
        ...(isCommand ? { indent: `${indent}    `, end: " \\" } : { indent }),
      });
    })
    .join("\n");
}

function optionDescription(option: Option): string {
  // A switch that is not given is off: that goes without saying.
  const text = new Help().optionDescription(option).replace(/ \(default: false\)$/, "");
  return option.mandatory ? `${text} (required)` : text;
}

/** commander hands settings down to commands that it makes itself; these were made before. */
function adopt(parent: Command, command: Command): void {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) adopt(command, child);
  if (command.commands.length === 0) command.option("--json", "print the result as one JSON document");
}

/** Every exception becomes a result: machines get their JSON document after a failure, too. */
async function resultOf(work: () => Promise<CommandResult>, terminal: Terminal): Promise<CommandResult> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof Error) || thrown instanceof Interruption) throw thrown;
    return { ok: false, lines: [], diagnostics: diagnosticsOf(thrown, terminal), json: {} };
  }
}

function diagnosticsOf(thrown: Error, { note }: Terminal): readonly Diagnostic[] {
  if (thrown instanceof CliError) return thrown.diagnostics;
  // A file that cannot be read or written: the operator can repair that.
  if ("syscall" in thrown && "path" in thrown && "code" in thrown) {
    return [error(String(thrown.path), `${thrown.syscall} failed: ${thrown.code}`)];
  }
  // A mistake in the code: the stack says where to look.
  for (const line of (thrown.stack ?? thrown.message).split("\n")) note(line);
  return [error("octogate", thrown.message, "this is a mistake in octogate: report it")];
}

function present(result: CommandResult, isForMachines: boolean, { terminal }: Context): number {
  const { ok, lines, diagnostics, diagnosticsAreResult = false, json } = result;
  if (isForMachines) {
    for (const line of JSON.stringify({ ok, ...json, diagnostics }, null, 2).split("\n")) terminal.print(line);
    return ok ? 0 : 1;
  }
  if (diagnosticsAreResult) {
    for (const line of resultDiagnosticLines(diagnostics, terminal.printStyle)) terminal.print(line);
  }
  for (const line of lines) terminal.print(line);
  if (!diagnosticsAreResult) {
    for (const line of diagnosticLines(diagnostics, terminal.style)) terminal.note(line);
  }
  return ok ? 0 : 1;
}
