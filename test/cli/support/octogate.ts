// Runs the octogate command as it stands in the sources, as a process of its own: what a person would see.
import { fileURLToPath } from "node:url";
import { type Outcome, type ProgramOptions, run } from "../../support/program.ts";

export const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));

/** @param args as they are typed behind `octogate` */
export function octogate(args: readonly string[], options: ProgramOptions = {}): Promise<Outcome> {
  return run(process.execPath, [main, ...args], options);
}
