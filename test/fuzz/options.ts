// The command line of `npm run fuzz`.
import { Command, Option } from "commander";
import { wholeNumber } from "../support/whole-number.ts";
import { targets } from "./targets.ts";

export interface FuzzOptions {
  /** How many inputs all targets together get. */
  readonly inputs: number;
  /** After so long a target has had enough. */
  readonly seconds: number;
  /** The same seed leads to the same inputs. */
  readonly seed: number;
  /** Files of targets. */
  readonly only: readonly string[];
  /** Whether faults are planted in the code, one after the other, in place of a search for real ones. */
  readonly planted: boolean;
  /** The folder with soak-and-fuzz.md, which takes the report; undefined: the report is printed alone. */
  readonly write?: string;
}

/** @param run what the command does */
export function createFuzzCommand(run: (options: FuzzOptions) => Promise<void>): Command {
  const files = targets.map(({ file }) => file);
  return new Command("npm run fuzz --")
    .description(
      "Sends made-up inputs through the whole Worker and the command's reading of wrangler.toml: nothing may break, no " +
        "answer may leave the contract, and no one may get in who should not.",
    )
    .helpOption("--help", "this text")
    .addOption(wholeNumber("inputs", "how many inputs all targets together get", 100_000_000).default(100_000))
    .addOption(wholeNumber("seconds", "after how many seconds a target has had enough", 86_400).default(600))
    .addOption(
      wholeNumber("seed", "leads to the same inputs again", 2_147_483_647).default(
        Date.now() % 2_147_483_647,
        "the time",
      ),
    )
    .addOption(new Option("--only <file...>", "these targets alone").choices(files).default(files, "all"))
    .addOption(new Option("--planted", "plant faults in the code, one by one: each has to be found").default(false))
    .addOption(
      new Option("--write [folder]", "write the report into soak-and-fuzz.md there: all targets, of one run")
        .preset("docs")
        .conflicts("only"),
    )
    .addHelpText(
      "after",
      `
An input that breaks a rule is printed as small as it could be made, with its
seed and path. Exits with 0 if no rule was broken (with --planted: if every
fault was found), with 1 if not, and with 2 after a usage error.`,
    )
    .action(run);
}
