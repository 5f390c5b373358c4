// What the user's own token is asked with, and what was asked already: every part of a lookup shares it.
import type { OrganisationReference } from "../../config/organisations.ts";
import type { CallResult, GitHubCalls } from "../calls.ts";
import { accountById, type Endpoint, ownMembership, ownMemberships, ownTeams } from "../endpoints.ts";
import type { LookupFailure, Membership, MissingReason } from "../facts.ts";
import type { Absent, Hidden } from "../outcomes.ts";
import type { ListItem, MembershipBody, OrganisationBody } from "../schemas.ts";
import { boundTeamCalls, fetchList, type List, tooManyPages } from "./lists.ts";
import type { MembershipsRequest } from "./source.ts";

export type Failure = Absent | Hidden | LookupFailure;

/** Calls about teams as one source of memberships does it, and bounds the number of these calls. */
export type CallForTeams = <Params, Body>(
  endpoint: Endpoint<Params, Body, Failure>,
  params: Params,
) => Promise<CallResult<Body, Failure>>;

/** What is known, and can be looked up, about one user. */
export interface OwnLookup {
  readonly request: MembershipsRequest;
  readonly calls: GitHubCalls;
  readonly authorization: string;
  /** The teams in all organisations, where one of the policy's needs them. */
  readonly teams: List<ListItem> | Failure | { readonly kind: "not_asked" };
  readonly membershipIn: (login: string) => Promise<CallResult<MembershipBody, Failure>>;
  /** Calls once, however many organisations need it. */
  readonly allMemberships: () => Promise<List<ListItem> | Failure>;
  /** The organisation with this number, under its present name. Calls once for each number. */
  readonly organisationById: (id: number) => Promise<{ kind: "ok"; organisation: OrganisationBody } | Failure>;
  /** Whether one more call for teams may be made. */
  readonly mayCallForTeams: () => boolean;
  readonly callForTeams: CallForTeams;
  /** Whether a fine-grained token shows another organisation than the one that is looked for: it shows one alone. */
  readonly isForAnother: boolean;
}

/** How old it may be that single sign-on left no organisation out of the list of memberships: like scopes. */
const maxLeftOutAgeMs = 3 * 60_000;

export const withoutSso: Membership = { kind: "hidden", reason: "sso_required", ssoUrl: null };

/** Asks about every organisation by its name, and for the teams where they count, all in parallel. */
export async function startLookup(request: MembershipsRequest, calls: GitHubCalls) {
  const { organisations, isFineGrained } = request;
  const authorization = `Bearer ${request.token}`;
  const membershipIn = (organisation: string) => calls.call(ownMembership, { organisation }, { authorization });
  const mayCallForTeams = boundTeamCalls();
  const byName = Promise.all(
    organisations.map(async (reference) => [reference, await membershipIn(reference.login)] as const),
  );
  const needsTeams = organisations.some((organisation) => organisation.needsTeams);
  const [results, teams] = await Promise.all([
    byName,
    needsTeams
      ? fetchList(calls, ownTeams, authorization, undefined, {
          mayCall: mayCallForTeams,
          // Where GitHub answers nothing, it is down, and no page is too large.
          isWorthAnotherTry: async () => (await byName).some(([, { kind }]) => kind !== "unavailable"),
        })
      : ({ kind: "not_asked" } as const),
  ]);
  let all: ReturnType<OwnLookup["allMemberships"]> | null = null;
  const byNumber = new Map<number, ReturnType<OwnLookup["organisationById"]>>();
  const lookup: OwnLookup = {
    request,
    calls,
    authorization,
    teams,
    membershipIn,
    mayCallForTeams,
    callForTeams: async (endpoint, params) =>
      mayCallForTeams() ? calls.call(endpoint, params, { authorization }) : tooManyPages,
    isForAnother: isFineGrained && results.some(([, { kind }]) => kind === "ok"),
    allMemberships: () => {
      all ??= fetchList(calls, ownMemberships, authorization, undefined, { maxHeaderAgeMs: maxLeftOutAgeMs });
      return all;
    },
    organisationById: (id) => {
      const asked = byNumber.get(id) ?? fetchOrganisation(calls, authorization, id);
      byNumber.set(id, asked);
      return asked;
    },
  };
  return { lookup, results };
}

async function fetchOrganisation(
  calls: GitHubCalls,
  authorization: string,
  id: number,
): Promise<{ kind: "ok"; organisation: OrganisationBody } | Failure> {
  const result = await calls.call(accountById, { id }, { authorization });
  if (result.kind !== "ok") return result;
  const { login, type } = result.body;
  return result.body.id === id && type === "Organization"
    ? { kind: "ok", organisation: { id, login } }
    : { kind: "absent" };
}

/**
 * @param login the organisation that was asked about
 * @returns a hidden membership for a failure that concerns one organisation; a failure that concerns the token itself
 */
export function hiddenBecause(failure: Failure, login?: string): Membership | LookupFailure {
  const reason = missingReasonOf(failure, login);
  if (typeof reason !== "string") return reason;
  const ssoUrl = failure.kind === "hidden" ? failure.ssoUrl : null;
  return { kind: "hidden", reason, ssoUrl };
}

/** @returns why a part of one organisation is not known, or a failure that concerns the token itself */
export function missingReasonOf(failure: Failure, login?: string): MissingReason | LookupFailure {
  switch (failure.kind) {
    case "absent":
      // What is asked for here follows from another response, which says that it is there.
      return "github_inconsistent_responses";
    case "hidden": {
      // GitHub's sentence names the organisation that it is about.
      const isAnother = failure.organisation !== null && login !== undefined && failure.organisation !== login;
      return isAnother ? "other_organisation_forbids" : failure.reason;
    }
    // One question may be one too many, while the token is still good for others.
    case "limited":
    case "unavailable":
      return failure.reason;
    default:
      return failure;
  }
}

/** @returns the reference's organisation among others, by its number where that is known */
export function isIn(item: ListItem, { id, login }: OrganisationBody): boolean {
  const { organization } = item;
  return typeof organization.id === "number" ? organization.id === id : isSameLogin(organization.login, login);
}

export function isSameLogin(one: unknown, other: string): boolean {
  return typeof one === "string" && one.toLowerCase() === other.toLowerCase();
}

export function pinnedNumbers(organisations: readonly OrganisationReference[]): ReadonlySet<number> {
  return new Set(organisations.flatMap(({ id }) => id ?? []));
}
