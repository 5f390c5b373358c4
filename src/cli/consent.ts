// Consent to changes: a command says what it is going to change before it does. --yes skips the question, and --dry-run
// ends after the list.
import type { Context } from "./context.ts";
import { type CommandResult, done, error } from "./diagnostics.ts";

export interface ChangeOptions {
  readonly yes: boolean;
  readonly dryRun: boolean;
}

export type Consent = { readonly kind: "go" } | { readonly kind: "stop"; readonly result: CommandResult };

/**
 * Shows the changes and asks for consent.
 *
 * @param changes one sentence each; none needs no consent
 * @returns "go", or the result with which the command ends
 */
export async function askForConsent(
  { terminal }: Context,
  changes: readonly string[],
  { yes, dryRun }: ChangeOptions,
): Promise<Consent> {
  const stop = (line: string) => ({ kind: "stop", result: done([line], { changed: false, changes }) }) as const;
  if (changes.length === 0) return dryRun ? stop("Nothing would be changed (--dry-run).") : { kind: "go" };
  terminal.note(dryRun ? "This would be changed:" : "This is going to be changed:");
  for (const change of changes) terminal.note(`  - ${change}`);
  if (dryRun) return stop("Nothing was changed (--dry-run).");
  if (yes) return { kind: "go" };
  const answer = await terminal.ask("Go on?");
  if (answer === true) return { kind: "go" };
  if (answer === false) return { kind: "stop", result: { ...stop("Nothing was changed.").result, ok: false } };
  const unasked = error("terminal", "there is no person to ask here", "--yes goes on without asking");
  return { kind: "stop", result: done([], {}, [unasked]) };
}
