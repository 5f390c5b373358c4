// Entries about one token and their parts, as the tests of entries and of merging them need them.
import type { Entry, FactsEntry } from "../../../../src/worker/cache/entry.ts";
import { member } from "./support.ts";

export const tombstoneAt = (askedAt: number): Entry => ({ kind: "tombstone", askedAt });
export const part = (askedAt: number, membership = member) => ({ membership, askedAt, lastKnown: null });
export const failedTeams = { ...member, teamsHidden: "github_timeout" } as const;

export function factsEntry(entry: Entry | null): FactsEntry {
  if (entry?.kind !== "facts") throw new Error("these are facts");
  return entry;
}
