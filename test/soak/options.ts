// The command line of `npm run soak`.
import { Command, Option } from "commander";
import { wholeNumber } from "../support/whole-number.ts";
import { sabotages } from "./sabotage.ts";

export interface SoakOptions {
  readonly minutes: number;
  /** The same seed leads to the same order of disturbances and happenings. */
  readonly seed: number;
  readonly apiservers: number;
  /** The folder with soak-and-fuzz.md, which takes the report; undefined: the report is printed alone. */
  readonly write?: string;
  /** The name of a sabotage. */
  readonly sabotage?: string;
}

/** @param run what the command does */
export function createSoakCommand(run: (options: SoakOptions) => Promise<void>): Command {
  return new Command("npm run soak --")
    .description(
      "Keeps several clusters busy through the local edge for some minutes, while GitHub and KV fail in many ways, " +
        "deployments and keys change, and people come and go. An oracle knows at each moment who may get in.",
    )
    .helpOption("--help", "this text")
    .addOption(wholeNumber("minutes", "how long", 24 * 60).default(30))
    .addOption(wholeNumber("seed", "leads to the same order of things again", 2_147_483_647).default(1))
    .addOption(wholeNumber("apiservers", "how many each cluster has", 100).default(3))
    .addOption(new Option("--write [folder]", "write the report into soak-and-fuzz.md there").preset("docs"))
    .addOption(
      new Option("--sabotage <name>", "makes one thing wrong, which the oracle has to see").choices(
        Object.keys(sabotages),
      ),
    )
    .addHelpText(
      "after",
      `
Exits with 0 if nothing was found (with --sabotage: if the oracle saw it), with
1 if not, and with 2 after a usage error. Needs Linux.`,
    )
    .action(run);
}
