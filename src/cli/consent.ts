// A command says what it is going to change before it does. --yes skips the question, --dry-run ends after it.
import type { Context } from "./context.ts";
import { done, failed, type Report } from "./report.ts";

export interface ChangeOptions {
  readonly yes: boolean;
  readonly dryRun: boolean;
}

export type Consent = { readonly kind: "go" } | { readonly kind: "stop"; readonly report: Report };

/**
 * Shows the changes and asks for consent.
 *
 * @param changes one sentence each; none needs no consent
 * @returns "go", or the report with which the command ends
 */
export async function askForConsent(
  { terminal }: Context,
  changes: readonly string[],
  { yes, dryRun }: ChangeOptions,
): Promise<Consent> {
  if (changes.length === 0) return { kind: "go" };
  terminal.note(dryRun ? "This would be changed:" : "This is going to be changed:");
  for (const change of changes) terminal.note(`  - ${change}`);
  if (dryRun) return { kind: "stop", report: done(["Nothing was changed (--dry-run)."], { changed: false, changes }) };
  if (yes) return { kind: "go" };
  switch (await terminal.ask("Go on?")) {
    case true:
      return { kind: "go" };
    case false:
      return {
        kind: "stop",
        report: { ...failed(), lines: ["Nothing was changed."], json: { changed: false, changes } },
      };
    case null:
      return {
        kind: "stop",
        report: failed({
          where: "terminal",
          message: "nobody can be asked here",
          cure: "--yes goes on without asking",
        }),
      };
  }
}
