// The facts of an entry at one time, as a policy sees them: where GitHub fails, what it said before may still count.
import { keyOfOrganisation, keyOfTeam } from "../config/organisations.ts";
import { earnsGrace, type Facts, type FactsRequest, failureIn, type Membership } from "../github/facts.ts";
import {
  type FactsEntry,
  failingSince,
  type Known,
  neededOrganisations,
  type Part,
  partFor,
  partKeyOf,
} from "./entry.ts";
import type { Lifetimes } from "./lifetimes.ts";

/** The facts of an entry at one time. */
export interface DatedFacts {
  readonly facts: Facts;
  /** When GitHub was asked about each part, in vain or not; milliseconds. */
  readonly askedAt: readonly number[];
  /** When GitHub told each part. */
  readonly toldAt: readonly number[];
  /** Whether a part is older than its TTL, and used because GitHub failed. */
  readonly isStale: boolean;
  /** Whether they are the same at any time. */
  readonly isLasting: boolean;
}

interface Remembered extends Pick<FactsRequest, "organisations" | "candidates"> {
  readonly dated: DatedFacts;
}

/** Of each entry the facts that were asked for last, where time does not change them. */
const remembered = new WeakMap<FactsEntry, Remembered>();

/**
 * @param until how long what GitHub said before is used where it fails now: without and with grace
 * @returns the facts as a policy sees them, or null where an organisation is missing that the request needs; where time
 *   does not change them, they are the same object as the last time, so that what a policy made of them can be
 *   remembered
 */
export function factsIn(entry: FactsEntry, request: FactsRequest, now: number, until: Lifetimes): DatedFacts | null {
  const { organisations, candidates } = request;
  const last = remembered.get(entry);
  if (last?.organisations === organisations && last.candidates === candidates) return last.dated;
  const dated = datedFacts(entry, request, now, until);
  if (dated?.isLasting) remembered.set(entry, { organisations, candidates, dated });
  return dated;
}

function datedFacts(entry: FactsEntry, request: FactsRequest, now: number, until: Lifetimes): DatedFacts | null {
  const { host, account, oauthClientId, scopes, expiry } = entry;
  const organisations: Record<string, Membership> = {};
  const askedAt = [entry.askedAt];
  const toldAt = [entry.askedAt];
  let isStale = false;
  let isLasting = true;
  for (const reference of neededOrganisations(entry, request)) {
    const part = partFor(entry, reference);
    if (part === undefined) return null;
    const isUp = (since: number) => until.hasAnothers?.(partKeyOf(reference), account.id, since) === true;
    const { used, isGrace } = usedPart(part, now, until, isUp);
    organisations[keyOfOrganisation(reference)] = used.membership;
    // Facts that grace keeps are asked for again like those of the failure that took their place.
    askedAt.push(isGrace ? part.askedAt : used.askedAt);
    toldAt.push(used.askedAt);
    isStale ||= isGrace;
    isLasting &&= part.lastKnown === null;
  }
  const facts = { host, account, oauthClientId, scopes, expiry, organisations };
  return { facts, askedAt, toldAt, isStale, isLasting };
}

/** @param isUp whether GitHub has sent another account since then what it does not send here, if it is the teams */
function usedPart(
  part: Part,
  now: number,
  { ttlMs, graceMs }: Lifetimes,
  isUp: (since: number) => boolean,
): { readonly used: Known; readonly isGrace: boolean } {
  const { membership, lastKnown } = part;
  const failure = failureIn(membership);
  if (failure === null || lastKnown === null) return { used: part, isGrace: false };
  const ageMs = now - lastKnown.askedAt;
  if (ageMs < ttlMs) return { used: lastKnown, isGrace: false };
  const isOwnDoing = membership.kind === "active" && isUp(Math.max(failingSince(part), part.askedAt - ttlMs));
  const mayUseGrace = earnsGrace(failure) && !isOwnDoing && ageMs < ttlMs + graceMs;
  return mayUseGrace && !hasLeftTeam(membership, lastKnown.membership)
    ? { used: lastKnown, isGrace: true }
    : { used: part, isGrace: false };
}

/** Whether GitHub now says of a team, asked about by itself, that the user is not in it. */
function hasLeftTeam(now: Membership, before: Membership): boolean {
  if (now.kind !== "active" || before.kind !== "active") return false;
  const { namedTeams = {} } = now;
  return before.teams.some(({ id, slug }) =>
    [keyOfTeam({ id, slug }), keyOfTeam({ id: null, slug: slug.toLowerCase() })].some(
      (key) => namedTeams[key] === false,
    ),
  );
}
