// What GitHub said about the names, entry by entry: what is to be written, what could not be found out, and which pinned names belong to somebody else by now.
import type { PlaceInFile, Trouble } from "../report.ts";
import { troubleIn } from "../report.ts";
import type { LookedUp } from "./lookup.ts";
import type { Named, NamedEntry } from "./named-entries.ts";

/** An entry and what became of its name. */
export interface Answered {
  readonly entry: NamedEntry;
  readonly lookedUp: LookedUp;
}

export interface Pin {
  readonly entry: NamedEntry;
  readonly id: number;
}

export interface Plan {
  readonly pins: readonly Pin[];
  readonly troubles: readonly Trouble[];
  readonly warnings: readonly Trouble[];
}

export interface PlanContext {
  readonly placeOf: (entry: NamedEntry) => PlaceInFile;
  /** GITHUB_API_URL */
  readonly restUrl: string;
}

export function planPins(answered: readonly Answered[], context: PlanContext): Plan {
  const steps = answered.map((one) =>
    idOf(one.entry) === null ? planUnpinned(one, context) : checkPinned(one, context),
  );
  const stopped = answered.find(({ lookedUp }) => lookedUp.kind === "stopped")?.lookedUp;
  const uncheckedTeams = answered.filter(
    ({ entry, lookedUp }) => idOf(entry) !== null && lookedUp.kind === "needs_token",
  ).length;
  return {
    pins: steps.flatMap((step) => (step.kind === "pin" ? [step.pin] : [])),
    troubles: [
      ...steps.flatMap((step) => (step.kind === "trouble" ? [step.trouble] : [])),
      ...(stopped?.kind === "stopped" ? [stoppedTrouble(stopped, answered, context)] : []),
    ],
    warnings: [
      ...steps.flatMap((step) => (step.kind === "warning" ? [step.trouble] : [])),
      ...(uncheckedTeams > 0 ? [uncheckedTeamsWarning(uncheckedTeams)] : []),
    ],
  };
}

type Step =
  | { readonly kind: "pin"; readonly pin: Pin }
  | { readonly kind: "trouble" | "warning"; readonly trouble: Trouble }
  /** Nothing to do, or said once for all entries. */
  | { readonly kind: "none" };

const none: Step = { kind: "none" };

function planUnpinned({ entry, lookedUp }: Answered, context: PlanContext): Step {
  const trouble = (message: string, cure?: string): Step => ({
    kind: "trouble",
    trouble: troubleIn(context.placeOf(entry), `${entry.text}: ${message}`, cure),
  });
  switch (lookedUp.kind) {
    case "found": {
      const conflict = conflictOf(entry, lookedUp);
      return conflict === null
        ? { kind: "pin", pin: { entry, id: lookedUp.id } }
        : trouble(conflict.message, conflict.cure);
    }
    case "nobody":
      return trouble(...nobodyText(entry.named));
    case "needs_token":
      return trouble("GitHub shows a team to its organisation's members alone", tokenCure);
    case "unsuitable":
    case "failed":
      return trouble(lookedUp.message);
    case "stopped":
      return none;
  }
}

const tokenCure =
  "set GITHUB_TOKEN, or pipe a token in with --token-from-stdin: a member's classic one with read:org, or a fine-grained one of the organisation's with Members: read";

/** The policy pins the organisation elsewhere, and its name has gone to another since. */
function conflictOf(
  { named, organisationPin }: NamedEntry,
  { id, organisationId }: LookedUp & { kind: "found" },
): { readonly message: string; readonly cure: string } | null {
  const found = named.kind === "organisation" ? id : organisationId;
  if (organisationPin === null || found === null || found === organisationPin) return null;
  const login = named.kind === "team" ? named.organisation : named.kind === "organisation" ? named.login : "";
  return {
    message: `${login} is pinned to #${organisationPin} elsewhere in this policy, and the name belongs to #${found} now`,
    cure: "write the name that the organisation has now, and run this again",
  };
}

function nobodyText(named: Named): [string, string] {
  if (named.kind === "team") {
    return [
      "GitHub shows this token no such team",
      "is it misspelt? A token sees the teams of its owner's organisations alone, and a classic one needs read:org",
    ];
  }
  return ["nobody at GitHub has that name", "is it misspelt, or was it given up?"];
}

function checkPinned({ entry, lookedUp }: Answered, context: PlanContext): Step {
  const id = idOf(entry);
  const warning = (message: string, cure?: string): Step => ({
    kind: "warning",
    trouble: troubleIn(context.placeOf(entry), `${entry.text}: ${message}`, cure),
  });
  const newName = entry.named.kind === "team" ? undefined : `${context.restUrl}/user/${id} shows what it is called now`;
  switch (lookedUp.kind) {
    case "found":
      if (lookedUp.id === id) return none;
      return warning(`the name belongs to #${lookedUp.id} now; the entry goes on meaning #${id} alone`, newName);
    case "nobody":
      return warning(
        entry.named.kind === "team"
          ? "GitHub shows this token no such team: it was renamed, or the token may not see it"
          : `nobody has that name now; the entry goes on meaning #${id} alone`,
        newName,
      );
    case "unsuitable":
    case "failed":
      return warning(lookedUp.message);
    case "needs_token":
    case "stopped":
      return none;
  }
}

function stoppedTrouble(
  { message, cure }: LookedUp & { kind: "stopped" },
  answered: readonly Answered[],
  { restUrl }: PlanContext,
): Trouble {
  const count = answered.filter(({ lookedUp }) => lookedUp.kind === "stopped").length;
  const entries = count === 1 ? "1 entry was" : `${count} entries were`;
  return { where: restUrl, message: `${message} (${entries} not looked up)`, ...(cure === undefined ? {} : { cure }) };
}

function uncheckedTeamsWarning(count: number): Trouble {
  return {
    where: "teams",
    message: `${count} pinned ${count === 1 ? "team was" : "teams were"} not checked: GitHub shows them to members alone`,
    cure: tokenCure,
  };
}

function idOf({ named }: NamedEntry): number | null {
  return named.id;
}
