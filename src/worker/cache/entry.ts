// What is remembered about a token: either the facts, each part with the time at which GitHub was asked, or that GitHub refused it. Parts are judged by those times alone: an
// entry that was copied, delayed or replayed is as old as it was.
import * as v from "valibot";
import { keyOfOrganisation } from "../config/organisations.ts";
import type { Facts, Question, Standing } from "../facts.ts";
import { accountSchema } from "../github/account.ts";
import { type Validators, validatorsSchema } from "../github/conditional-client.ts";
import { idSchema, organisationLoginSchema, teamReferenceSchema } from "../github/schemas.ts";
import type { reasons } from "../reason.ts";

const timeSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const invisibleReasons = [
  "scope_missing",
  "sso_required",
  "app_not_approved",
  "ip_allow_list",
  "other_resource_owner",
  "token_kind_forbidden",
  "organisation_forbidden",
] as const satisfies (keyof typeof reasons)[];

const standingSchema = v.variant("kind", [
  v.object({
    kind: v.literal("member"),
    id: idSchema,
    login: organisationLoginSchema,
    role: v.string(),
    teams: v.array(teamReferenceSchema),
  }),
  v.object({ kind: v.literal("pending"), id: idSchema, login: organisationLoginSchema }),
  v.object({ kind: v.literal("not_a_member"), nameTakenBy: v.nullable(idSchema) }),
  v.object({ kind: v.literal("invisible"), reason: v.picklist(invisibleReasons), ssoUrl: v.nullable(v.string()) }),
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
  organisations: v.record(v.string(), v.object({ standing: standingSchema, askedAt: timeSchema })),
  validators: validatorsSchema,
});

const tombstoneSchema = v.object({ kind: v.literal("tombstone"), askedAt: timeSchema });

export const entrySchema = v.variant("kind", [factsEntrySchema, tombstoneSchema]);

export interface FactsEntry extends Omit<Facts, "organisations"> {
  readonly kind: "facts";
  readonly credentialId: string;
  /** When GitHub was asked whose token it is; milliseconds. */
  readonly askedAt: number;
  /** By `keyOfOrganisation`, each with the time at which GitHub was asked. */
  readonly organisations: Readonly<Record<string, { readonly standing: Standing; readonly askedAt: number }>>;
  readonly validators: Validators;
}

/** Overwrites the facts about a token that GitHub refused, so that nobody brings them back while GitHub is down. */
export interface Tombstone {
  readonly kind: "tombstone";
  readonly askedAt: number;
}

export type Entry = FactsEntry | Tombstone;

/**
 * What two places remember of one token, taken together: a tombstone stands until GitHub has taken the token again, and of facts each part counts as
 * it was seen last.
 */
export function mergeEntries(one: Entry | null, other: Entry | null): Entry | null {
  if (one === null || other === null) return one ?? other;
  const [newer, older] = one.askedAt >= other.askedAt ? [one, other] : [other, one];
  if (newer.kind === "tombstone" || older.kind === "tombstone") return newer;
  const organisations = { ...older.organisations };
  for (const [key, part] of Object.entries(newer.organisations)) {
    const earlier = organisations[key];
    if (earlier === undefined || earlier.askedAt <= part.askedAt) organisations[key] = part;
  }
  return { ...newer, organisations, validators: { ...older.validators, ...newer.validators } };
}

/** @returns what was just learnt, as it is remembered */
export function factsEntryOf(
  facts: Facts,
  {
    credentialId,
    askedAt,
    validators,
  }: Pick<FactsEntry, "credentialId" | "askedAt"> & { readonly validators: Validators },
): FactsEntry {
  const { host, account, oauthClientId, scopes, expiry } = facts;
  const organisations = Object.fromEntries(
    Object.entries(facts.organisations).map(([key, standing]) => [key, { standing, askedAt }]),
  );
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

/** @returns the facts as a policy sees them, or null where an organisation is missing that the question depends on */
export function factsIn(entry: FactsEntry, question: Question): Facts | null {
  const { host, account, oauthClientId, scopes, expiry } = entry;
  const organisations: Record<string, Facts["organisations"][string]> = {};
  for (const key of neededParts(entry, question)) {
    const part = entry.organisations[key];
    if (part === undefined) return null;
    organisations[key] = part.standing;
  }
  return { host, account, oauthClientId, scopes, expiry, organisations };
}

/**
 * @param since parts that were asked before are too old
 * @returns the organisations that have to be asked about, where some are missing altogether; null where all are there, and all are asked about together
 */
export function missingParts(entry: FactsEntry, question: Question, since: number): Question["organisations"] | null {
  if (factsIn(entry, question) !== null) return null;
  return question.organisations.filter((reference) => {
    const part = entry.organisations[keyOfOrganisation(reference)];
    return part === undefined || part.askedAt <= since;
  });
}

/** @returns the keys of the organisations without which the question has no answer */
export function neededParts({ account }: FactsEntry, question: Question): string[] {
  return question.dependsOnOrganisations(account) ? question.organisations.map(keyOfOrganisation) : [];
}
