// `octogate signing-key create`: makes the next signing key, and publishes it.
import { Command } from "commander";
import { type CommandMaker, type CommandResult, type Context, done } from "../../command.ts";
import { timeText } from "../../config-file/signing-keys.ts";
import { type EdgeOptions, edgeOptions } from "../../deployment/verify.ts";
import { addOptions, type ChangeOptions, changeOptions, examples } from "../../options.ts";
import { carryOut } from "./carry-out.ts";
import { planCreate, stateOf } from "./plan.ts";
import { newKeysChange, nextStep } from "./present.ts";
import { openKeySession, refuseWrongClock } from "./session.ts";

interface CreateOptions extends EdgeOptions, ChangeOptions {}

export const createCommand: CommandMaker = (context, run) =>
  addOptions(new Command("create"), ...edgeOptions(), ...changeOptions())
    .description("makes a signing key in the free slot, and publishes it")
    .addHelpText("after", examples("signing-key create"))
    .action((options: CreateOptions) => run(() => create(options, context)));

async function create(options: CreateOptions, context: Context): Promise<CommandResult> {
  const opened = await openKeySession(options, context);
  // The first key has to wait for no time.
  if (stateOf(opened.keys).kind !== "none") refuseWrongClock(opened, context);
  const step = planCreate(opened.keys, context.now());
  const outcome = await carryOut(opened, step, ({ newKeys }) => newKeys.map(newKeysChange), options, context);
  if (outcome.kind === "stopped") return outcome.result;
  const { table, newKeys } = outcome;
  const [slot] = newKeys;
  const since = timeText(table.published[slot ?? table.signs] ?? context.now());
  const state = stateOf({ table, slots: [] });
  return done(
    [`${slot} is published since ${since}.`, `Next: ${nextStep(state, context.now())}`],
    { changed: true, changes: outcome.changes, slot, publishedSince: since },
    outcome.diagnostics,
  );
}
