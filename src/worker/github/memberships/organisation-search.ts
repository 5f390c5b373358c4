// The search for an organisation that does not show itself under its name: it may have been renamed, be hidden, or not
// know the user. "Not found" is a proof only where GitHub says it of the very organisation, and no list left it out.
import * as v from "valibot";
import type { OrganisationReference } from "../../config/organisations.ts";
import type { LookupFailure, Membership } from "../facts.ts";
import { inconsistentResponses, invalidResponse } from "../outcomes.ts";
import { type MembershipBody, membershipSchema, type OrganisationBody } from "../schemas.ts";
import { hiddenBecause, isSameLogin, type OwnLookup, pinnedNumbers, withoutSso } from "./own-lookup.ts";

type Found = Membership | LookupFailure;
type MembershipOf = (lookup: OwnLookup, reference: OrganisationReference, body: MembershipBody) => Promise<Found>;

/** The numbers that are looked up for an organisation without one. */
const maxNumbers = 5;

/**
 * @param membershipOf reads a membership that was found
 * @param nameTakenBy the number of the organisation that has the name now, or null where GitHub shows none
 */
export async function search(
  lookup: OwnLookup,
  reference: OrganisationReference,
  membershipOf: MembershipOf,
  nameTakenBy: number | null,
): Promise<Found> {
  const { teams, isForAnother, request } = lookup;
  if (isForAnother && nameTakenBy === null) return { kind: "hidden", reason: "other_resource_owner", ssoUrl: null };
  const shown = shownByTeams(lookup, reference);
  if (shown !== undefined) return membershipUnder(lookup, reference, membershipOf, shown, true);
  if (reference.id === null) {
    // Only the teams could show it under another name.
    const isOpen = reference.teamIds.length > 0 && teams.kind !== "ok" && teams.kind !== "not_asked";
    return isOpen ? hiddenBecause(teams, reference.login) : noneUnlessLeftOut(lookup, reference, null);
  }
  const byNumber = await lookup.organisationById(reference.id);
  if (byNumber.kind === "ok") {
    const { organisation } = byNumber;
    if (!isSameLogin(organisation.login, reference.login)) {
      return membershipUnder(lookup, reference, membershipOf, organisation, false);
    }
    return nameTakenBy === null ? noneUnlessLeftOut(lookup, reference, null) : hiddenBecause(inconsistentResponses);
  }
  if (byNumber.kind !== "absent" && byNumber.kind !== "hidden" && byNumber.kind !== "unavailable") return byNumber;
  const listed = request.isFineGrained
    ? null
    : await findInList(lookup, { ...reference, id: reference.id }, membershipOf);
  if (listed !== null) return listed;
  if (byNumber.kind === "unavailable") return hiddenBecause(byNumber);
  if (request.isFineGrained && teams.kind !== "ok" && teams.kind !== "not_asked")
    return hiddenBecause(teams, reference.login);
  return { kind: "none", nameTakenBy, isProven: false };
}

/** @returns the membership under another name than the policy's, or null where GitHub shows none */
export async function findElsewhere(
  lookup: OwnLookup,
  reference: OrganisationReference,
  membershipOf: MembershipOf,
): Promise<Found | null> {
  if (lookup.isForAnother) return null;
  let current = shownByTeams(lookup, reference);
  const isByTeams = current !== undefined;
  if (current === undefined && reference.id !== null) {
    const byNumber = await lookup.organisationById(reference.id);
    if (byNumber.kind === "ok") current = byNumber.organisation;
  }
  if (current === undefined || isSameLogin(current.login, reference.login)) return null;
  return membershipUnder(lookup, reference, membershipOf, current, isByTeams);
}

/** @param isShown whether a team of the user shows the organisation, so that its absence is inconsistent with it */
async function membershipUnder(
  lookup: OwnLookup,
  reference: OrganisationReference,
  membershipOf: MembershipOf,
  { id, login }: OrganisationBody,
  isShown: boolean,
): Promise<Found> {
  const result = await lookup.membershipIn(login);
  if (result.kind === "absent" && !isShown) return noneUnlessLeftOut(lookup, reference, null);
  if (result.kind !== "ok") return hiddenBecause(result, login.toLowerCase());
  return result.body.organization.id === id
    ? membershipOf(lookup, reference, result.body)
    : hiddenBecause(inconsistentResponses);
}

/** @returns null where the list does not show the organisation, which proves nothing: it leaves out what hides */
async function findInList(
  lookup: OwnLookup,
  reference: OrganisationReference & { readonly id: number },
  membershipOf: MembershipOf,
): Promise<Found | null> {
  const all = await lookup.allMemberships();
  if (all.kind === "absent") return null;
  if (all.kind !== "ok") return hiddenBecause(all, reference.login);
  if (all.leftOut.includes(reference.id)) return withoutSso;
  const item = all.items.find(({ organization }) => organization.id === reference.id);
  if (item === undefined) return null;
  const body = v.safeParse(membershipSchema, item);
  return body.success ? membershipOf(lookup, reference, body.output) : hiddenBecause(invalidResponse);
}

/**
 * GitHub says that it knows no membership in the organisation. Single sign-on may say so, too, of a member: the lists
 * then name the organisation by its number. A fine-grained token may just not see it.
 */
async function noneUnlessLeftOut(
  lookup: OwnLookup,
  reference: OrganisationReference,
  nameTakenBy: number | null,
): Promise<Found> {
  const none = (isProven: boolean): Membership => ({ kind: "none", nameTakenBy, isProven });
  if (lookup.request.isFineGrained) return none(false);
  const list = lookup.teams.kind === "ok" ? lookup.teams : await lookup.allMemberships();
  if (list.kind !== "ok") return none(false);
  if (reference.id !== null) return list.leftOut.includes(reference.id) ? withoutSso : none(true);

  const pinned = pinnedNumbers(lookup.request.organisations);
  const leftOut = list.leftOut.filter((number) => !pinned.has(number));
  if (leftOut.length === 0) return none(true);
  // Only its teams are pinned, and they find it under any name.
  if (reference.teamIds.length > 0) return withoutSso;
  if (leftOut.length > maxNumbers) return none(false);
  const organisations = await Promise.all(leftOut.map(lookup.organisationById));
  if (organisations.some((one) => one.kind === "ok" && isSameLogin(one.organisation.login, reference.login))) {
    return withoutSso;
  }
  return none(organisations.every(({ kind }) => kind === "ok"));
}

/** The organisation of the policy under its present name, if a team of the user shows it by number. */
function shownByTeams({ teams }: OwnLookup, { id, teamIds }: OrganisationReference): OrganisationBody | undefined {
  const items = teams.kind === "ok" ? teams.items : [];
  const item = items.find((one) =>
    id === null ? teamIds.some((teamId) => one.id === teamId) : one.organization.id === id,
  );
  const organisation = v.safeParse(membershipSchema.entries.organization, item?.organization);
  return organisation.success ? organisation.output : undefined;
}
