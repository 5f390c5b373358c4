// Facts about an account out of whole lists, as a review with a fitting token would find them one by one.
import type { ClusterPolicy } from "../../../worker/config/cluster.ts";
import {
  keyOfOrganisation,
  keyOfTeam,
  type OrganisationReference,
  teamsToProve,
} from "../../../worker/config/organisations.ts";
import type { Account, Facts, Membership } from "../../../worker/github/facts.ts";
import type { PresentedCredential } from "../../../worker/policy/identity.ts";
import type { OrganisationPeople } from "./read-organisation.ts";

/** By `keyOfOrganisation`: every organisation that a policy names. */
export type People = ReadonlyMap<string, OrganisationPeople>;

/** What a deployment knows besides. */
export interface Deployment {
  /** Of GitHub's pages. */
  readonly host: string;
  /** Whether it reads memberships through an installed App, and not with each person's own token. */
  readonly readsByApp: boolean;
}

/**
 * A token that nothing is wrong with: it belongs to no app, has no scope, and ends. What a token must be is told apart.
 */
export const fittingCredential: PresentedCredential = { tokenKind: "fine_grained", credentialId: "" };
const fittingToken = { oauthClientId: null, scopes: null, expiry: { kind: "at", epochMs: 0 } } as const;

export function factsAbout(
  account: Account,
  policy: ClusterPolicy,
  people: People,
  { host, readsByApp }: Deployment,
): Facts {
  return {
    host,
    account,
    ...fittingToken,
    organisations: Object.fromEntries(
      policy.organisations.map((reference) => {
        const key = keyOfOrganisation(reference);
        const organisation = people.get(key);
        if (organisation === undefined) throw new Error(`${key} was not read`);
        return [key, membershipOf(account, reference, organisation, readsByApp)];
      }),
    ),
  };
}

function membershipOf(
  { id }: Account,
  reference: OrganisationReference,
  organisation: OrganisationPeople,
  readsByApp: boolean,
): Membership {
  const { login, members, invitations, teamsOf } = organisation;
  const member = members.get(id);
  if (member === undefined) {
    // A pinned team of deny may be elsewhere by now: then a "no" of this organisation proves nothing. That the team is
    // still here, no outsider's own token sees.
    const isProven = teamsToProve(reference).every((team) => readsByApp && isThere(team.id, organisation));
    if (!isProven) return { kind: "none", nameTakenBy: null, isProven: false };
    const isInvited = invitations?.some(({ account, isForMember }) => account?.id === id && isForMember) ?? false;
    return isInvited
      ? { kind: "pending", id: organisation.id, login }
      : { kind: "none", nameTakenBy: null, isProven: true };
  }
  const teams = reference.needsTeams ? (teamsOf.get(id) ?? []) : [];
  return {
    kind: "active",
    id: organisation.id,
    login,
    role: member.role,
    teams: teams.map((team) => ({ id: team.id, slug: team.slug })),
    teamsHidden: null,
    ...namedTeams(reference, organisation, teams),
  };
}

/** What a review asks about single teams, where their number alone is known. */
function namedTeams(
  reference: OrganisationReference,
  organisation: OrganisationPeople,
  teams: readonly { readonly id: number; readonly slug: string }[],
): Pick<Membership & { kind: "active" }, "namedTeams"> {
  const unproven = teamsToProve(reference);
  if (unproven.length === 0) return {};
  const answers = reference.teams.map((team) => {
    const isIn = teams.some(({ id, slug }) => (team.id === null ? slug.toLowerCase() === team.slug : id === team.id));
    const isOut = !unproven.includes(team) || isThere(team.id, organisation);
    return [keyOfTeam(team), isIn ? true : isOut ? false : null] as const;
  });
  return { namedTeams: Object.fromEntries(answers) };
}

function isThere(id: number | null, { teams }: OrganisationPeople): boolean {
  return teams.some((team) => team.id === id);
}
