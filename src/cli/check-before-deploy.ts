// The `[build]` step of wrangler.toml: `octogate check` before each deployment, which refuses a wrong configuration.
// wrangler says in WRANGLER_COMMAND what it is about to do, and nothing of --config, --env and --var. So only the
// default wrangler.toml is guarded here, and what the Worker says at run time stays the authority.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { diagnosticLines } from "./command.ts";
import { checkConfiguration } from "./config-file/check/check.ts";
import { parseConfigFile } from "./config-file/file.ts";
import { createStyle } from "./terminal.ts";

const path = "wrangler.toml";

if (process.env.WRANGLER_COMMAND !== "dev") {
  const loaded = parseConfigFile({ path, absolutePath: resolve(path) }, readFileSync(path, "utf8"));
  const diagnostics = loaded.kind === "loaded" ? checkConfiguration(loaded.file) : [loaded.diagnostic];
  // Without colours: wrangler passes this on, to a terminal or to a file.
  for (const line of diagnosticLines(diagnostics, createStyle(false))) console.error(line);
  if (diagnostics.some(({ severity }) => severity === "error")) process.exitCode = 1;
}
