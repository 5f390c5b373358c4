// Matches the entries of `allow` and `deny` with facts about people. A pinned entry matches by its number alone, for
// another account, organisation or team may have the name by now.
import type { ClusterPolicy } from "../config/cluster.ts";
import type { Entry, TeamEntry, TokenEntry, UserEntry } from "../config/entries.ts";
import { keyOfOrganisation, keyOfTeam } from "../config/organisations.ts";
import type { Account, Facts, Membership, MissingReason, Team } from "../github/facts.ts";

export type Match =
  | { readonly kind: "matched" }
  | { readonly kind: "not_matched" }
  /** The name is right, but the entry pins another number: the name was given up and taken again. */
  | { readonly kind: "name_reassigned" }
  | { readonly kind: "pending"; readonly organisation: string }
  | { readonly kind: "not_in_team" }
  | {
      readonly kind: "hidden";
      readonly organisation: string;
      readonly reason: MissingReason | "organisation_not_found";
      readonly ssoUrl: string | null;
    };

const matched = { kind: "matched" } as const;
const notMatched = { kind: "not_matched" } as const;
const nameReassigned = { kind: "name_reassigned" } as const;

/** GitHub was not asked about the organisation, so nothing is known of it. */
const notAsked = { kind: "hidden", reason: "organisation_forbidden", ssoUrl: null } as const;

/** @param list in `deny`, only a proven "no" counts as one: not found is not the same as not there */
export function matchEntry(
  entry: Exclude<Entry, TokenEntry>,
  policy: ClusterPolicy,
  facts: Facts,
  list: "allow" | "deny",
): Match {
  switch (entry.kind) {
    case "workflow":
    case "environment":
    case "repository":
      return notMatched;
    case "anyone":
      return matched;
    case "user":
      return matchUser(entry, facts.account);
    case "organisation":
      return matchMembership(entry.login, membershipIn(entry.login, policy, facts), list) ?? matched;
    case "team":
      return matchTeam(entry, policy, membershipIn(entry.organisation, policy, facts), list);
  }
}

export function matchUser({ login, id }: UserEntry, account: Account): Match {
  if (id === account.id) return matched;
  if (login !== account.login.toLowerCase()) return notMatched;
  return id === null ? matched : nameReassigned;
}

/** @returns the user's membership in an organisation that the policy names */
export function membershipIn(login: string, policy: ClusterPolicy, facts: Facts): Membership {
  const reference = policy.organisations.find((organisation) => organisation.login === login);
  if (reference === undefined) return notAsked;
  const key = keyOfOrganisation(reference);
  // An organisation may be called "constructor", which every object has.
  return (Object.hasOwn(facts.organisations, key) ? facts.organisations[key] : undefined) ?? notAsked;
}

/** @returns null for a member */
function matchMembership(organisation: string, membership: Membership, list: "allow" | "deny"): Match | null {
  switch (membership.kind) {
    case "active":
      return null;
    case "pending":
      // Its present name: the one in the policy may belong to another organisation by now.
      return { kind: "pending", organisation: membership.login };
    case "none":
      if (list === "deny" && !membership.isProven) return hidden(organisation, "organisation_not_found");
      return membership.nameTakenBy === null ? notMatched : nameReassigned;
    case "hidden":
      return hidden(organisation, membership.reason, membership.ssoUrl);
  }
}

function hidden(
  organisation: string,
  reason: (Match & { kind: "hidden" })["reason"],
  ssoUrl: string | null = null,
): Match {
  return { kind: "hidden", organisation, reason, ssoUrl };
}

/** Members of child teams are in `teams` of their parents, too. */
function matchTeam(entry: TeamEntry, policy: ClusterPolicy, membership: Membership, list: "allow" | "deny"): Match {
  const { organisation, slug, id } = entry;
  if (membership.kind !== "active") return matchMembership(organisation, membership, list) ?? notMatched;
  const { teams, teamsHidden, namedTeams } = membership;
  if (teams.some((team) => isTeam(entry, team))) return matched;
  const isOut = namedTeams?.[keyOfTeam(entry)] === false;
  // The user may be in the team all the same.
  if (teamsHidden !== null && !isOut) return hidden(organisation, teamsHidden);
  // A pinned team may be in another organisation than the one that has the name now.
  if (list === "deny" && id !== null && !isOut && !isPinned(organisation, policy)) {
    return hidden(organisation, "organisation_not_found");
  }
  return teams.some((team) => team.slug.toLowerCase() === slug) ? nameReassigned : { kind: "not_in_team" };
}

export function isTeam({ slug, id }: TeamEntry, team: Team): boolean {
  return id === null ? team.slug.toLowerCase() === slug : team.id === id;
}

/** Whether the number of an organisation that the policy names is known. */
export function isPinned(login: string, { organisations }: ClusterPolicy): boolean {
  return organisations.some((organisation) => organisation.login === login && organisation.id !== null);
}
