// Memberships as the user's own token sees them. What the token may not see is named with its reason, never left out,
// and each organisation counts for itself: one that fails says nothing about the others.
//
// Round trips after `GET /user`: one for all organisations and the first page of teams, in parallel. More for what
// can't be known before: one for each further page of teams, some for parents that are in no list, and up to two for an
// organisation that does not show itself under its name. A Worker has 6 connections at once, so from six organisations
// on the calls queue.
import type { OrganisationReference } from "../../config/organisations.ts";
import type { CallResult } from "../calls.ts";
import type { LookupFailure, Membership } from "../facts.ts";
import { inconsistentResponses, isLookupFailure, worst } from "../outcomes.ts";
import type { MembershipBody } from "../schemas.ts";
import { expandScopes } from "../scopes.ts";
import { askNamedTeams, unlessElsewhere } from "./named-teams.ts";
import { findElsewhere, isShownElsewhere, search } from "./organisation-search.ts";
import { type Failure, hiddenBecause, type OwnLookup, startLookup, withoutSso } from "./own-lookup.ts";
import { teamsIn } from "./own-teams.ts";
import { type MembershipSource, type MembershipsRequest, relationOf } from "./source.ts";

/** Any of these lets a classic or OAuth token see memberships and teams; write:org and admin:org contain read:org. */
const membershipScopes = ["read:org", "repo", "user"];

export const ownTokenMemberships: MembershipSource = {
  async load(request, calls) {
    const { organisations } = request;
    if (lacksScope(request)) {
      const scopeMissing: Membership = { kind: "hidden", reason: "scope_missing", ssoUrl: null };
      return { kind: "known", memberships: organisations.map(() => scopeMissing), tookToken: false };
    }
    const { lookup, results } = await startLookup(request, calls);
    const found = await Promise.all(
      results.map(async ([reference, result]) => {
        const one = await resolve(lookup, reference, result);
        // Only its members see a team.
        return isLookupFailure(one) ? one : unlessElsewhere(reference, one, async () => false);
      }),
    );
    const failure = worst(found.filter(isLookupFailure));
    if (failure !== undefined) return { kind: "failed", failure };
    const memberships = found.filter((one) => !isLookupFailure(one));
    return {
      kind: "known",
      memberships: seesNothing(lookup, memberships) ? memberships.map(() => sightless) : memberships,
      tookToken: [lookup.teams, ...results.map(([, result]) => result)].some(tookToken),
    };
  },
};

/** GitHub would answer with a 403. The scopes are known already, so that call is saved. */
function lacksScope({ hasScopes, owner }: MembershipsRequest): boolean {
  if (!hasScopes || owner.scopes === null) return false;
  const scopes = expandScopes(owner.scopes);
  return !membershipScopes.some((scope) => scopes.has(scope));
}

/** @param result what GitHub says about the organisation's name */
async function resolve(
  lookup: OwnLookup,
  reference: OrganisationReference,
  result: CallResult<MembershipBody, Failure>,
): Promise<Membership | LookupFailure> {
  const readMembership = (body: MembershipBody) => membershipOf(lookup, reference, body);
  const searchFor = { lookup, reference, membershipOf: readMembership, nameTakenBy: null };
  if (result.kind === "ok") {
    const { id, login } = result.body.organization;
    if (reference.id !== null && reference.id !== id) return search({ ...searchFor, nameTakenBy: id });
    if (reference.id === null && login.toLowerCase() !== reference.login) return hiddenBecause(inconsistentResponses);
    // The organisation of a pinned team has another name by now, and another organisation took its own.
    if (isShownElsewhere(lookup, reference, id)) return search({ ...searchFor, nameTakenBy: id });
    return readMembership(result.body);
  }
  if (result.kind === "absent") return search(searchFor);
  if (result.kind !== "hidden") return hiddenBecause(result);
  // Another organisation may have the name now and hide, while the one of the policy shows itself under its new name.
  return (await findElsewhere(searchFor)) ?? hiddenBecause(result, reference.login);
}

/** @param body a membership that is known to be in the organisation of the policy */
async function membershipOf(
  lookup: OwnLookup,
  reference: OrganisationReference,
  { state, role, organization, user }: MembershipBody,
): Promise<Membership | LookupFailure> {
  const { request, teams } = lookup;
  if (user != null && user.id !== request.owner.account.id) return hiddenBecause(inconsistentResponses);
  const { id, login } = organization;
  const relation = relationOf({ state, role });
  if (relation === "none") return { kind: "none", nameTakenBy: null, isProven: true };
  if (relation === "pending") return { kind: "pending", id, login };
  if (teams.kind === "ok" && teams.leftOut.includes(id)) return withoutSso;
  const known = await teamsIn(lookup, reference, organization);
  if ("kind" in known) return known;
  const { login: ownLogin } = request.owner.account;
  const named = await askNamedTeams(reference, organization, ownLogin, known, lookup.callForTeams);
  return { kind: "active", id, login, role: relation, ...named };
}

/**
 * @returns whether a fine-grained token shows no organisation at all: its owner is in none, or it is for none of them
 */
function seesNothing({ request, teams }: OwnLookup, memberships: readonly Membership[]): boolean {
  const hasTeams = teams.kind === "ok" && teams.items.length > 0;
  const isBlank = (one: Membership) => one.kind === "none" && !one.isProven && one.nameTakenBy === null;
  return request.isFineGrained && !hasTeams && memberships.every(isBlank);
}

const sightless: Membership = { kind: "hidden", reason: "token_sees_nothing", ssoUrl: null };

function tookToken({ kind }: { readonly kind: string }): boolean {
  return kind === "ok" || kind === "absent" || kind === "hidden";
}
