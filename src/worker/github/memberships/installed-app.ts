// Memberships as an installed GitHub App sees them (permission Members: read): people's tokens need no scope then, and no IP allow list or app restriction hides
// an organisation. It does not see whether a person has signed in by SAML: who relies on that takes the person's own token as the source.
//
// Round trips after `GET /user`: one (membership and teams in parallel, for all organisations); more for further pages of teams, and two before it when the list
// of installations or a token has run out.
import * as v from "valibot";
import type { OrganisationReference } from "../../config/organisations.ts";
import type { ApiAddress } from "../api-address.ts";
import { notAsked, responseInfoOf, type WithResponse, worst } from "../call.ts";
import type { GitHubClient } from "../client.ts";
import type { Account, Membership, Team, Unavailable } from "../facts.ts";
import { inconsistentResponses, invalidResponse, sortAppMembershipReply, sortAppReply } from "../outcomes.ts";
import { idSchema, membershipSchema, teamSlugSchema } from "../schemas.ts";
import type { AppCredentials, Installation } from "./app-credentials.ts";
import type { NonMembers } from "./non-members.ts";
import { maxPages } from "./pages.ts";
import type { MembershipSource } from "./source.ts";

/** `userLogins` finds direct members only, so the ancestors are asked for, too. */
const teamsQuery = `query($org:String!,$login:String!,$after:String){
  organization(login:$org){databaseId teams(first:100,after:$after,userLogins:[$login]){
    pageInfo{hasNextPage endCursor}
    nodes{databaseId slug ancestors(first:20){pageInfo{hasNextPage} nodes{databaseId slug}}}}}
  user(login:$login){databaseId}}`;

const teamNode = { databaseId: idSchema, slug: teamSlugSchema };
const teamsSchema = v.object({
  // GraphQL reports trouble with a 200: missing permissions, its own rate limit.
  errors: v.optional(v.never()),
  data: v.object({
    organization: v.object({
      databaseId: idSchema,
      teams: v.object({
        pageInfo: v.object({ hasNextPage: v.boolean(), endCursor: v.nullable(v.string()) }),
        nodes: v.array(
          v.object({
            ...teamNode,
            ancestors: v.object({
              pageInfo: v.object({ hasNextPage: v.literal(false) }),
              nodes: v.array(v.object(teamNode)),
            }),
          }),
        ),
      }),
    }),
    user: v.object({ databaseId: idSchema }),
  }),
});

type AskedStanding = WithResponse<Membership | Unavailable>;
type TeamsOutcome = { readonly kind: "ok"; readonly teams: readonly Team[] } | Unavailable;

const notAMember: Membership = { kind: "none", nameTakenBy: null };

export interface AppMembershipsOptions {
  readonly client: GitHubClient;
  readonly api: ApiAddress;
  readonly credentials: AppCredentials;
  readonly nonMembers: NonMembers;
}

export function createAppMemberships(options: AppMembershipsOptions): MembershipSource {
  const { client, api, credentials, nonMembers } = options;

  async function standingOf(
    account: Account,
    reference: OrganisationReference,
    deadline: AbortSignal,
  ): Promise<AskedStanding> {
    const { outcome: installation, responseInfo } = await credentials.installationIn(reference, deadline);
    if (installation.kind !== "ok") return { outcome: installation, responseInfo };
    const { organisation } = installation;
    if (nonMembers.has(account.id, organisation.id)) return { outcome: notAMember, responseInfo: notAsked };

    const [membership, teams] = await Promise.all([
      askMembership(installation, account, deadline),
      askTeams(installation, account, deadline),
    ]);
    // Also a "no" needs both: only the second call compares the numbers behind the two names, and either may have been renamed a moment ago.
    if (teams.outcome.kind !== "ok") return { outcome: teams.outcome, responseInfo: teams.responseInfo };
    if (membership.outcome.kind === "none") nonMembers.add(account.id, organisation.id);
    if (membership.outcome.kind !== "active") return membership;
    return { outcome: { ...membership.outcome, teams: teams.outcome.teams }, responseInfo: membership.responseInfo };
  }

  async function askMembership(
    { organisation, token }: Installation,
    account: Account,
    deadline: AbortSignal,
  ): Promise<AskedStanding> {
    const url = `${api.restUrl}/orgs/${organisation.login}/memberships/${account.login}`;
    const reply = await client.send({ url, authorization: `Bearer ${token}` }, deadline);
    if (reply.status === 401) credentials.forget(token);
    const responseInfo = responseInfoOf(reply);
    const sorted = sortAppMembershipReply(reply);
    if (sorted.kind === "absent") return { outcome: notAMember, responseInfo };
    if (sorted.kind !== "ok") return { outcome: sorted, responseInfo };
    const parsed = v.safeParse(membershipSchema, sorted.json);
    if (!parsed.success) return { outcome: invalidResponse, responseInfo };
    const { organization, user, state, role } = parsed.output;
    // Names are asked for, numbers are compared: a login that changed hands between two calls must not borrow somebody's teams.
    if (organization.id !== organisation.id || user?.id !== account.id)
      return { outcome: inconsistentResponses, responseInfo };
    const { id, login } = organization;
    return {
      outcome: state === "active" ? { kind: "active", id, login, role, teams: [] } : { kind: "pending", id, login },
      responseInfo,
    };
  }

  async function askTeams(
    { organisation, token }: Installation,
    account: Account,
    deadline: AbortSignal,
  ): Promise<WithResponse<TeamsOutcome>> {
    const teams = new Map<number, Team>();
    let after: string | null = null;
    for (let page = 0; ; page += 1) {
      const variables = { org: organisation.login, login: account.login, after };
      const reply = await client.send(
        {
          method: "POST",
          url: api.graphqlUrl,
          authorization: `Bearer ${token}`,
          body: { query: teamsQuery, variables },
        },
        deadline,
      );
      if (reply.status === 401) credentials.forget(token);
      const responseInfo = responseInfoOf(reply);
      const sorted = sortAppReply(reply, 200);
      if (sorted.kind !== "ok") return { outcome: sorted, responseInfo };
      const parsed = v.safeParse(teamsSchema, sorted.json);
      if (!parsed.success) return { outcome: { kind: "unavailable", reason: "github_app_unavailable" }, responseInfo };
      const { organization, user } = parsed.output.data;
      if (organization.databaseId !== organisation.id || user.databaseId !== account.id)
        return { outcome: inconsistentResponses, responseInfo };
      for (const { ancestors, ...team } of organization.teams.nodes) {
        for (const { databaseId, slug } of [team, ...ancestors.nodes]) teams.set(databaseId, { id: databaseId, slug });
      }
      const { hasNextPage, endCursor } = organization.teams.pageInfo;
      if (!hasNextPage) return { outcome: { kind: "ok", teams: [...teams.values()] }, responseInfo };
      if (page + 1 >= maxPages || endCursor === null)
        return { outcome: { kind: "unavailable", reason: "github_too_large" }, responseInfo };
      after = endCursor;
    }
  }

  return {
    async load({ owner, organisations }, deadline) {
      const asked = await Promise.all(organisations.map((reference) => standingOf(owner.account, reference, deadline)));
      const standings: Membership[] = [];
      const refusals: WithResponse<Unavailable>[] = [];
      for (const { outcome, responseInfo } of asked) {
        if (outcome.kind === "unavailable") refusals.push({ outcome, responseInfo });
        else standings.push(outcome);
      }
      const failed = worst(refusals);
      return failed === undefined ? { kind: "known", standings, tookToken: false } : { kind: "failed", asked: failed };
    },
  };
}
