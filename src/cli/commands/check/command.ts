// `octogate check`: the whole configuration, before it is deployed.
import { Command, Option } from "commander";
import { CliError, type CommandMaker, type CommandResult, type Context, type Diagnostic, done } from "../../command.ts";
import { checkConfiguration } from "../../config-file/check/check.ts";
import { loadConfigFile } from "../../config-file/file.ts";
import { addOptions, configOption } from "../../options.ts";
import { askAboutApp } from "./github-app.ts";

interface CheckOptions {
  readonly config: string;
  readonly askGithub: boolean;
}

export const checkCommand: CommandMaker = (context, run) =>
  addOptions(
    new Command("check"),
    configOption(),
    new Option(
      "--ask-github",
      "also ask GitHub about the app of GITHUB_CLIENT_ID, which no secret is sent for",
    ).default(false),
  )
    .description("checks the whole configuration, and says what is wrong with it")
    .action((options: CheckOptions) => run(() => check(options, context)));

async function check({ config, askGithub }: CheckOptions, context: Context): Promise<CommandResult> {
  const loaded = await loadConfigFile(config, context);
  if (loaded.kind === "missing") throw new CliError(loaded.diagnostic);
  const diagnostics =
    loaded.kind === "invalid"
      ? [loaded.diagnostic]
      : [
          ...checkConfiguration(loaded.file, context.now()),
          ...(askGithub ? await askAboutApp(loaded.file, context) : []),
        ];
  const count = (severity: Diagnostic["severity"]) => {
    const { length } = diagnostics.filter((diagnostic) => diagnostic.severity === severity);
    return `${length} ${severity}${length === 1 ? "" : "s"}`;
  };
  const sum = diagnostics.length === 0 ? "nothing is wrong with it" : `${count("error")}, ${count("warning")}`;
  return { ...done([`${config}: ${sum}`], { file: config }, diagnostics), diagnosticsAreResult: true };
}
