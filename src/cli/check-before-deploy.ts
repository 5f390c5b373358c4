// The `[build]` step of wrangler.toml: checks the configuration as `octogate check` does, and refuses to deploy a wrong one. wrangler says in
// WRANGLER_COMMAND what it is about to do, and nothing of --config, --env and --var: so only the default wrangler.toml is guarded here, and what
// the Worker says at run time stays the authority.
import { readFileSync } from "node:fs";
import { checkConfiguration } from "./configuration-check/check-configuration.ts";
import { createStyle } from "./terminal/terminal.ts";
import { troubleLines } from "./terminal/trouble-lines.ts";

const path = "wrangler.toml";

if (process.env.WRANGLER_COMMAND !== "dev") {
  const { errors, warnings } = checkConfiguration(path, readFileSync(path, "utf8"));
  // wrangler passes on what it reads here: nobody knows where it ends.
  const style = createStyle(false);
  for (const error of errors) for (const line of troubleLines("error", error, style)) console.error(line);
  for (const warning of warnings) for (const line of troubleLines("warning", warning, style)) console.error(line);
  if (errors.length > 0) process.exitCode = 1;
}
