// `octogate signing-key status`: which keys there are, which one signs, and what comes next.

import { Command } from "commander";
import { columns } from "../../../node/columns.ts";
import type { SigningKeySlot } from "../../../worker/config/sign-in.ts";
import { signingKeySecret, signingKeySlots } from "../../../worker/config/signing-keys.ts";
import { type CommandMaker, type CommandResult, type Context, type Diagnostic, done, warning } from "../../command.ts";
import { timeText } from "../../config-file/signing-keys.ts";
import { keySetPath } from "../../deployment/key-set.ts";
import type { EdgeOptions } from "../../deployment/verify.ts";
import { addOptions, caFileOption, configOption, connectOption } from "../../options.ts";
import { type KeyState, stateOf } from "./plan.ts";
import { nextStep } from "./present.ts";
import { isLeftOut, type KeySession, kidsBySlot, openKeySession } from "./session.ts";

interface StatusOptions extends Omit<EdgeOptions, "wait"> {
  readonly config: string;
}

export const statusCommand: CommandMaker = (context, run) =>
  addOptions(new Command("status"), connectOption(), caFileOption(), configOption())
    .description("shows the signing keys, which one signs, and what the next step is")
    .action((options: StatusOptions) => run(() => status(options, context)));

async function status(options: StatusOptions, context: Context): Promise<CommandResult> {
  const opened = await openKeySession({ ...options, wait: 0 }, context);
  const { keys } = opened;
  const state = stateOf(keys);
  const kids = kidsBySlot(opened);
  const rows = signingKeySlots.map((slot) => {
    const since = keys.table?.published[slot];
    return {
      slot,
      kid: kids[slot] ?? null,
      publishedSince: since === undefined ? null : timeText(since),
      use: useOf(slot, state, keys.table?.signs_since),
    };
  });
  const cells = rows.map(({ slot, kid, publishedSince, use }) => [slot, kid ?? "-", publishedSince ?? "-", use]);
  const next = nextStep(state, context.now());
  return done(
    [...columns([["SLOT", "KEY", "PUBLISHED SINCE", "USE"], ...cells], ""), `Next: ${next}`],
    { state: state.kind, keys: rows, next },
    warningsAbout(opened),
  );
}

function useOf(slot: SigningKeySlot, state: KeyState, signsSince: number | undefined): string {
  if (state.kind === "none" || state.kind === "undecided") return "-";
  if (slot === state.signs) return signsSince === undefined ? "signs" : `signs, since ${timeText(signsSince)}`;
  switch (state.kind) {
    case "one":
      return "not in use";
    case "next":
      return `may sign from ${timeText(state.signsFrom)} on`;
    case "earlier":
      return `has signed; needed until ${timeText(state.neededUntil)}`;
  }
}

function warningsAbout(opened: KeySession): Diagnostic[] {
  const { session, endpoint, keySet, isFileAhead } = opened;
  const { path } = session.deployment;
  return [
    ...signingKeySlots
      .filter((slot) => isLeftOut(opened, slot))
      .map((slot) =>
        warning(
          signingKeySecret(slot),
          "is wrong: the Worker leaves it out, and does not publish it",
          `octogate signing-key rotate --compromised ${slot} puts another key there`,
        ),
      ),
    ...(keySet.kids === null
      ? [warning(`https://${endpoint.hostname}${keySetPath}`, keySet.seen, "the names of the keys are read there")]
      : []),
    ...(isFileAhead
      ? [
          warning(
            `${path}: SIGNING_KEYS`,
            "is not what is deployed: a step stopped before its deployment, or a person changed the table",
            "run the step again, or deploy",
          ),
        ]
      : []),
  ];
}
