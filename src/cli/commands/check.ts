// `octogate check`: the whole configuration, before it is deployed.
import { Command } from "commander";
import { CliError, type CommandMaker, type CommandResult, type Context, type Diagnostic, done } from "../command.ts";
import { checkConfiguration } from "../config-file/check/check.ts";
import { loadConfigFile } from "../config-file/file.ts";
import { configOption } from "../options.ts";

interface CheckOptions {
  readonly config: string;
}

export const checkCommand: CommandMaker = (context, run) =>
  new Command("check")
    .description("checks the whole configuration, and says what is wrong with it")
    .addOption(configOption())
    .action((options: CheckOptions) => run(() => check(options, context)));

async function check({ config }: CheckOptions, context: Context): Promise<CommandResult> {
  const loaded = await loadConfigFile(config, context);
  if (loaded.kind === "missing") throw new CliError(loaded.diagnostic);
  const diagnostics = loaded.kind === "invalid" ? [loaded.diagnostic] : checkConfiguration(loaded.file, context.now());
  const count = (severity: Diagnostic["severity"]) => {
    const { length } = diagnostics.filter((diagnostic) => diagnostic.severity === severity);
    return `${length} ${severity}${length === 1 ? "" : "s"}`;
  };
  const sum = diagnostics.length === 0 ? "nothing is wrong with it" : `${count("error")}, ${count("warning")}`;
  return { ...done([`${config}: ${sum}`], { file: config }, diagnostics), diagnosticsAreResult: true };
}
