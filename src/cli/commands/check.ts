// `octogate check`: the whole configuration, before it is deployed.
import { Command } from "commander";
import type { Context } from "../context.ts";
import type { CommandMaker } from "../program.ts";
import { done, failed, type Report } from "../report.ts";
import { findDeployProblems } from "../wrangler-toml/deploy-problems.ts";
import { readWranglerToml } from "../wrangler-toml/read.ts";
import { configOption } from "./options.ts";

interface CheckOptions {
  readonly config: string;
}

export const checkCommand: CommandMaker = (context, run) =>
  new Command("check")
    .description("checks the whole configuration, and says what is wrong with it")
    .addOption(configOption())
    .action((options: CheckOptions) => run(() => check(options, context)));

async function check({ config }: CheckOptions, context: Context): Promise<Report> {
  const file = await readWranglerToml(config, context);
  if (file.kind === "unreadable") return failed(file.trouble);
  const troubles = findDeployProblems(file.text).map(({ setting, message }) => ({
    where: `${file.path}: ${setting}`,
    message,
  }));
  return troubles.length === 0 ? done([`${file.path}: nothing is wrong with it`], {}) : failed(...troubles);
}
