// Memberships as the person's own token sees them. What it is not allowed to see is said with its reason, never left out.
//
// Round trips after `GET /user`: one for all organisations and the first page of teams, in parallel. More for what can't be known before: one for each further
// page of teams, one for each level of parents that are in no list, and up to two to find a pinned organisation that no longer has its name. A Worker has
// 6 connections at once, so from six organisations on the calls queue.
import type { OrganisationReference } from "../../config/organisations.ts";
import { isLookupFailure, type WithResponse, worst } from "../call.ts";
import type { LookupFailure, Membership } from "../facts.ts";
import { type Absent, type Hidden, inconsistentResponses } from "../outcomes.ts";
import type { MembershipBody } from "../schemas.ts";
import { expandScopes } from "../scopes.ts";
import { createPersonalCalls, type PersonalCalls } from "./own-token-calls.ts";
import type { MembershipSource, MembershipsRequest, MembershipsResult } from "./source.ts";
import { withAncestors } from "./team-ancestors.ts";

/** Any of these lets a classic or OAuth token see memberships and teams; write:org and admin:org contain read:org. */
const membershipScopes = ["read:org", "repo", "user"];

type AskedTeams = Awaited<ReturnType<PersonalCalls["teams"]>>;
type AskedMembership = Awaited<ReturnType<PersonalCalls["membership"]>>;
type AskedMemberships = Awaited<ReturnType<PersonalCalls["memberships"]>>;
type AskedStanding = WithResponse<Membership | LookupFailure>;

/** What is known and can be asked about one person. */
interface Inquiry {
  readonly question: MembershipsRequest;
  readonly calls: PersonalCalls;
  readonly teams: AskedTeams;
  /** Asks once, however many organisations need it. */
  readonly allMemberships: () => Promise<AskedMemberships>;
}

export function createPersonalMemberships(restUrl: string): MembershipSource {
  return {
    async load(question, deadline) {
      const { organisations, token, client } = question;
      if (lacksScope(question)) {
        return {
          kind: "known",
          standings: organisations.map(() => ({ kind: "hidden", reason: "scope_missing", ssoUrl: null })),
          tookToken: false,
        };
      }
      const calls = createPersonalCalls(client, restUrl, token, deadline);
      const [teams, memberships] = await Promise.all([
        calls.teams(),
        Promise.all(
          organisations.map(async (reference) => ({ reference, asked: await calls.membership(reference.login) })),
        ),
      ]);
      let all: Promise<AskedMemberships> | null = null;
      const allMemberships = () => {
        all ??= calls.memberships();
        return all;
      };
      const inquiry = { question, calls, teams, allMemberships };
      const standings = memberships.map(({ reference, asked }) => standingOf(inquiry, reference, asked));
      return collect(await Promise.all(standings));
    },
  };
}

/** GitHub would answer with a 403; the scopes are known already, so that call is saved. */
function lacksScope({ hasScopes, owner }: MembershipsRequest): boolean {
  if (!hasScopes || owner.scopes === null) return false;
  const scopes = expandScopes(owner.scopes);
  return !membershipScopes.some((scope) => scopes.has(scope));
}

function collect(asked: readonly AskedStanding[]): MembershipsResult {
  const standings: Membership[] = [];
  const refusals: WithResponse<LookupFailure>[] = [];
  for (const { outcome, responseInfo } of asked) {
    if (isLookupFailure(outcome)) refusals.push({ outcome, responseInfo });
    else standings.push(outcome);
  }
  const failed = worst(refusals);
  return failed === undefined ? { kind: "known", standings, tookToken: true } : { kind: "failed", asked: failed };
}

async function standingOf(
  inquiry: Inquiry,
  reference: OrganisationReference,
  { outcome, responseInfo }: AskedMembership,
): Promise<AskedStanding> {
  if (outcome.kind === "absent") return findByNumber(inquiry, reference, { nameTakenBy: null, responseInfo });
  if (outcome.kind === "hidden") {
    // Whoever has the name now may hide behind it, while the organisation that is meant shows itself under another.
    const current = shownByTeams(inquiry, reference);
    const isElsewhere = current !== undefined && current.login.toLowerCase() !== reference.login;
    return isElsewhere
      ? findByNumber(inquiry, reference, { nameTakenBy: null, responseInfo })
      : { outcome, responseInfo };
  }
  if (outcome.kind !== "ok") return { outcome, responseInfo };
  const { membership } = outcome;
  const { id, login } = membership.organization;
  if (reference.id !== null && reference.id !== id)
    return findByNumber(inquiry, reference, { nameTakenBy: id, responseInfo });
  if (reference.id === null && login.toLowerCase() !== reference.login)
    return { outcome: inconsistentResponses, responseInfo };
  return standingIn(inquiry, membership, responseInfo);
}

/** What a membership comes to, once it is known to be in the organisation that is meant. */
async function standingIn(
  inquiry: Inquiry,
  { state, role, organization: { id, login }, user }: MembershipBody,
  responseInfo: AskedStanding["responseInfo"],
): Promise<AskedStanding> {
  const { teams, calls, question } = inquiry;
  if (user != null && user.id !== question.owner.account.id) return { outcome: inconsistentResponses, responseInfo };
  if (state === "pending") return { outcome: { kind: "pending", id, login }, responseInfo };

  const list = teams.outcome;
  if (list.kind !== "ok") return unseen(list, teams.responseInfo);
  if (list.leftOut.includes(id)) return { outcome: withoutSso, responseInfo: teams.responseInfo };
  const direct = list.items.filter(({ organization }) => organization.id === id);
  const ancestors = await withAncestors(direct, (team) => calls.team(login, team));
  if (ancestors.kind === "failed") return unseen(ancestors.asked.outcome, ancestors.asked.responseInfo);
  return { outcome: { kind: "active", id, login, role, teams: ancestors.teams }, responseInfo };
}

const withoutSso: Membership = { kind: "hidden", reason: "sso_required", ssoUrl: null };

/** A member whose teams can't be seen is not known well enough; a list or a parent that is not there contradicts the membership. */
function unseen(outcome: Absent | Hidden | LookupFailure, responseInfo: AskedStanding["responseInfo"]): AskedStanding {
  return { outcome: outcome.kind === "absent" ? inconsistentResponses : outcome, responseInfo };
}

/**
 * The name leads nowhere, or to another organisation than the pinned one: was it renamed? A pinned team shows it, or else the list of all
 * memberships, which fine-grained tokens may not read.
 */
async function findByNumber(
  inquiry: Inquiry,
  reference: OrganisationReference,
  {
    nameTakenBy,
    responseInfo,
  }: { readonly nameTakenBy: number | null; readonly responseInfo: AskedStanding["responseInfo"] },
): Promise<AskedStanding> {
  const notFound: AskedStanding = { outcome: { kind: "none", nameTakenBy }, responseInfo };
  const { teams, calls, question } = inquiry;
  // Where nothing else could show it, a list of teams that can't be seen leaves open whether it is in there.
  const isShownByTeamsOnly = reference.id === null ? reference.teamIds.length > 0 : question.isFineGrained;
  if (teams.outcome.kind !== "ok" && isShownByTeamsOnly) return unseen(teams.outcome, teams.responseInfo);
  const current = shownByTeams(inquiry, reference);
  if (current !== undefined) {
    const asked = await calls.membership(current.login);
    if (asked.outcome.kind !== "ok") return unseen(asked.outcome, asked.responseInfo);
    if (asked.outcome.membership.organization.id !== current.id)
      return { outcome: inconsistentResponses, responseInfo: asked.responseInfo };
    return standingIn(inquiry, asked.outcome.membership, asked.responseInfo);
  }
  if (reference.id === null || question.isFineGrained) return notFound;

  const all = await inquiry.allMemberships();
  if (all.outcome.kind !== "ok") return unseen(all.outcome, all.responseInfo);
  if (all.outcome.leftOut.includes(reference.id)) return { outcome: withoutSso, responseInfo: all.responseInfo };
  const membership = all.outcome.items.find(({ organization }) => organization.id === reference.id);
  return membership === undefined ? notFound : standingIn(inquiry, membership, all.responseInfo);
}

/** The organisation that is meant, under the name that it has now, if a team of the person's shows it by number. */
function shownByTeams({ teams }: Inquiry, { id, teamIds }: OrganisationReference) {
  const list = teams.outcome.kind === "ok" ? teams.outcome.items : [];
  return list.find((team) => (id === null ? teamIds.includes(team.id) : team.organization.id === id))?.organization;
}
