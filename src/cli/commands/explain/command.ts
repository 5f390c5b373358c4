// `octogate explain`: a token's way through the Worker's own code, step by step.
import { randomBytes } from "node:crypto";
import { Command, Option } from "commander";
import { clusterVariableName, readConfig } from "../../../worker/config/config.ts";
import { withAudience } from "../../../worker/config/workflows.ts";
import {
  CliError,
  type CommandMaker,
  type CommandResult,
  type Context,
  cliError,
  error,
  warning,
} from "../../command.ts";
import { readPolicyOf } from "../../config-file/check/check.ts";
import { requireClusterTable, stringsIn } from "../../config-file/clusters.ts";
import { errorAt, openConfigFile, pathOf } from "../../config-file/file.ts";
import { clusterOption, configOption, examples, readToken } from "../../options.ts";
import { explain } from "./explain.ts";
import { presentExplanation } from "./present.ts";

interface ExplainOptions {
  readonly cluster: string;
  readonly config: string;
  readonly github?: string;
}

/** Secrets of the deployment that decide how GitHub is asked. */
const secretNames = ["GITHUB_APP_PRIVATE_KEY", "OAUTH_CLIENT_SECRETS"] as const;

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
  const { vars } = file.settings;

  requireClusterTable(file, cluster);
  const variable = clusterVariableName(cluster);
  const { service, workflows } = readConfig({
    ...vars,
    ...secretsFrom(context, vars),
    ...(github === undefined ? {} : { GITHUB_API_URL: github }),
  });
  const policy = withAudience(readPolicyOf(variable, vars[variable]), { name: cluster, kind: "cluster" }, workflows);
  if (!service.ok || !policy.ok) {
    const problems = [service, policy].flatMap((part) => (part.ok ? [] : part.problems));
    throw new CliError(
      ...problems.map(({ setting, message }) => {
        if (setting === "GITHUB_API_URL" && github !== undefined) return error("--github", message);
        if (isSecret(setting)) return error(setting, message, "it is read from the environment");
        return errorAt(file, ["vars", ...pathOf(setting)], message);
      }),
    );
  }
  if (github === undefined && !isGitHubKnown(service.value.githubApiUrl)) {
    const message = `the token is not sent to ${service.value.githubApiUrl}, which the configuration alone names`;
    const hint = `if it is your GitHub: octogate explain --cluster ${cluster} --github ${service.value.githubApiUrl}`;
    throw new CliError({ ...errorAt(file, ["vars", "GITHUB_API_URL"], message), hint });
  }

  const { terminal } = context;
  const token = readToken("stdin", (await terminal.readInput()) ?? (await terminal.askSecret("The token")) ?? "");
  if (token === null) {
    const hint = `octogate explain --cluster ${cluster} < file, or run it in a terminal and paste the token there`;
    throw cliError("stdin", "holds no token", hint);
  }
  const { nameWarnings, ...explanation } = await explain({
    token,
    cluster,
    policy: policy.value,
    texts: { allow: stringsIn(vars[variable], "allow"), deny: stringsIn(vars[variable], "deny") },
    settings: service.value,
    workflows: workflows.ok ? workflows.value : null,
    fetch: context.fetch,
    now: context.now,
  });
  return {
    // A refusal is an answer, too. "undetermined" is none.
    ok: explanation.verdict.kind !== "undetermined",
    lines: presentExplanation(explanation),
    diagnostics: nameWarnings.map((message) => warning(variable, message)),
    json: { ...explanation },
  };
}

/**
 * Another hand may have written the configuration, and a token must not follow it to any host.
 *
 * @param url as readConfig accepts it: plain http is on this machine, as the stand-in of `npm start` is
 */
function isGitHubKnown(url: string): boolean {
  return url === "https://api.github.com" || url.startsWith("http:");
}

function isSecret(setting: string): boolean {
  return secretNames.some((name) => name === setting);
}

function secretsFrom({ env }: Context, vars: Readonly<Record<string, unknown>>): Record<string, string> {
  const { GITHUB_APP_PRIVATE_KEY, OAUTH_CLIENT_SECRETS } = env;
  return {
    // Required, though nothing is sealed here.
    CACHE_SECRET: randomBytes(32).toString("base64"),
    // A key without its app's number is another app's.
    ...(GITHUB_APP_PRIVATE_KEY !== undefined && "GITHUB_APP_ID" in vars ? { GITHUB_APP_PRIVATE_KEY } : {}),
    ...(OAUTH_CLIENT_SECRETS === undefined ? {} : { OAUTH_CLIENT_SECRETS }),
  };
}
