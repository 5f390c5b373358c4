// Memberships as the user's own token sees them. What the token may not see is named with its reason, never left out.
//
// Round trips after `GET /user`: one for all organisations and the first page of teams, in parallel. More for what
// can't be known before: one for each further page of teams, one for each level of parents that are in no list, and up
// to two to find a pinned organisation that no longer has its name. A Worker has 6 connections at once, so from six
// organisations on the calls queue.
import type { OrganisationReference } from "../../config/organisations.ts";
import type { CallResult, GitHubCalls } from "../calls.ts";
import { ownMembership, ownMemberships, ownTeams, team } from "../endpoints.ts";
import type { LookupFailure, Membership, Team } from "../facts.ts";
import { type Absent, type Hidden, inconsistentResponses, isLookupFailure, worst } from "../outcomes.ts";
import type { ListedTeam, MembershipBody } from "../schemas.ts";
import { expandScopes } from "../scopes.ts";
import { fetchList, type List } from "./lists.ts";
import type { MembershipSource, MembershipsRequest } from "./source.ts";
import { withAncestors } from "./team-ancestors.ts";

/** Any of these lets a classic or OAuth token see memberships and teams; write:org and admin:org contain read:org. */
const membershipScopes = ["read:org", "repo", "user"];

type Failure = Absent | Hidden | LookupFailure;
type Teams = List<ListedTeam> | Failure;
type Memberships = List<MembershipBody> | Failure;

/** What is known, and can be looked up, about one user. */
interface Lookup {
  readonly request: MembershipsRequest;
  readonly teams: Teams;
  readonly membershipIn: (login: string) => Promise<CallResult<MembershipBody, Failure>>;
  /** Calls once, however many organisations need it. */
  readonly allMemberships: () => Promise<Memberships>;
  /** One team with its parent. */
  readonly team: (organisation: string, team: Team) => Promise<{ kind: "ok"; team: ListedTeam } | Failure>;
}

export const ownTokenMemberships: MembershipSource = {
  async load(request, calls) {
    const { organisations } = request;
    if (lacksScope(request)) {
      const scopeMissing: Membership = { kind: "hidden", reason: "scope_missing", ssoUrl: null };
      return { kind: "known", memberships: organisations.map(() => scopeMissing), tookToken: false };
    }
    const { lookup, results } = await startLookup(request, calls);
    const found = await Promise.all(results.map(([reference, result]) => resolve(lookup, reference, result)));
    const failure = worst(found.filter(isLookupFailure));
    if (failure !== undefined) return { kind: "failed", failure };
    return { kind: "known", memberships: found.filter((one) => !isLookupFailure(one)), tookToken: true };
  },
};

/** GitHub would answer with a 403. The scopes are known already, so that call is saved. */
function lacksScope({ hasScopes, owner }: MembershipsRequest): boolean {
  if (!hasScopes || owner.scopes === null) return false;
  const scopes = expandScopes(owner.scopes);
  return !membershipScopes.some((scope) => scopes.has(scope));
}

/** Asks about every organisation by its name, and for the teams, all in parallel. */
async function startLookup(request: MembershipsRequest, calls: GitHubCalls) {
  const authorization = `Bearer ${request.token}`;
  const membershipIn = (organisation: string) => calls.call(ownMembership, { organisation }, { authorization });
  const [results, teams] = await Promise.all([
    Promise.all(
      request.organisations.map(async (reference) => [reference, await membershipIn(reference.login)] as const),
    ),
    fetchList(calls, ownTeams, authorization),
  ]);
  let all: Promise<Memberships> | null = null;
  const lookup: Lookup = {
    request,
    teams,
    membershipIn,
    allMemberships: () => {
      all ??= fetchList(calls, ownMemberships, authorization);
      return all;
    },
    team: async (organisation, { id, slug }) => {
      const result = await calls.call(team, { organisation, slug }, { authorization });
      if (result.kind !== "ok") return result;
      // Otherwise the slug has moved to another team since the list was read.
      return result.body.id === id ? { kind: "ok", team: result.body } : inconsistentResponses;
    },
  };
  return { lookup, results };
}

/** @param result what GitHub says about the organisation's name */
async function resolve(
  lookup: Lookup,
  reference: OrganisationReference,
  result: CallResult<MembershipBody, Failure>,
): Promise<Membership | LookupFailure> {
  if (result.kind === "absent") return findByNumber(lookup, reference, null);
  if (result.kind === "hidden") {
    // Another organisation may have the name now and hide, while the one of the policy shows itself under its new name.
    const current = shownByTeams(lookup, reference);
    const isElsewhere = current !== undefined && current.login.toLowerCase() !== reference.login;
    return isElsewhere ? findByNumber(lookup, reference, null) : result;
  }
  if (result.kind !== "ok") return result;
  const { id, login } = result.body.organization;
  if (reference.id !== null && reference.id !== id) return findByNumber(lookup, reference, id);
  if (reference.id === null && login.toLowerCase() !== reference.login) return inconsistentResponses;
  return membershipOf(lookup, result.body);
}

/** @param body a membership that is known to be in the organisation of the policy */
async function membershipOf(
  { teams, team: lookUpTeam, request }: Lookup,
  { state, role, organization: { id, login }, user }: MembershipBody,
): Promise<Membership | LookupFailure> {
  if (user != null && user.id !== request.owner.account.id) return inconsistentResponses;
  if (role !== "admin" && role !== "member") return { kind: "none", nameTakenBy: null, isProven: true };
  if (state === "pending") return { kind: "pending", id, login };

  if (teams.kind !== "ok") return presentOrInconsistent(teams);
  if (teams.leftOut.includes(id)) return withoutSso;
  const direct = teams.items.filter(({ organization }) => organization.id === id);
  const all = await withAncestors<Failure>(direct, (one) => lookUpTeam(login, one));
  if (all.kind !== "ok") return presentOrInconsistent(all);
  return { kind: "active", id, login, role, teams: all.teams, teamsHidden: null };
}

const withoutSso: Membership = { kind: "hidden", reason: "sso_required", ssoUrl: null };

/**
 * A member whose teams are hidden is not known well enough. A list or a parent that is absent is inconsistent with the
 * membership.
 */
function presentOrInconsistent(failure: Failure): Hidden | LookupFailure {
  return failure.kind === "absent" ? inconsistentResponses : failure;
}

/**
 * Looks for an organisation that was renamed: its name leads nowhere, or to another organisation than the pinned one. A
 * pinned team shows it, or else the list of all memberships, which fine-grained tokens may not read.
 *
 * @param nameTakenBy the number of the organisation that has the name now, or null
 */
async function findByNumber(
  lookup: Lookup,
  reference: OrganisationReference,
  nameTakenBy: number | null,
): Promise<Membership | LookupFailure> {
  const none: Membership = { kind: "none", nameTakenBy, isProven: true };
  const { teams, request } = lookup;
  // Where only the teams could show the organisation, a hidden list of teams leaves open whether the user is in it.
  const isShownByTeamsOnly = reference.id === null ? reference.teamIds.length > 0 : request.isFineGrained;
  if (teams.kind !== "ok" && isShownByTeamsOnly) return presentOrInconsistent(teams);
  const current = shownByTeams(lookup, reference);
  if (current !== undefined) {
    const result = await lookup.membershipIn(current.login);
    if (result.kind !== "ok") return presentOrInconsistent(result);
    return result.body.organization.id === current.id ? membershipOf(lookup, result.body) : inconsistentResponses;
  }
  if (reference.id === null || request.isFineGrained) return none;

  const all = await lookup.allMemberships();
  if (all.kind !== "ok") return presentOrInconsistent(all);
  if (all.leftOut.includes(reference.id)) return withoutSso;
  const membership = all.items.find(({ organization }) => organization.id === reference.id);
  return membership === undefined ? none : membershipOf(lookup, membership);
}

/** The organisation of the policy under its present name, if a team of the user shows it by number. */
function shownByTeams({ teams }: Lookup, { id, teamIds }: OrganisationReference) {
  const items = teams.kind === "ok" ? teams.items : [];
  return items.find((one) => (id === null ? teamIds.includes(one.id) : one.organization.id === id))?.organization;
}
