// `octogate explain`: a token's way through the Worker's own code, step by step.
import { randomBytes } from "node:crypto";
import { Command, Option } from "commander";
import * as v from "valibot";
import { clusterVariableName, readConfig } from "../../worker/config/config.ts";
import { readPolicyOf } from "../configuration-check/worker-rules.ts";
import type { Context } from "../context.ts";
import { explain } from "../explain/explain.ts";
import { presentExplanation } from "../explain/present.ts";
import { failed, type Report, troubleIn } from "../report.ts";
import { parseWranglerToml } from "../wrangler-toml/document.ts";
import { readWranglerToml } from "../wrangler-toml/read.ts";
import { mapToml, pathOf } from "../wrangler-toml/source-map.ts";
import type { CommandMaker } from "./command.ts";
import { clusterOption, configOption, examples } from "./options.ts";

interface ExplainOptions {
  readonly cluster: string;
  readonly config: string;
  readonly github?: string;
}

/** Secrets of the deployment that decide how GitHub is asked. */
const secretNames = ["GITHUB_APP_PRIVATE_KEY", "OAUTH_CLIENT_SECRETS"] as const;

export const explainCommand: CommandMaker = (context, run) =>
  new Command("explain")
    .description("shows whom a GitHub token would be in a cluster, and why; reads it from stdin, or asks for it")
    .addOption(clusterOption())
    .addOption(configOption())
    .addOption(new Option("--github <url>", "another GitHub API than the configuration's"))
    .addHelpText("after", examples("explain --cluster production < ~/.kube/github-token"))
    .addHelpText(
      "after",
      `\nThe token is never an argument, and never printed. ${secretNames.join(" and ")} are read from the environment.`,
    )
    .action((options: ExplainOptions) => run(() => explainToken(options, context)));

async function explainToken({ cluster, config, github }: ExplainOptions, context: Context): Promise<Report> {
  const file = await readWranglerToml(config, context);
  if (file.kind === "unreadable") return failed(file.trouble);
  const parsed = parseWranglerToml(file.path, file.text);
  if (parsed.kind === "wrong") return failed(parsed.trouble);
  const { vars } = parsed.document;

  const variable = clusterVariableName(cluster);
  const { service, clusters } = readConfig({
    ...vars,
    ...secretsFrom(context, vars),
    ...(github === undefined ? {} : { GITHUB_API_URL: github }),
  });
  if (!(variable in vars)) {
    const names = clusters.map(({ name }) => name).join(", ");
    const cure = names === "" ? `add a table [vars.${variable}]` : `there are: ${names}`;
    return failed({ where: file.path, message: `has no cluster ${cluster}`, cure });
  }
  const policy = readPolicyOf(variable, vars[variable]);
  if (!service.ok || !policy.ok) {
    const sourceMap = mapToml(file.text);
    const problems = [service, policy].flatMap((part) => (part.ok ? [] : part.problems));
    return failed(
      ...problems.map(({ setting, message }) => {
        if (setting === "GITHUB_API_URL" && github !== undefined) return { where: "--github", message };
        if (isSecret(setting)) return { where: setting, message, cure: "it is read from the environment" };
        const line = sourceMap?.lineOf(["vars", ...pathOf(setting)]) ?? null;
        return troubleIn({ file: file.path, line, setting }, message);
      }),
    );
  }

  const token = await readToken(context);
  if (token === "") {
    const cure = `octogate explain --cluster ${cluster} < file, or run it in a terminal and paste the token there`;
    return failed({ where: "stdin", message: "holds no token", cure });
  }
  const { nameWarnings, ...explanation } = await explain({
    token,
    cluster,
    policy: policy.value,
    texts: v.parse(textsSchema, vars[variable]),
    settings: service.value,
    fetch: context.fetch,
    now: context.now,
  });
  return {
    // That nobody gets in is an answer, too; that nothing is known is none.
    ok: explanation.verdict.kind !== "undetermined",
    lines: presentExplanation(explanation),
    troubles: [],
    warnings: nameWarnings.map((message) => ({ where: variable, message })),
    json: { ...explanation },
  };
}

/** A policy that is right has these lists of texts. */
const textsSchema = v.object({ allow: v.array(v.string()), deny: v.optional(v.array(v.string()), []) });

function isSecret(setting: string): boolean {
  return secretNames.some((name) => name === setting);
}

function secretsFrom({ env }: Context, vars: Readonly<Record<string, unknown>>): Record<string, string> {
  const { GITHUB_APP_PRIVATE_KEY, OAUTH_CLIENT_SECRETS } = env;
  return {
    // Nothing is sealed here.
    CACHE_SECRET: randomBytes(32).toString("base64"),
    // A key without its app's number is another app's.
    ...(GITHUB_APP_PRIVATE_KEY !== undefined && "GITHUB_APP_ID" in vars ? { GITHUB_APP_PRIVATE_KEY } : {}),
    ...(OAUTH_CLIENT_SECRETS === undefined ? {} : { OAUTH_CLIENT_SECRETS }),
  };
}

async function readToken({ terminal }: Context): Promise<string> {
  const token = (await terminal.readInput()) ?? (await terminal.askSecret("The token")) ?? "";
  return token.trim();
}
