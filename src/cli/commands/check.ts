// `octogate check`: the whole configuration, before it is deployed.
import { Command } from "commander";
import { checkConfiguration } from "../configuration-check/check-configuration.ts";
import type { Context } from "../context.ts";
import { failed, type Report } from "../report.ts";
import { readWranglerToml } from "../wrangler-toml/read.ts";
import type { CommandMaker } from "./command.ts";
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
  const { errors, warnings } = checkConfiguration(file.path, file.text);
  const isFlawless = errors.length === 0 && warnings.length === 0;
  const sum = `${countOf(errors.length, "error")}, ${countOf(warnings.length, "warning")}`;
  return {
    ok: errors.length === 0,
    lines: [`${file.path}: ${isFlawless ? "nothing is wrong with it" : sum}`],
    troubles: errors,
    warnings,
    json: { file: file.path },
  };
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
