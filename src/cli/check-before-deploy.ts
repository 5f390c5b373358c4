// The `[build]` step of wrangler.toml: `octogate check` before each deployment, which refuses a wrong configuration.
// wrangler says in WRANGLER_COMMAND what it is about to do, and nothing of --config, --env and --var. Which file it
// deploys is read from its own command line. What the Worker says at run time stays the authority.
import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { error, resultDiagnosticLines } from "./command.ts";
import { checkConfiguration } from "./config-file/check/check.ts";
import { parseConfigFile } from "./config-file/file.ts";
import { createStyle, createTerminal } from "./terminal.ts";

interface Process {
  readonly parent: number;
  readonly args: readonly string[];
  readonly folder: string;
}

/** @throws if there is no such process, or it cannot be read */
function readProcess(id: number): Process {
  if (process.platform !== "linux") {
    const [, parent = "0", args = ""] =
      /^\s*(\d+)\s+(.*)$/s.exec(execFileSync("ps", ["-o", "ppid=,args=", "-p", String(id)], { encoding: "utf8" })) ??
      [];
    return { parent: Number(parent), args: args.trim().split(/\s+/), folder: process.cwd() };
  }
  // The name in brackets may hold anything.
  const [, parent = "0"] = /\) \S (\d+) [^)]*$/.exec(readFileSync(`/proc/${id}/stat`, "utf8")) ?? [];
  const args = readFileSync(`/proc/${id}/cmdline`, "utf8").split("\0");
  return { parent: Number(parent), args, folder: readlinkSync(`/proc/${id}/cwd`) };
}

/** @returns the file that --config of the calling wrangler names, or null */
function configOfWrangler(): string | null {
  try {
    for (let id = process.ppid; id > 1; ) {
      const { parent, args, folder } = readProcess(id);
      if (args.some((arg) => /(?:^|[/\\])wrangler(?:-dist[/\\]cli)?(?:\.m?js)?$/.test(arg))) {
        const at = args.findIndex((arg) => /^(?:--config|-c)(?:=|$)/.test(arg));
        const value = args[at]?.includes("=") ? args[at]?.replace(/^[^=]*=/, "") : args[at + 1];
        return at === -1 || value === undefined ? null : resolve(folder, value);
      }
      id = parent;
    }
  } catch {
    // No /proc and no ps: the default is checked.
  }
  return null;
}

if (process.env.WRANGLER_COMMAND !== "dev") {
  const absolutePath = configOfWrangler() ?? resolve("wrangler.toml");
  const path = dirname(absolutePath) === process.cwd() ? basename(absolutePath) : absolutePath;
  const loaded = /\.jsonc?$/.test(path)
    ? { kind: "invalid" as const, diagnostic: error(path, "is no TOML: octogate checks and deploys wrangler.toml") }
    : parseConfigFile({ path, absolutePath }, readFileSync(absolutePath, "utf8"));
  const diagnostics = loaded.kind === "loaded" ? checkConfiguration(loaded.file, Date.now()) : [loaded.diagnostic];
  const { note } = createTerminal(process);
  // Without colours: wrangler passes this on, to a terminal or to a file.
  for (const line of resultDiagnosticLines(diagnostics, createStyle(null))) note(line);
  if (diagnostics.some(({ severity }) => severity === "error")) process.exitCode = 1;
}
