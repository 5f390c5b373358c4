// Does an entry of `allow` or `deny` mean this person? A pinned entry means the number alone: the name may have changed hands.
import type { ClusterPolicy } from "../config/cluster.ts";
import type { AllowEntry, OrganisationEntry, TeamEntry, UserEntry } from "../config/entries.ts";
import { keyOfOrganisation } from "../config/organisations.ts";
import type { Account, Facts, Standing } from "../github/facts.ts";

export type Match =
  | { readonly kind: "meant" }
  | { readonly kind: "not_meant" }
  /** The name is right, but the pinned number is another's: somebody else has the name now. */
  | { readonly kind: "name_taken_over" }
  | { readonly kind: "pending"; readonly organisation: string }
  | { readonly kind: "not_in_team" }
  | { readonly kind: "invisible"; readonly organisation: string; readonly standing: Standing & { kind: "invisible" } };

const meant = { kind: "meant" } as const;
const notMeant = { kind: "not_meant" } as const;
const nameTakenOver = { kind: "name_taken_over" } as const;

/** An organisation that nobody asked about is one that nobody saw. */
const notAsked = { kind: "invisible", reason: "organisation_forbidden", ssoUrl: null } as const;

export function matchEntry(entry: AllowEntry, policy: ClusterPolicy, facts: Facts): Match {
  switch (entry.kind) {
    case "anyone":
      return meant;
    case "user":
      return matchUser(entry, facts.account);
    case "organisation":
      return matchStanding(entry.login, standingIn(entry.login, policy, facts)) ?? meant;
    case "team":
      return matchTeam(entry, standingIn(entry.organisation, policy, facts));
  }
}

export function matchUser({ login, id }: UserEntry, account: Account): Match {
  if (id === account.id) return meant;
  if (login !== account.login.toLowerCase()) return notMeant;
  return id === null ? meant : nameTakenOver;
}

/** @returns how the person stands to an organisation that the policy names */
export function standingIn(login: string, policy: ClusterPolicy, facts: Facts): Standing {
  const reference = policy.organisations.find((organisation) => organisation.login === login);
  if (reference === undefined) return notAsked;
  const key = keyOfOrganisation(reference);
  // An organisation may be called "constructor", which every object has.
  return (Object.hasOwn(facts.organisations, key) ? facts.organisations[key] : undefined) ?? notAsked;
}

/** @returns null for a member */
function matchStanding(organisation: OrganisationEntry["login"], standing: Standing): Match | null {
  switch (standing.kind) {
    case "member":
      return null;
    case "pending":
      // Its present name: the policy's may be an old one that somebody else has by now.
      return { kind: "pending", organisation: standing.login };
    case "not_a_member":
      return standing.nameTakenBy === null ? notMeant : nameTakenOver;
    case "invisible":
      return { kind: "invisible", organisation, standing };
  }
}

/** Members of child teams are in `teams` of their parents, too. */
function matchTeam({ organisation, slug, id }: TeamEntry, standing: Standing): Match {
  if (standing.kind !== "member") return matchStanding(organisation, standing) ?? notMeant;
  const hasSlug = standing.teams.filter((team) => team.slug.toLowerCase() === slug);
  if (id === null) return hasSlug.length > 0 ? meant : { kind: "not_in_team" };
  if (standing.teams.some((team) => team.id === id)) return meant;
  return hasSlug.length > 0 ? nameTakenOver : { kind: "not_in_team" };
}
