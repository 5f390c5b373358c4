// A terminal as a user types into it: what one command sets, the next one finds.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Outcome, type ProgramOptions, run } from "../../support/program.ts";

/** Runs commands up to the first that fails. */
export type Shell = (commands: string, options?: Pick<ProgramOptions, "stdin">) => Promise<Outcome>;

/** @param folder where it stands, and keeps its variables in a file */
export function openShell(folder: string, env: Readonly<Record<string, string>>): Shell {
  const variables = join(folder, "shell-variables.sh");
  return (commands, options = {}) => {
    const before = existsSync(variables) ? `. ${variables}\n` : "";
    return run("bash", ["-c", `set -ea\n${before}${commands}\nexport -p > ${variables}`], {
      ...options,
      cwd: folder,
      env,
    });
  };
}
