// An entry about one token: the facts, each part with the time at which GitHub was asked, or a tombstone. Only those
// times say how old a part is: an entry that was copied, delayed or replayed is as old as it was.
import * as v from "valibot";
import { keyOfOrganisation, type OrganisationReference } from "../config/organisations.ts";
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
import { accountSchema, idSchema, organisationLoginSchema, teamReferenceSchema } from "../github/schemas.ts";

const timeSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const missingReasonSchema = v.picklist([...hiddenReasons, ...limitedReasons, ...unavailableReasons]);

const membershipSchema = v.variant("kind", [
  v.object({
    kind: v.literal("active"),
    id: idSchema,
    login: organisationLoginSchema,
    role: v.picklist(["admin", "member"]),
    teams: v.array(teamReferenceSchema),
    teamsHidden: v.nullable(missingReasonSchema),
  }),
  v.object({ kind: v.literal("pending"), id: idSchema, login: organisationLoginSchema }),
  v.object({ kind: v.literal("none"), nameTakenBy: v.nullable(idSchema), isProven: v.boolean() }),
  v.object({ kind: v.literal("hidden"), reason: missingReasonSchema, ssoUrl: v.nullable(v.string()) }),
]);

const expirySchema = v.variant("kind", [
  v.object({ kind: v.literal("never") }),
  v.object({ kind: v.literal("at"), epochMs: v.pipe(v.number(), v.safeInteger()) }),
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
  organisations: v.record(v.string(), v.object({ membership: membershipSchema, askedAt: timeSchema })),
  validators: validatorsSchema,
});

const tombstoneSchema = v.object({ kind: v.literal("tombstone"), askedAt: timeSchema });

export const entrySchema = v.variant("kind", [factsEntrySchema, tombstoneSchema]);

export interface FactsEntry extends Omit<Facts, "organisations"> {
  readonly kind: "facts";
  readonly credentialId: string;
  /** When GitHub was asked whose token it is; milliseconds. */
  readonly askedAt: number;
  /** By `partKeyOf`, each with the time at which GitHub was asked. */
  readonly organisations: Readonly<Record<string, { readonly membership: Membership; readonly askedAt: number }>>;
  readonly validators: Validators;
}

/** Overwrites the facts about a token that GitHub refused, so that no isolate brings them back while GitHub is down. */
export interface Tombstone {
  readonly kind: "tombstone";
  /** When GitHub's response was there: all that was asked before that is older than the refusal. */
  readonly askedAt: number;
}

export type Entry = FactsEntry | Tombstone;

/** An entry with more was asked about too much to be worth asking conditionally. */
const maxValidators = 300;

/**
 * Merges two entries about one token. A tombstone counts until GitHub has been asked later and has accepted the token
 * again. Of facts each part counts as it was seen last.
 */
export function mergeEntries(one: Entry | null, other: Entry | null): Entry | null {
  if (one === null || other === null) return one ?? other;
  const [newer, older] = isNewer(other, one) ? [other, one] : [one, other];
  if (newer.kind === "tombstone" || older.kind === "tombstone" || newer.account.id !== older.account.id) return newer;
  const organisations = { ...older.organisations };
  for (const [key, part] of Object.entries(newer.organisations)) {
    const earlier = organisations[key];
    if (earlier === undefined || earlier.askedAt <= part.askedAt) organisations[key] = part;
  }
  const validators = { ...older.validators, ...newer.validators };
  return {
    ...newer,
    // A token belongs to one client and has one end for good, but not every way of asking tells them.
    oauthClientId: newer.oauthClientId ?? older.oauthClientId,
    expiry: newer.expiry.kind === "never" ? older.expiry : newer.expiry,
    organisations,
    validators: Object.keys(validators).length > maxValidators ? newer.validators : validators,
  };
}

/** Of two entries of the same time, a tombstone counts. */
function isNewer(entry: Entry, than: Entry): boolean {
  return entry.askedAt > than.askedAt || (entry.askedAt === than.askedAt && entry.kind === "tombstone");
}

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
  const parts = Object.entries(entry.organisations);
  const past = parts.filter(([, { askedAt }]) => askedAt <= now);
  return past.length === parts.length ? entry : { ...entry, organisations: Object.fromEntries(past) };
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
    if (membership !== undefined) organisations[partKeyOf(reference)] = { membership, askedAt };
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

/** @returns the facts as a policy sees them, or null where an organisation is missing that the request needs */
export function factsIn(entry: FactsEntry, request: FactsRequest): Facts | null {
  const { host, account, oauthClientId, scopes, expiry } = entry;
  const organisations: Record<string, Membership> = {};
  for (const reference of neededOrganisations(entry, request)) {
    const part = entry.organisations[partKeyOf(reference)];
    if (part === undefined) return null;
    organisations[keyOfOrganisation(reference)] = part.membership;
  }
  return { host, account, oauthClientId, scopes, expiry, organisations };
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
  if (factsIn(entry, request) !== null) return null;
  return request.organisations.filter((reference) => {
    const part = entry.organisations[partKeyOf(reference)];
    return part === undefined || part.askedAt <= since;
  });
}

/** @returns when GitHub was asked about each part on which the answer rests; NaN for one that is missing */
export function timesOf(entry: FactsEntry, request: FactsRequest): number[] {
  const parts = neededOrganisations(entry, request).map((reference) => entry.organisations[partKeyOf(reference)]);
  return [entry.askedAt, ...parts.map((part) => part?.askedAt ?? Number.NaN)];
}

/** The organisations without which the request has no answer. */
function neededOrganisations({ account }: FactsEntry, request: FactsRequest): readonly OrganisationReference[] {
  return needsOrganisations(request, account) ? request.organisations : [];
}

/**
 * The key of an organisation's part. The pinned teams of an organisation that is not pinned itself find it again under
 * another name, so the policy of another cluster, which pins none or others, may name another organisation by the same
 * name. The sign after the name keeps an organisation called "constructor" apart from the property of that name, which
 * every object has.
 */
function partKeyOf(reference: OrganisationReference): string {
  const key = keyOfOrganisation(reference);
  return reference.id === null ? `${key}/${reference.teamIds.join(",")}` : key;
}
