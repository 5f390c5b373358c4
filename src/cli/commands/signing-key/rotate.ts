// `octogate signing-key rotate`: signs with the other key; with --compromised at once, and without the one before.

import { Command, Option } from "commander";
import type { SigningKeySlot } from "../../../worker/config/sign-in.ts";
import { signingKeySecret, signingKeySlots } from "../../../worker/config/signing-keys.ts";
import { type CommandMaker, type CommandResult, type Context, cliError, done } from "../../command.ts";
import { timeText } from "../../config-file/signing-keys.ts";
import { type EdgeOptions, edgeOptions } from "../../deployment/verify.ts";
import { addOptions, type ChangeOptions, changeOptions, examples } from "../../options.ts";
import { carryOut } from "./carry-out.ts";
import { planCompromised, planRotate, stateOf } from "./plan.ts";
import { newKeysChange, nextStep } from "./present.ts";
import { isLeftOut, type KeySession, kidsBySlot, openKeySession, refuseWrongClock } from "./session.ts";

interface RotateOptions extends EdgeOptions, ChangeOptions {
  /** True: the one that signs. */
  readonly compromised?: SigningKeySlot | true;
}

export const rotateCommand: CommandMaker = (context, run) =>
  addOptions(
    new Command("rotate"),
    new Option(
      "--compromised [slot]",
      "a key is known to others (default: the one that signs): it is dropped at once",
    ).choices(signingKeySlots),
    ...edgeOptions(),
    ...changeOptions(),
  )
    .description("signs with the other key, once every kube-apiserver can know it")
    .addHelpText("after", examples("signing-key rotate", "signing-key rotate --compromised"))
    .action((options: RotateOptions) =>
      run(() => (options.compromised === undefined ? rotate(options, context) : drop(options, context))),
    );

async function rotate(options: RotateOptions, context: Context): Promise<CommandResult> {
  const opened = await openKeySession(options, context);
  const step = planRotate(opened.keys, context.now());
  if (step.kind === "go") {
    refuseWrongClock(opened, context);
    refuseUnpublished(opened, step.table.signs);
  }
  const changes = (table: { readonly signs: SigningKeySlot }) => [`sign with ${table.signs} from now on`];
  const outcome = await carryOut(opened, step, ({ table }) => changes(table), options, context);
  if (outcome.kind === "stopped") return outcome.result;
  const { table } = outcome;
  const state = stateOf({ table, slots: [] });
  return done(
    [`${table.signs} signs now. The key before it stays published.`, `Next: ${nextStep(state, context.now())}`],
    { changed: true, changes: outcome.changes, signs: table.signs },
    outcome.diagnostics,
  );
}

/** What is in the table alone no kube-apiserver has seen. */
function refuseUnpublished(opened: KeySession, slot: SigningKeySlot): void {
  if (kidsBySlot(opened)[slot] !== undefined) return;
  const { endpoint, keySet } = opened;
  throw cliError(
    endpoint.hostname,
    `${keySet.seen}: it does not publish ${slot}`,
    isLeftOut(opened, slot)
      ? `the secret ${signingKeySecret(slot)} is wrong: put a right key there, or octogate signing-key rotate --compromised ${slot}`
      : "octogate check says what is wrong with the settings",
  );
}

async function drop(options: RotateOptions, context: Context): Promise<CommandResult> {
  const opened = await openKeySession(options, context);
  const { compromised } = options;
  const slot = typeof compromised === "string" ? compromised : null;
  const step = planCompromised(opened.keys, slot, context.now(), (one) => isLeftOut(opened, one));
  const outcome = await carryOut(
    opened,
    step,
    ({ table: { signs }, newKeys }) => {
      const dropped = signs === "a" ? "b" : "a";
      return [
        `sign with ${signs}, and publish ${dropped} no more: tokens that it signed are refused, and people sign in anew`,
        ...newKeys.map(newKeysChange),
      ];
    },
    options,
    context,
  );
  if (outcome.kind === "stopped") return outcome.result;
  const { signs } = outcome.table;
  const dropped = signs === "a" ? "b" : "a";
  return done(
    [
      `${signs} signs. ${dropped} is not published any more, and Cloudflare holds another key in its place.`,
      "A kube-apiserver that runs trusts the dropped key until it reads the keys anew: when a token of another key comes,",
      "and 5 minutes after it last read them. Without such a token it goes on for good.",
      "To make them forget: restart each kube-apiserver, or change its --authentication-config file.",
      "docs/operations.md says how, and what to revoke at GitHub.",
    ],
    { changed: true, changes: outcome.changes, signs, dropped, at: timeText(context.now()) },
    outcome.diagnostics,
  );
}
