// The search for an organisation that does not show itself under its name: it may have been renamed, be hidden, or not
// know the user. "Not found" is a proof only where GitHub says it of the very organisation, and no list left it out.
import * as v from "valibot";
import { type OrganisationReference, pinnedTeams } from "../../config/organisations.ts";
import type { LookupFailure, Membership } from "../facts.ts";
import { inconsistentResponses, invalidResponse } from "../outcomes.ts";
import { type ListItem, type MembershipBody, membershipSchema, type OrganisationBody, readTeam } from "../schemas.ts";
import { tooManyPages } from "./lists.ts";
import { hiddenBecause, isSameLogin, type OwnLookup, pinnedNumbers, withoutSso } from "./own-lookup.ts";

type Found = Membership | LookupFailure;

export interface Search {
  readonly lookup: OwnLookup;
  readonly reference: OrganisationReference;
  /** Reads a membership that was found in the organisation of the policy. */
  readonly membershipOf: (body: MembershipBody) => Promise<Found>;
  /** The number of the organisation that has the name now, or null where GitHub shows none. */
  readonly nameTakenBy: number | null;
}

/** The numbers that are looked up for an organisation without one. */
const maxNumbers = 5;

/** Searches for an organisation whose name leads nowhere, or to another one. */
export async function search(given: Search): Promise<Found> {
  const { lookup, reference, nameTakenBy } = given;
  const { teams, isForAnother, request } = lookup;
  if (isForAnother && nameTakenBy === null) return { kind: "hidden", reason: "other_resource_owner", ssoUrl: null };
  const shown = shownByTeams(lookup, reference);
  if (shown !== undefined) return membershipUnder(given, shown, true);
  const areTeamsOpen = teams.kind !== "ok" && teams.kind !== "not_asked";
  const { id } = reference;
  if (id === null) {
    // Only the teams could show it under another name.
    if (!areTeamsOpen || pinnedTeams(reference).length === 0) return noneUnlessLeftOut(given);
    // GitHub is not down, for it knows no membership under the name: so the user's list brings no grace.
    return hiddenBecause(teams.kind === "unavailable" ? tooManyPages : teams, reference.login);
  }
  const byNumber = await lookup.organisationById(id);
  if (byNumber.kind === "ok") {
    const { organisation } = byNumber;
    if (!isSameLogin(organisation.login, reference.login)) return membershipUnder(given, organisation, false);
    return nameTakenBy === null ? noneUnlessLeftOut(given) : hiddenBecause(inconsistentResponses);
  }
  if (byNumber.kind !== "absent" && byNumber.kind !== "hidden" && byNumber.kind !== "unavailable") return byNumber;
  const listed = request.isFineGrained ? null : await findInList(given, id);
  if (listed !== null) return listed;
  if (byNumber.kind === "unavailable") return hiddenBecause(byNumber);
  if (request.isFineGrained && areTeamsOpen) return hiddenBecause(teams, reference.login);
  return { kind: "none", nameTakenBy, isProven: false };
}

/** @returns the membership under another name than the policy's, or null where GitHub shows none */
export async function findElsewhere(given: Search): Promise<Found | null> {
  const { lookup, reference } = given;
  if (lookup.isForAnother) return null;
  const shown = shownByTeams(lookup, reference);
  const current = shown ?? (await organisationByNumber(lookup, reference));
  if (current === null || isSameLogin(current.login, reference.login)) return null;
  return membershipUnder(given, current, shown !== undefined);
}

async function organisationByNumber(
  lookup: OwnLookup,
  { id }: OrganisationReference,
): Promise<OrganisationBody | null> {
  const found = id === null ? null : await lookup.organisationById(id);
  return found?.kind === "ok" ? found.organisation : null;
}

/** @param isShown whether a team of the user shows the organisation, so that its absence is inconsistent with it */
async function membershipUnder(given: Search, { id, login }: OrganisationBody, isShown: boolean): Promise<Found> {
  const result = await given.lookup.membershipIn(login);
  if (result.kind === "absent" && !isShown) return noneUnlessLeftOut(given);
  if (result.kind !== "ok") return hiddenBecause(result, login.toLowerCase());
  return result.body.organization.id === id ? given.membershipOf(result.body) : hiddenBecause(inconsistentResponses);
}

/** @returns null where the list does not show the organisation, which proves nothing: it leaves out what hides */
async function findInList({ lookup, reference, membershipOf }: Search, id: number): Promise<Found | null> {
  const all = await lookup.allMemberships();
  if (all.kind === "absent") return null;
  if (all.kind !== "ok") return hiddenBecause(all, reference.login);
  if (all.leftOut.includes(id)) return withoutSso;
  const item = all.items.find(({ organization }) => organization.id === id);
  if (item === undefined) return null;
  const body = v.safeParse(membershipSchema, item);
  return body.success ? membershipOf(body.output) : hiddenBecause(invalidResponse);
}

/**
 * GitHub says that it knows no membership in the organisation. Single sign-on may say so, too, of a member: the lists
 * then name the organisation by its number. A fine-grained token may just not see it.
 */
async function noneUnlessLeftOut({ lookup, reference, nameTakenBy }: Search): Promise<Found> {
  const none = (isProven: boolean): Membership => ({ kind: "none", nameTakenBy, isProven });
  if (lookup.request.isFineGrained) return none(false);
  const { teams } = lookup;
  const list = teams.kind === "ok" && teams.isLeftOutCurrent ? teams : await lookup.allMemberships();
  if (list.kind !== "ok") return none(false);
  if (reference.id !== null) return list.leftOut.includes(reference.id) ? withoutSso : none(true);

  const pinned = pinnedNumbers(lookup.request.organisations);
  const leftOut = list.leftOut.filter((number) => !pinned.has(number));
  if (leftOut.length === 0) return none(true);
  // Only its teams are pinned, and they find it under any name.
  if (pinnedTeams(reference).length > 0) return withoutSso;
  if (leftOut.length > maxNumbers) return none(false);
  const organisations = await Promise.all(leftOut.map(lookup.organisationById));
  if (organisations.some((one) => one.kind === "ok" && isSameLogin(one.organisation.login, reference.login))) {
    return withoutSso;
  }
  return none(organisations.every(({ kind }) => kind === "ok"));
}

/**
 * Whether an organisation is another one than that of its pinned teams, by the user's own teams.
 *
 * @param id the number of the organisation that has the name now; the pinned one, where it is pinned
 */
export function isShownElsewhere(lookup: OwnLookup, reference: OrganisationReference, id: number): boolean {
  const numbers = itemsShowing(lookup, reference).map(({ organization }) => organization.id);
  return numbers.length > 0 && !numbers.includes(id);
}

/** The organisation of the policy under its present name, if a team of the user shows it by number. */
function shownByTeams(lookup: OwnLookup, reference: OrganisationReference): OrganisationBody | undefined {
  const [item] = itemsShowing(lookup, reference);
  const organisation = v.safeParse(membershipSchema.entries.organization, item?.organization);
  return organisation.success ? organisation.output : undefined;
}

/** The user's teams in the organisation: of one that is not pinned, its pinned teams and their direct children. */
function itemsShowing({ teams }: OwnLookup, reference: OrganisationReference): ListItem[] {
  const items = teams.kind === "ok" ? teams.items : [];
  if (reference.id !== null) return items.filter(({ organization }) => organization.id === reference.id);
  const teamIds = pinnedTeams(reference);
  return items.filter((item) => {
    const team = readTeam(item);
    return team !== null && teamIds.some((number) => number === team.id || number === team.parent?.id);
  });
}
