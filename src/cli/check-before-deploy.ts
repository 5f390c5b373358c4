// The `[build]` step of wrangler.toml: `octogate check` before each deployment, which refuses a wrong configuration.
// wrangler says in WRANGLER_COMMAND what it is about to do, and nothing of --config, --env and --var. Which file it
// deploys is read from its own command line. What the Worker says at run time stays the authority.
import { readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { type Diagnostic, error, resultDiagnosticLines } from "./command.ts";
import { checkConfiguration } from "./config-file/check/check.ts";
import { parseConfigFile } from "./config-file/file.ts";
import { findConfigInUse, readByProc, readByPs } from "./deployment/calling-wrangler.ts";
import { createStyle, createTerminal } from "./terminal.ts";

const { WRANGLER_COMMAND, OCTOGATE_CONFIG } = process.env;

/** @returns the file's path; null where it cannot be told, and another one could be deployed than was checked */
function fileToCheck(): string | null {
  const inUse = findConfigInUse(process.ppid, (id) => readByProc(id) ?? readByPs(id, process.env));
  switch (inUse.kind) {
    case "named":
      return inUse.path;
    case "unnamed":
      return resolve("wrangler.toml");
    case "unknown":
      if (OCTOGATE_CONFIG !== undefined) return resolve(OCTOGATE_CONFIG);
      // A person called this program, and not wrangler.
      return WRANGLER_COMMAND === undefined ? resolve("wrangler.toml") : null;
  }
}

function findProblems(absolutePath: string | null): readonly Diagnostic[] {
  if (absolutePath === null) {
    const message = "it cannot be told which configuration it deploys";
    return [
      error("wrangler", message, "say it: OCTOGATE_CONFIG=wrangler.toml npx wrangler deploy --config wrangler.toml"),
    ];
  }
  const path = dirname(absolutePath) === process.cwd() ? basename(absolutePath) : absolutePath;
  if (/\.jsonc?$/.test(path)) return [error(path, "is no TOML: octogate checks and deploys wrangler.toml")];
  const loaded = parseConfigFile({ path, absolutePath }, readFileSync(absolutePath, "utf8"));
  return loaded.kind === "loaded" ? checkConfiguration(loaded.file, Date.now()) : [loaded.diagnostic];
}

if (WRANGLER_COMMAND !== "dev") {
  const diagnostics = findProblems(fileToCheck());
  const { note } = createTerminal(process);
  // Without colours: wrangler passes this on, to a terminal or to a file.
  for (const line of resultDiagnosticLines(diagnostics, createStyle(null))) note(line);
  if (diagnostics.some(({ severity }) => severity === "error")) process.exitCode = 1;
}
