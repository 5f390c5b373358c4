// A fault, who can cause it, and what it may do to whom.
import type { Fault } from "../../../../../src/local/github/faults.ts";
import type { StandInTeam } from "../../../../../src/local/github/organisations.ts";
import { type Cluster, type Column, columnNames, type Source } from "../people.ts";
import type { World } from "../world.ts";

export const causes = ["GitHub", "the user", "a colleague", "a partner", "an outsider", "the operator"] as const;
export type Cause = (typeof causes)[number];

/** What may happen nevertheless, and has to: an exception that no longer occurs is out of date. */
export interface Exception {
  readonly to: "locked out" | "cacheable no" | "grace";
  readonly columns: readonly Column[];
  readonly clusters: readonly Cluster[];
  /** Default: all that the fault is tried with. */
  readonly sources?: readonly Source[];
  readonly why: string;
}

export interface CausedFault {
  readonly cause: Cause;
  readonly name: string;
  /** Default: all. */
  readonly sources?: readonly Source[];
  /** Happens once, when the leavers leave. */
  readonly happen?: (world: World) => void | Promise<void>;
  /** Happens again before each look at the people. */
  readonly goOn?: (world: World) => void | Promise<void>;
  /** Who may be locked out by it. Default: by the cause, see `mayBeLockedOut`. */
  readonly victims?: readonly Column[];
  /** Who has no right to get in any more. */
  readonly endsAccessOf?: readonly Column[];
  readonly exceptions?: readonly Exception[];
}

/** Those who do it to themselves, where the user is the cause. One colleague does nothing. */
export const actors: readonly Column[] = columnNames.filter((column) => column !== "bystander");

/**
 * Whether the cause has a right to lock this person out: GitHub and the operator can lock out all, a user himself, a
 * partner's owner the partner's people. A colleague and an outsider can lock out no other person.
 */
export function mayBeLockedOut({ cause, victims }: CausedFault, column: Column): boolean {
  if (victims !== undefined) return victims.includes(column);
  switch (cause) {
    case "GitHub":
    case "the operator":
      return true;
    case "the user":
      return actors.includes(column);
    case "a partner":
      return column === "the partner's";
    case "a colleague":
    case "an outsider":
      return false;
  }
}

export const everyone = "everyone";
export const ownTokens: readonly Source[] = ["classic", "fine_grained", "oauth", "client_secret"];
export const withScopes: readonly Source[] = ["classic", "oauth", "client_secret"];
export const allClusters: readonly Cluster[] = ["organisation", "team", "partners", "denying", "named"];
export const serverError: Fault = { kind: "server_error", status: 502, body: "unicorn_html" };

export const denyNeedsProof = (why: string): Exception => ({
  to: "locked out",
  columns: ["bystander", "at work", "newcomer", "left the team"],
  clusters: ["denying"],
  sources: ["classic", "oauth", "client_secret"],
  why: `deny needs proof: ${why}`,
});

/** @param columns default: all members */
export function putIn(world: World, team: StandInTeam, columns: readonly Column[] = columnNames): void {
  const members = new Set(world.membersOfAcme());
  for (const column of columns) {
    const account = world.accountOf(column);
    if (members.has(account)) world.github.addToTeam(team, account);
  }
}

/** @returns the lowest of them */
export function addChain({ github, acme }: World, depth: number): StandInTeam {
  let lowest = github.addTeam(acme, { name: "chain-1" });
  for (let index = 2; index <= depth; index += 1) {
    lowest = github.addTeam(acme, { name: `chain-${index}`, parent: lowest });
  }
  return lowest;
}
