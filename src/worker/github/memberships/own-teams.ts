// The teams of a user in one organisation, out of the list of the user's teams in all of them. Their makers decide
// about their names, and about who is in them, so one that is odd costs no more than itself.
import { type OrganisationReference, pinnedTeams } from "../../config/organisations.ts";
import { organisationTeams, team } from "../endpoints.ts";
import type { LookupFailure, MissingReason, Team } from "../facts.ts";
import { inconsistentResponses } from "../outcomes.ts";
import { type OrganisationBody, readTeam, type TeamWithParent } from "../schemas.ts";
import { fetchList, tooManyPages } from "./lists.ts";
import type { KnownTeams } from "./named-teams.ts";
import { type Failure, isIn, missingReasonOf, type OwnLookup, pinnedNumbers } from "./own-lookup.ts";
import { withAncestors } from "./team-ancestors.ts";

/** @param organisation under its present name */
export async function teamsIn(
  lookup: OwnLookup,
  reference: OrganisationReference,
  organisation: OrganisationBody,
): Promise<KnownTeams | LookupFailure> {
  const { teams: list } = lookup;
  if (!reference.needsTeams || list.kind === "not_asked") return { teams: [], teamsHidden: null };
  if (list.kind !== "ok") return known([], missingTeamsOf(list, organisation));

  const items = list.items.filter((item) => isIn(item, organisation));
  // One that shows its organisation by the name alone cannot be read: the name may be another organisation's by now.
  const direct = items.flatMap((item) => (item.organization.id === organisation.id ? (readTeam(item) ?? []) : []));
  const { teams, missing } = await withAncestors<Failure>(direct, sourcesOf(lookup, organisation));
  if (missing !== null && missing !== "unknown_parent") return known(teams, missingTeamsOf(missing, organisation));
  if (missing !== null) return known(teams, "github_inconsistent_responses");
  if (direct.length < items.length) return known(teams, "github_invalid_response");
  return known(teams, mayBeElsewhere(lookup, reference, organisation, teams) ? "sso_required" : null);
}

function known(teams: readonly Team[], hidden: MissingReason | LookupFailure | null): KnownTeams | LookupFailure {
  return typeof hidden === "string" || hidden === null ? { teams, teamsHidden: hidden } : hidden;
}

function sourcesOf({ calls, authorization, mayCallForTeams, callForTeams }: OwnLookup, organisation: OrganisationBody) {
  return {
    lookUp: async ({ id, slug }: Team): Promise<{ kind: "ok"; teams: readonly TeamWithParent[] } | Failure> => {
      const result = await callForTeams(team, { organisation, team: { id: null, slug } });
      if (result.kind !== "ok") return endedBy(result, calls.isOver());
      // Otherwise the slug has moved to another team since the list was read.
      return result.body.id === id ? { kind: "ok", teams: [result.body] } : inconsistentResponses;
    },
    listAll: async (): Promise<{ kind: "ok"; teams: readonly TeamWithParent[] } | Failure> => {
      const list = await fetchList(
        calls,
        organisationTeams,
        authorization,
        { organisation: organisation.login },
        {
          mayCall: mayCallForTeams,
          isWorthAnotherTry: async () => true,
        },
      );
      return list.kind === "ok" ? { kind: "ok", teams: list.items } : list;
    },
  };
}

/** The end of the time for all calls is not GitHub's: their number was too large. */
function endedBy(failure: Failure, isOver: boolean): Failure {
  return isOver && failure.kind === "unavailable" && failure.reason === "github_timeout" ? tooManyPages : failure;
}

function missingTeamsOf(failure: Failure, { login }: OrganisationBody): MissingReason | LookupFailure {
  const reason = missingReasonOf(failure, login.toLowerCase());
  return reason === "github_too_large" ? "too_many_teams" : reason;
}

/**
 * An organisation that is not pinned is the one that has the name now. A pinned team of it may be in another one by
 * now, which single sign-on left out of the list.
 */
function mayBeElsewhere(
  { teams: list, request }: OwnLookup,
  reference: OrganisationReference,
  organisation: OrganisationBody,
  teams: readonly Team[],
): boolean {
  const teamIds = pinnedTeams(reference);
  if (reference.id !== null || teamIds.length === 0 || list.kind !== "ok") return false;
  if (teams.some((one) => teamIds.includes(one.id))) return false;
  const others = pinnedNumbers(request.organisations);
  return list.leftOut.some((number) => number !== organisation.id && !others.has(number));
}
