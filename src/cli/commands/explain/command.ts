// `octogate explain`: a token's way through the Worker's own code, step by step.
import { Command, Option } from "commander";
import { clusterVariableName } from "../../../worker/config/config.ts";
import { type CommandMaker, type CommandResult, type Context, cliError, warning } from "../../command.ts";
import { openConfigFile } from "../../config-file/file.ts";
import { clusterOption, configOption, examples, readToken } from "../../options.ts";
import { explain } from "./explain.ts";
import { presentExplanation } from "./present.ts";
import { readExplainSettings, secretNames } from "./settings.ts";

interface ExplainOptions {
  readonly cluster: string;
  readonly config: string;
  readonly github?: string;
}

export const explainCommand: CommandMaker = (context, run) =>
  new Command("explain")
    .description("shows which user a GitHub token would be in a cluster, and why; reads it from stdin, or asks for it")
    .addOption(clusterOption())
    .addOption(configOption())
    .addOption(
      new Option(
        "--github <url>",
        "another GitHub API than the configuration's, or the same, if it is not api.github.com",
      ),
    )
    .addHelpText("after", examples("explain --cluster production < ~/.kube/github-token"))
    .addHelpText(
      "after",
      `\nThe token is never an argument, and never printed. ${secretNames.join(" and ")} are read from the environment.`,
    )
    .action((options: ExplainOptions) => run(() => explainToken(options, context)));

async function explainToken({ cluster, config, github }: ExplainOptions, context: Context): Promise<CommandResult> {
  const file = await openConfigFile(config, context);
  const settings = readExplainSettings(file, cluster, github, context);
  const { terminal } = context;
  const token = readToken("stdin", (await terminal.readInput()) ?? (await terminal.askSecret("The token")) ?? "");
  if (token === null) {
    const hint = `octogate explain --cluster ${cluster} < file, or run it in a terminal and paste the token there`;
    throw cliError("stdin", "holds no token", hint);
  }
  const { nameWarnings, ...explanation } = await explain({
    token,
    cluster,
    ...settings,
    fetch: context.fetch,
    now: context.now,
  });
  return {
    // A refusal is an answer, too. "undetermined" is none.
    ok: explanation.verdict.kind !== "undetermined",
    lines: presentExplanation(explanation),
    diagnostics: nameWarnings.map((message) => warning(clusterVariableName(cluster), message)),
    json: { ...explanation },
  };
}
