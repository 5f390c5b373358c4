// Changes of the names that RBAC may hold: an account, an organisation or a team keeps its number, and is called
// otherwise, be it in another case only. Role bindings by the old name no longer match, and another account can take
// it.
import type { Membership } from "../github/facts.ts";
import { type FactsEntry, knownMemberships } from "./entry.ts";

/** @returns a sentence for each name that differs between two entries about one token */
export function nameChanges(before: FactsEntry, after: FactsEntry): string[] {
  if (before.account.id !== after.account.id) return [];
  const earlier = new Map(knownMemberships(before));
  return [
    ...changed(`the account #${after.account.id}`, before.account.login, after.account.login),
    ...knownMemberships(after).flatMap(([key, membership]) => {
      const old = earlier.get(key);
      return old === undefined ? [] : membershipChanges(old, membership);
    }),
  ];
}

function membershipChanges(before: Membership, after: Membership): string[] {
  if (before.kind !== "active" || after.kind !== "active" || before.id !== after.id) return [];
  const slugs = new Map(before.teams.map(({ id, slug }) => [id, slug]));
  return [
    ...changed(`the organisation #${after.id}`, before.login, after.login),
    ...after.teams.flatMap(({ id, slug }) => changed(`the team #${id} of ${after.login}`, slugs.get(id) ?? slug, slug)),
  ];
}

function changed(subject: string, before: string, after: string): string[] {
  if (before === after) return [];
  return [`${subject} was called ${before} and is called ${after} now: role bindings by the old name no longer match`];
}
