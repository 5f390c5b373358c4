// An entry about one token: the facts, each part with the time at which GitHub was asked, or a tombstone. Only those
// times say how old a part is: an entry that was copied, delayed or replayed is as old as it was.
import * as v from "valibot";
import { keyOfOrganisation, keyOfTeam, type OrganisationReference } from "../config/organisations.ts";
import { type Validators, validatorsSchema } from "../github/conditional-client.ts";
import {
  type Facts,
  type FactsRequest,
  hiddenReasons,
  limitedReasons,
  type Membership,
  needsOrganisations,
  unavailableReasons,
} from "../github/facts.ts";
import { accountSchema, idSchema, knownTeamSchema, organisationLoginSchema } from "../github/schemas.ts";

const timeSchema = v.custom<number>((value) => Number.isSafeInteger(value) && Number(value) >= 0);

const missingReasonSchema = v.picklist([...hiddenReasons, ...limitedReasons, ...unavailableReasons]);

const membershipSchema = v.union([
  v.object({
    kind: v.literal("active"),
    id: idSchema,
    login: organisationLoginSchema,
    role: v.picklist(["admin", "member"]),
    teams: v.array(knownTeamSchema),
    teamsHidden: v.nullable(missingReasonSchema),
    namedTeams: v.optional(v.record(v.string(), v.nullable(v.boolean()))),
  }),
  v.object({ kind: v.literal("pending"), id: idSchema, login: organisationLoginSchema }),
  v.object({ kind: v.literal("none"), nameTakenBy: v.nullable(idSchema), isProven: v.boolean() }),
  v.object({ kind: v.literal("hidden"), reason: missingReasonSchema, ssoUrl: v.nullable(v.string()) }),
]);

const knownSchema = v.object({ membership: membershipSchema, askedAt: timeSchema });
const partSchema = v.object({
  ...knownSchema.entries,
  lastKnown: v.nullable(knownSchema),
  failingSince: v.optional(timeSchema),
});

const expirySchema = v.union([
  v.object({ kind: v.literal("never") }),
  v.object({ kind: v.literal("at"), epochMs: v.custom<number>(Number.isSafeInteger) }),
  v.object({ kind: v.literal("unreadable") }),
]);

const factsEntrySchema = v.object({
  kind: v.literal("facts"),
  credentialId: v.string(),
  host: v.string(),
  account: accountSchema,
  oauthClientId: v.nullable(v.string()),
  scopes: v.nullable(v.array(v.string())),
  expiry: expirySchema,
  askedAt: timeSchema,
  organisations: v.record(v.string(), partSchema),
  validators: validatorsSchema,
});

const tombstoneSchema = v.object({ kind: v.literal("tombstone"), askedAt: timeSchema });

export const entrySchema = v.union([factsEntrySchema, tombstoneSchema]);

export interface Known {
  readonly membership: Membership;
  /** When GitHub was asked; milliseconds. */
  readonly askedAt: number;
}

/** One organisation of an entry. It ages by itself, so that an organisation about which GitHub fails ages no other. */
export interface Part extends Known {
  /** Where GitHub failed: what it said before. */
  readonly lastKnown: Known | null;
  /** Where GitHub failed again and again: when it was asked the first time of these. */
  readonly failingSince?: number | undefined;
}

export interface FactsEntry extends Omit<Facts, "organisations"> {
  readonly kind: "facts";
  readonly credentialId: string;
  /** When GitHub was asked whose token it is; milliseconds. */
  readonly askedAt: number;
  /** By `partKeyOf`. */
  readonly organisations: Readonly<Record<string, Part>>;
  readonly validators: Validators;
}

/** Overwrites the facts about a token that GitHub refused, so that no isolate brings them back while GitHub is down. */
export interface Tombstone {
  readonly kind: "tombstone";
  /** When GitHub's response was there: all that was asked before that is older than the refusal. */
  readonly askedAt: number;
}

export type Entry = FactsEntry | Tombstone;

/**
 * Drops parts that a fast clock has dated into the future: they would count as newer than what GitHub says now, and be
 * fresh for longer than they may.
 *
 * @returns the entry without such parts, or null if nothing is left; a tombstone counts as one of just now, for it only
 *   takes access away
 */
export function withoutFuture(entry: Entry | null, now: number): Entry | null {
  if (entry?.kind === "tombstone") return entry.askedAt <= now ? entry : { ...entry, askedAt: now - 1 };
  if (entry === null || entry.askedAt > now) return null;
  const isPast = ({ askedAt, lastKnown }: Part) => askedAt <= now && (lastKnown === null || lastKnown.askedAt <= now);
  if (Object.values(entry.organisations).every(isPast)) return entry;
  const past = Object.entries(entry.organisations).filter(([, part]) => isPast(part));
  return { ...entry, organisations: Object.fromEntries(past) };
}

/** @returns when GitHub was asked the first time of those in which it failed; milliseconds */
export function failingSince(part: Part): number {
  return part.failingSince ?? part.askedAt;
}

/** @param request what GitHub was asked */
export function factsEntryOf(
  facts: Facts,
  request: FactsRequest,
  { credentialId, askedAt, validators }: Pick<FactsEntry, "credentialId" | "askedAt" | "validators">,
): FactsEntry {
  const { host, account, oauthClientId, scopes, expiry } = facts;
  const memberships = new Map(Object.entries(facts.organisations));
  const organisations: Record<string, FactsEntry["organisations"][string]> = {};
  for (const reference of request.organisations) {
    const membership = memberships.get(keyOfOrganisation(reference));
    if (membership !== undefined) organisations[partKeyOf(reference)] = { membership, askedAt, lastKnown: null };
  }
  return {
    kind: "facts",
    credentialId,
    host,
    account,
    oauthClientId,
    scopes,
    expiry,
    askedAt,
    organisations,
    validators,
  };
}

/**
 * @param since parts that were asked about before are too old
 * @returns the organisations to ask about, where some are missing altogether; null where all are there, and all are
 *   asked about together
 */
export function missingParts(
  entry: FactsEntry,
  request: FactsRequest,
  since: number,
): FactsRequest["organisations"] | null {
  if (neededOrganisations(entry, request).every((reference) => partFor(entry, reference) !== undefined)) return null;
  return request.organisations.filter(
    (reference) => (partFor(entry, reference)?.askedAt ?? Number.NEGATIVE_INFINITY) <= since,
  );
}

/** @returns what GitHub said last about each organisation, by key: failures aside where it had said something before */
export function knownMemberships({ organisations }: FactsEntry): [string, Membership][] {
  return Object.entries(organisations).map(([key, { membership, lastKnown }]) => [
    key,
    lastKnown?.membership ?? membership,
  ]);
}

/** @returns the organisations without which the request has no answer */
export function neededOrganisations({ account }: FactsEntry, request: FactsRequest): readonly OrganisationReference[] {
  return needsOrganisations(request, account) ? request.organisations : [];
}

/**
 * Where a user's teams are not known altogether, GitHub was asked about those that one cluster's policy names.
 *
 * @returns what is known about an organisation; undefined where that is not what the reference asks
 */
export function partFor(entry: FactsEntry, reference: OrganisationReference): Part | undefined {
  const part = entry.organisations[partKeyOf(reference)];
  if (part?.membership.kind !== "active" || part.membership.teamsHidden === null) return part;
  const { namedTeams = {} } = part.membership;
  return reference.teams.every((team) => namedTeams[keyOfTeam(team)] !== undefined) ? part : undefined;
}

/**
 * The key of an organisation's part. The pinned teams of an organisation that is not pinned itself find it again under
 * another name, so the policy of another cluster, which pins none or others, may name another organisation by the same
 * name. The sign after the name keeps an organisation called "constructor" apart from the property of that name, which
 * every object has.
 */
export function partKeyOf(reference: OrganisationReference): string {
  const key = keyOfOrganisation(reference);
  const pins = reference.teams.flatMap(({ id, isDenied }) => (id === null ? [] : `${isDenied ? "!" : ""}${id}`));
  const name = reference.id === null ? `${key}/${pins.join(",")}` : key;
  // What was asked without teams says nothing about them.
  return reference.needsTeams ? name : `${name} without teams`;
}
