// Memberships as an installed GitHub App sees them (permission Members: read): users' tokens need no scope then, and no
// IP allow list or app restriction hides an organisation. The app does not see whether a user has signed in by SAML: an
// operator who relies on that takes the user's own token as the source.
//
// Round trips after `GET /user`: one (membership and teams in parallel, for all organisations); more for further pages
// of teams, and two before it when the list of installations or a token has run out.
import { BoundedMap } from "../../bounded-map.ts";
import type { OrganisationReference } from "../../config/organisations.ts";
import type { GitHubCalls } from "../calls.ts";
import { membershipOfUser, teamsOfUser } from "../endpoints.ts";
import type { Account, Membership, Team, Unavailable } from "../facts.ts";
import { inconsistentResponses, worst } from "../outcomes.ts";
import type { AppCredentials, Installation } from "./app-credentials.ts";
import { maxPages, tooManyPages } from "./lists.ts";
import type { MembershipSource } from "./source.ts";

const none: Membership = { kind: "none", nameTakenBy: null, isProven: true };

/**
 * Outsiders can ask as often as they like, with as many tokens as they like, and each question costs the app's quota,
 * which all users share. Short, for an account that joins the organisation shall be admitted a moment later; what is
 * cached for each token may add 10 s.
 */
const nonMemberTtlMs = 5_000;
const maxNonMembers = 10_000;

export function createInstalledAppMemberships(credentials: AppCredentials, now: () => number): MembershipSource {
  /** Until when an account is known to be no member of an organisation; milliseconds. */
  const nonMembers = new BoundedMap<number>({ maxEntries: maxNonMembers, maxBytes: maxNonMembers, bytesOf: () => 1 });

  async function membershipIn(
    account: Account,
    reference: OrganisationReference,
    calls: GitHubCalls,
  ): Promise<Membership | Unavailable> {
    const installation = await credentials.installationIn(reference, calls);
    if (installation.kind !== "ok") return installation;
    const nonMember = `${account.id}/${installation.organisation.id}`;
    if ((nonMembers.get(nonMember) ?? 0) > now()) return none;

    const [membership, teams] = await Promise.all([
      fetchMembership(installation, account, calls),
      fetchTeams(installation, account, calls),
    ]);
    // A "none" needs both calls, too: only the second compares the numbers behind the two names, and either may have
    // been renamed a moment ago.
    if (teams.kind !== "ok") return teams;
    if (membership.kind === "none") nonMembers.set(nonMember, now() + nonMemberTtlMs);
    return membership.kind === "active" ? { ...membership, teams: teams.teams } : membership;
  }

  async function fetchMembership(
    { organisation, token }: Installation,
    account: Account,
    calls: GitHubCalls,
  ): Promise<Membership | Unavailable> {
    const result = await calls.call(
      membershipOfUser,
      { organisation: organisation.login, login: account.login },
      { authorization: `Bearer ${token}`, onUnauthorized: () => credentials.forget(token) },
    );
    if (result.kind === "absent") return none;
    if (result.kind !== "ok") return result;
    const { organization, user, state, role } = result.body;
    // Names are asked for, numbers are compared: a login that changed hands between two calls must not borrow another
    // user's teams.
    if (organization.id !== organisation.id || user?.id !== account.id) return inconsistentResponses;
    const { id, login } = organization;
    if (role !== "admin" && role !== "member") return none;
    return state === "active"
      ? { kind: "active", id, login, role, teams: [], teamsHidden: null }
      : { kind: "pending", id, login };
  }

  async function fetchTeams(
    { organisation, token }: Installation,
    account: Account,
    calls: GitHubCalls,
  ): Promise<{ readonly kind: "ok"; readonly teams: readonly Team[] } | Unavailable> {
    const fetchPage = (after: string | null) =>
      calls.call(teamsOfUser, undefined, {
        authorization: `Bearer ${token}`,
        body: { query: teamsOfUser.query, variables: { org: organisation.login, login: account.login, after } },
        onUnauthorized: () => credentials.forget(token),
      });
    const teams = new Map<number, Team>();
    let result = await fetchPage(null);
    for (let page = 1; ; page += 1) {
      if (result.kind !== "ok") return result;
      const { organization, user } = result.body.data;
      if (organization.databaseId !== organisation.id || user.databaseId !== account.id) return inconsistentResponses;
      for (const { ancestors, ...team } of organization.teams.nodes) {
        for (const { databaseId, slug } of [team, ...ancestors.nodes]) teams.set(databaseId, { id: databaseId, slug });
      }
      const { hasNextPage, endCursor } = organization.teams.pageInfo;
      if (!hasNextPage) return { kind: "ok", teams: [...teams.values()] };
      if (page >= maxPages || endCursor === null) return tooManyPages;
      result = await fetchPage(endCursor);
    }
  }

  return {
    async load({ owner, organisations }, calls) {
      const found = await Promise.all(organisations.map((one) => membershipIn(owner.account, one, calls)));
      const failure = worst(found.filter((one) => one.kind === "unavailable"));
      if (failure !== undefined) return { kind: "failed", failure };
      return { kind: "known", memberships: found.filter((one) => one.kind !== "unavailable"), tookToken: false };
    },
  };
}
