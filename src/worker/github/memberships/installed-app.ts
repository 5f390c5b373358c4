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
import { membershipOfUser, user } from "../endpoints.ts";
import type { Membership, MissingReason } from "../facts.ts";
import { type AppCaller, callAsInstallation } from "./app-calls.ts";
import type { AppCredentials, InstallationToken } from "./app-credentials.ts";
import { fetchTeams, type TeamsView } from "./app-teams.ts";
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
  ): Promise<Membership> {
    const installation = await credentials.installationIn(reference, calls, `Bearer ${request.token}`);
    if (installation.kind !== "ok") return hidden(installation.reason);
    const pair = `${request.owner.account.id}/${installation.organisation.id}`;
    if (nonMembers.has(pair)) return none;

    const isNeverSeen = request.isNeverSeen && members.get(pair) === undefined;
    const use = { isNeverSeen, accountId: request.owner.account.id };
    const caller: AppCaller = { calls, credentials, installation, use, now, accepted, wait };
    const membership = await fetchMembership(caller, request, reference);
    if (membership === "outdated") {
      credentials.drop(reference, installation);
      // Once more under the present name, which is looked up now.
      return installation.isFromEarlier ? membershipIn(request, reference, calls) : hidden("github_app_unavailable");
    }
    if (membership.kind === "none") nonMembers.add(pair);
    else nonMembers.delete(pair);
    if (membership.kind === "active") members.set(pair, true);
    if (membership.kind === "none") members.delete(pair);
    return membership;
  }

  return {
    async load(request, calls) {
      const memberships = await Promise.all(request.organisations.map((one) => membershipIn(request, one, calls)));
      return { kind: "known", memberships, tookToken: false };
    },
  };
}

/** @returns "outdated" where the installation is no longer the one of the organisation */
async function fetchMembership(
  caller: AppCaller,
  request: MembershipsRequest,
  { needsTeams }: OrganisationReference,
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
    needsTeams ? fetchTeams(caller, account, { maxTeams: null, isWorthAnotherTry }) : null,
  ]);
  if (teams?.names === "outdated") return "outdated";
  if (result.kind === "absent") {
    return noneIfProven(
      caller,
      request,
      teams ?? (await fetchTeams(caller, account, { maxTeams: 1, isWorthAnotherTry })),
    );
  }
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
  return { kind: "active", id, login, role: relation, teams: teams?.teams ?? [], teamsHidden: teams?.hidden ?? null };
}

/** A 404 is about names. The other call shows that they belong to the organisation and to the user at this moment. */
async function noneIfProven(
  { calls }: AppCaller,
  { owner: { account }, token }: MembershipsRequest,
  { names, hidden: reason }: TeamsView,
): Promise<Membership | "outdated"> {
  switch (names) {
    case "proven":
      return none;
    case "outdated":
      return "outdated";
    case "unknown":
      return hidden(reason ?? "github_invalid_response");
    case "user_hidden": {
      // A user may be hidden, or have renamed the account a moment ago, so as not to be found.
      const result = await calls.call(user, undefined, { authorization: `Bearer ${token}` });
      const isSame = result.kind === "ok" && result.body.id === account.id && result.body.login === account.login;
      return isSame ? none : hidden("github_inconsistent_responses");
    }
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
