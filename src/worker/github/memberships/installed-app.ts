// Memberships as an installed GitHub App sees them (permission Members: read): users' tokens need no scope then, and no
// IP allow list or app restriction hides an organisation. The app does not see whether a user has signed in by SAML: an
// operator who relies on that takes the user's own token as the source.
//
// Each organisation counts for itself: where its owner has suspended or removed the app, that organisation alone is
// hidden. Round trips after `GET /user`: one (membership and teams in parallel, for all organisations); more for
// further pages of teams, and up to two before it when an installation or its token has to be looked up.
import { BoundedMap } from "../../bounded-map.ts";
import type { OrganisationReference } from "../../config/organisations.ts";
import type { GitHubCalls } from "../calls.ts";
import { accountById, membershipOfUser, user } from "../endpoints.ts";
import { earnsGrace, isFailure, type Membership, type MissingReason } from "../facts.ts";
import { type AppCaller, callAsInstallation } from "./app-calls.ts";
import type { AppCredentials, InstallationToken } from "./app-credentials.ts";
import { fetchTeams, type TeamsView } from "./app-teams.ts";
import { boundTeamCalls, tooManyPages } from "./lists.ts";
import { askNamedTeams, findTeam, unlessElsewhere } from "./named-teams.ts";
import type { CallForTeams } from "./own-lookup.ts";
import { ownTokenMemberships } from "./own-token.ts";
import { type MembershipSource, type MembershipsRequest, relationOf } from "./source.ts";

const none: Membership = { kind: "none", nameTakenBy: null, isProven: true };

/**
 * Outsiders can ask as often as they like, with as many tokens as they like, and each question costs the app's quota,
 * which all users share. Short at first, for an account that joins the organisation shall be admitted a moment later;
 * longer for an account that tries again and again.
 */
const nonMemberTtlMs = { first: 5_000, longest: 60_000 };
/** After this time without a try, an account begins again with the short time. */
const nonMemberRestMs = 10 * 60_000;
const maxNonMembers = 10_000;
const maxMembers = 10_000;

/** Waits some milliseconds. */
export type Wait = (ms: number) => Promise<void>;

const waitByTimer: Wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param now milliseconds */
export function createInstalledAppMemberships(
  credentials: AppCredentials,
  now: () => number,
  wait: Wait = waitByTimer,
): MembershipSource {
  const nonMembers = createNonMembers(now);
  const accepted = new WeakSet<InstallationToken>();
  /** Accounts that were members a while ago: a new token does not make them outsiders. */
  const members = new BoundedMap<true>({ maxEntries: maxMembers, maxBytes: maxMembers, bytesOf: () => 1 });

  async function membershipIn(
    request: MembershipsRequest,
    reference: OrganisationReference,
    calls: GitHubCalls,
    mayCallForTeams: () => boolean,
  ): Promise<Membership> {
    const installation = await credentials.installationIn(reference, calls, `Bearer ${request.token}`);
    if (installation.kind !== "ok") return hidden(installation.reason);
    const pair = `${request.owner.account.id}/${installation.organisation.id}`;
    const isNeverSeen = request.isNeverSeen && members.get(pair) === undefined;
    const use = { isNeverSeen, accountId: request.owner.account.id };
    const caller: AppCaller = { calls, credentials, installation, use, now, accepted, wait };
    const callForTeams: CallForTeams = async (endpoint, params) => {
      if (!mayCallForTeams()) return tooManyPages;
      return callAsInstallation(caller, endpoint, params, { quota: installation.quotas.rest });
    };
    const isKnownOutside = nonMembers.has(pair);
    const found = isKnownOutside ? none : await fetchMembership(caller, request, reference, callForTeams);
    if (found === "outdated") {
      credentials.drop(reference, installation);
      // Once more under the present name, which is looked up now.
      return installation.isFromEarlier
        ? membershipIn(request, reference, calls, mayCallForTeams)
        : hidden("github_app_unavailable");
    }
    const membership = await unlessElsewhere(
      reference,
      found,
      async (team) => (await findTeam(installation.organisation, team, callForTeams)) !== null,
    );
    if (isKnownOutside) return membership;
    if (membership.kind === "none" && membership.isProven) nonMembers.add(pair);
    else nonMembers.delete(pair);
    if (membership.kind === "active") members.set(pair, true);
    if (membership.kind === "none") members.delete(pair);
    return membership;
  }

  return {
    async load(request, calls) {
      const mayCallForTeams = boundTeamCalls();
      const memberships = request.organisations.map(async (reference) =>
        orProvenOutside(request, reference, await membershipIn(request, reference, calls, mayCallForTeams), calls),
      );
      return { kind: "known", memberships: await Promise.all(memberships), tookToken: false };
    },
  };
}

/**
 * Where the app sees nothing, because an owner has suspended it or its quota is spent, the user's own token may still
 * prove that its owner is not in the organisation: an organisation of `deny` keeps out no more people than it must.
 */
async function orProvenOutside(
  request: MembershipsRequest,
  reference: OrganisationReference,
  found: Membership,
  calls: GitHubCalls,
): Promise<Membership> {
  if (found.kind !== "hidden" || !isFailure(found.reason) || earnsGrace(found.reason)) return found;
  const organisations = [{ ...reference, needsTeams: false }];
  const own = await ownTokenMemberships.load({ ...request, organisations }, calls);
  const [answer] = own.kind === "known" ? own.memberships : [];
  return answer?.kind === "none" && answer.isProven ? answer : found;
}

/** @returns "outdated" where the installation is no longer the one of the organisation */
async function fetchMembership(
  caller: AppCaller,
  request: MembershipsRequest,
  reference: OrganisationReference,
  callForTeams: CallForTeams,
): Promise<Membership | "outdated"> {
  const { account } = request.owner;
  const { organisation, quotas } = caller.installation;
  const asking = callAsInstallation(
    caller,
    membershipOfUser,
    { organisation: organisation.login, login: account.login },
    { quota: quotas.rest },
  );
  // Where GitHub answers nothing, it is down, and no page of teams is too large.
  const isWorthAnotherTry = async () => (await asking).kind !== "unavailable";
  const [result, teams] = await Promise.all([
    asking,
    reference.needsTeams ? fetchTeams(caller, account, isWorthAnotherTry) : null,
  ]);
  if (teams?.names === "outdated") return "outdated";
  if (result.kind === "absent") return noneIfProven(caller, request, teams, isWorthAnotherTry);
  if (result.kind !== "ok") return result.reason === "github_app_unavailable" ? "outdated" : hidden(result.reason);
  const { organization, user: member, state, role } = result.body;
  if (organization.id !== organisation.id) return "outdated";
  // Names are asked for, numbers are compared: a login that changed hands between two calls must not borrow another
  // user's membership.
  if (member?.id !== account.id) return hidden("github_inconsistent_responses");
  const relation = relationOf({ state, role });
  if (relation === "none") return none;
  const { id, login } = organization;
  if (relation === "pending") return { kind: "pending", id, login };
  const known = { teams: teams?.teams ?? [], teamsHidden: teams?.hidden ?? null };
  const named = await askNamedTeams(reference, organization, account.login, known, callForTeams);
  return { kind: "active", id, login, role: relation, ...named };
}

/**
 * A 404 is about names. Another answer shows that they belong to the organisation and to the user at this moment:
 * GraphQL's, where it was asked for the teams, or those to the user's own token, which cost no quota that others share.
 */
async function noneIfProven(
  caller: AppCaller,
  { owner: { account }, token }: MembershipsRequest,
  teams: TeamsView | null,
  isWorthAnotherTry: () => Promise<boolean>,
): Promise<Membership | "outdated"> {
  if (teams?.names === "proven") return none;
  const { calls, installation } = caller;
  const own = { authorization: `Bearer ${token}` };
  const [owner, organisation] = await Promise.all([
    calls.call(user, undefined, own),
    calls.call(accountById, { id: installation.organisation.id }, own),
  ]);
  // A user may be hidden, or have renamed the account a moment ago, so as not to be found.
  const isSame = owner.kind === "ok" && owner.body.id === account.id && owner.body.login === account.login;
  const ifSame = isSame ? none : hidden("github_inconsistent_responses");
  if (organisation.kind === "ok") {
    return organisation.body.login === installation.organisation.login ? ifSame : "outdated";
  }
  // An older Enterprise Server finds no organisation by its number.
  const { names, hidden: reason } = teams ?? (await fetchTeams(caller, account, isWorthAnotherTry));
  switch (names) {
    case "proven":
      return none;
    case "outdated":
      return "outdated";
    case "unknown":
      return hidden(reason ?? "github_invalid_response");
    case "user_hidden":
      return ifSame;
  }
}

function hidden(reason: MissingReason): Membership {
  return { kind: "hidden", reason, ssoUrl: null };
}

/** Accounts that are known to be no members of an organisation, for seconds. */
function createNonMembers(now: () => number) {
  const known = new BoundedMap<{ readonly until: number; readonly ttlMs: number }>({
    maxEntries: maxNonMembers,
    maxBytes: maxNonMembers,
    bytesOf: () => 1,
  });
  return {
    has: (pair: string) => (known.get(pair)?.until ?? 0) > now(),
    add(pair: string): void {
      const earlier = known.get(pair);
      const sinceMs = earlier === undefined ? Number.POSITIVE_INFINITY : now() - earlier.until;
      let ttlMs = nonMemberTtlMs.first;
      // Two reviews at the same time are one try.
      if (earlier !== undefined && sinceMs < 0) ttlMs = earlier.ttlMs;
      else if (earlier !== undefined && sinceMs < nonMemberRestMs) {
        ttlMs = Math.min(earlier.ttlMs * 2, nonMemberTtlMs.longest);
      }
      known.set(pair, { until: now() + ttlMs, ttlMs });
    },
    delete: (pair: string) => known.delete(pair),
  };
}
