// The plan of pins: what is to be written, what could not be found out, and which pinned names have another owner by
// now.
import type { TomlPath } from "../../../node/toml.ts";
import { type Diagnostic, error, type Location, locate, warning } from "../../command.ts";
import type { LookedUp } from "./looked-up.ts";
import { isInRepository, type Named, type NamedEntry, pinOf } from "./named-entries.ts";

/** An entry and the answer about its name. */
export interface Answered {
  readonly entry: NamedEntry;
  readonly lookedUp: LookedUp;
}

export interface Pin {
  readonly entry: NamedEntry;
  /** As it is written behind the name. */
  readonly pin: string;
}

interface PlanContext {
  readonly locate: (path: TomlPath) => Location;
  /** GITHUB_API_URL */
  readonly restUrl: string;
}

export function planPins(answered: readonly Answered[], context: PlanContext) {
  const steps = answered.map((one) =>
    pinOf(one.entry.named) === null ? planUnpinned(one, context) : checkPinned(one, context),
  );
  const stopped = answered.find(({ lookedUp }) => lookedUp.kind === "stopped")?.lookedUp;
  const uncheckedTeams = answered.filter(
    ({ entry, lookedUp }) => pinOf(entry.named) !== null && lookedUp.kind === "needs_token",
  ).length;
  return {
    pins: steps.flatMap((step) => (step !== null && "pin" in step ? [step] : [])),
    diagnostics: [
      ...steps.flatMap((step) => (step !== null && "severity" in step ? [step] : [])),
      ...answered.flatMap((one) => noticesOf(one, context)),
      ...(stopped?.kind === "stopped" ? [stoppedError(stopped, answered, context)] : []),
      ...(uncheckedTeams > 0 ? [uncheckedTeamsWarning(uncheckedTeams)] : []),
    ],
  };
}

function noticesOf({ entry, lookedUp }: Answered, context: PlanContext): Diagnostic[] {
  if (lookedUp.kind !== "found" || lookedUp.notice === undefined) return [];
  return [diagnose("warning", entry, context, lookedUp.notice.message, lookedUp.notice.hint)];
}

/** Null: nothing to do, or said once for all entries. */
type Step = Pin | Diagnostic | null;

function planUnpinned({ entry, lookedUp }: Answered, context: PlanContext): Step {
  const failure = (message: string, hint?: string) => diagnose("error", entry, context, message, hint);
  switch (lookedUp.kind) {
    case "found": {
      const conflict = conflictOf(entry, lookedUp);
      return conflict === null
        ? { entry, pin: lookedUp.pin }
        : failure(conflict, "write the name that the organisation has now, and run this again");
    }
    case "unknown_name":
      return failure(...unknownNameText(entry.named));
    case "moved":
      return failure("the repository has another name or owner by now", "write its present name, and run this again");
    case "needs_token":
      return failure("GitHub shows a team to its organisation's members alone", tokenHint);
    case "unsuitable":
      return failure(lookedUp.message);
    case "failed":
      return failure(lookedUp.message, lookedUp.hint);
    case "stopped":
      return null;
  }
}

function diagnose(
  severity: Diagnostic["severity"],
  { path, text }: NamedEntry,
  context: PlanContext,
  message: string,
  hint?: string,
): Diagnostic {
  return locate(context.locate(path), severity, `${text}: ${message}`, hint);
}

const tokenHint =
  "set GITHUB_TOKEN, or pipe a token in with --token-from-stdin: a member's classic one with read:org, or a fine-grained one of the organisation's with Members: read";

/** @returns a message if the policy pins the organisation elsewhere, and its name has gone to another since */
function conflictOf({ named, organisationPin }: NamedEntry, { organisationId: found }: LookedUp & { kind: "found" }) {
  if (organisationPin === null || found === null || found === organisationPin) return null;
  const login = named.kind === "team" ? named.organisation : named.kind === "organisation" ? named.login : "";
  return `${login} is pinned to #${organisationPin} elsewhere in this policy, and the name belongs to #${found} now`;
}

function unknownNameText(named: Named): [string, string] {
  if (named.kind === "team") {
    return [
      "GitHub shows this token no such team",
      "is it misspelt? A token sees the teams of its owner's organisations alone, and a classic one needs read:org",
    ];
  }
  if (isInRepository(named)) {
    return [
      "GitHub shows this token no such repository",
      "is it misspelt? A private one needs a token that may read it: a classic one with repo, or a fine-grained one for it",
    ];
  }
  return ["no account at GitHub has that name", "is it misspelt, or was it given up?"];
}

function checkPinned({ entry, lookedUp }: Answered, context: PlanContext): Step {
  const { named } = entry;
  const pin = pinOf(named);
  const notice = (message: string, hint?: string) => diagnose("warning", entry, context, message, hint);
  const newName = newNameHint(named, context);
  switch (lookedUp.kind) {
    case "found":
      if (lookedUp.pin === pin) return null;
      return notice(`the name belongs to ${lookedUp.pin} now; the entry still applies to ${pin} alone`, newName);
    case "moved":
      return notice(`the repository has another name or owner by now; the entry applies to ${pin} alone`, newName);
    case "unknown_name":
      return notice(missingText(named), newName);
    case "unsuitable":
      return notice(lookedUp.message);
    case "failed":
      return notice(lookedUp.message, lookedUp.hint);
    case "needs_token":
    case "stopped":
      return null;
  }
}

/** Where GitHub says what has the entry's number now. */
function newNameHint(named: Named, { restUrl }: PlanContext): string | undefined {
  if (named.kind === "team") return undefined;
  const path = isInRepository(named) ? `repositories/${named.pin?.repositoryId}` : `user/${named.id}`;
  return `${restUrl}/${path} shows what it is called now`;
}

function missingText(named: Named): string {
  if (named.kind === "team") return "GitHub shows this token no such team: it was renamed, or the token may not see it";
  if (isInRepository(named)) {
    return "GitHub shows this token no such repository: it was removed, or the token may not read it";
  }
  return `no account has that name now; the entry still applies to ${pinOf(named)} alone`;
}

function stoppedError(
  { message, hint }: LookedUp & { kind: "stopped" },
  answered: readonly Answered[],
  { restUrl }: PlanContext,
): Diagnostic {
  const count = answered.filter(({ lookedUp }) => lookedUp.kind === "stopped").length;
  const entries = count === 1 ? "1 entry was" : `${count} entries were`;
  return error(restUrl, `${message} (${entries} not looked up)`, hint);
}

function uncheckedTeamsWarning(count: number): Diagnostic {
  const teams = count === 1 ? "1 pinned team was" : `${count} pinned teams were`;
  return warning("teams", `${teams} not checked: GitHub shows them to members alone`, tokenHint);
}
