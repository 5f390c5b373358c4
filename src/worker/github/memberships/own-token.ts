// Memberships as the person's own token sees them. What it is not allowed to see is said with its reason, never left out.
//
// Round trips after `GET /user`: one for all organisations and the first page of teams, in parallel. More for what can't be known before: one for each further
// page of teams, one for each level of parents that are in no list, and up to two to find a pinned organisation that no longer has its name. A Worker has
// 6 connections at once, so from six organisations on the calls queue.
import type { OrganisationReference } from "../../config/organisations.ts";
import { type Asked, gravest, isRefusal } from "../call.ts";
import type { Refusal, Standing } from "../facts.ts";
import { type Absent, contradiction, type Invisible } from "../outcomes.ts";
import type { Membership } from "../schemas.ts";
import { expandScopes } from "../scopes.ts";
import { createPersonalCalls, type PersonalCalls } from "./own-token-calls.ts";
import type { MembershipAnswer, MembershipQuestion, MembershipSource } from "./source.ts";
import { withAncestors } from "./team-ancestors.ts";

/** Any of these lets a classic or OAuth token see memberships and teams; write:org and admin:org contain read:org. */
const membershipScopes = ["read:org", "repo", "user"];

type AskedTeams = Awaited<ReturnType<PersonalCalls["teams"]>>;
type AskedMembership = Awaited<ReturnType<PersonalCalls["membership"]>>;
type AskedMemberships = Awaited<ReturnType<PersonalCalls["memberships"]>>;
type AskedStanding = Asked<Standing | Refusal>;

/** What is known and can be asked about one person. */
interface Inquiry {
  readonly question: MembershipQuestion;
  readonly calls: PersonalCalls;
  readonly teams: AskedTeams;
  /** Asks once, however many organisations need it. */
  readonly allMemberships: () => Promise<AskedMemberships>;
}

export function createPersonalMemberships(restUrl: string): MembershipSource {
  return {
    async ask(question, deadline) {
      const { organisations, token, client } = question;
      if (lacksScope(question)) {
        return {
          kind: "known",
          standings: organisations.map(() => ({ kind: "invisible", reason: "scope_missing", ssoUrl: null })),
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
function lacksScope({ hasScopes, holder }: MembershipQuestion): boolean {
  if (!hasScopes || holder.scopes === null) return false;
  const scopes = expandScopes(holder.scopes);
  return !membershipScopes.some((scope) => scopes.has(scope));
}

function collect(asked: readonly AskedStanding[]): MembershipAnswer {
  const standings: Standing[] = [];
  const refusals: Asked<Refusal>[] = [];
  for (const { outcome, evidence } of asked) {
    if (isRefusal(outcome)) refusals.push({ outcome, evidence });
    else standings.push(outcome);
  }
  const failed = gravest(refusals);
  return failed === undefined ? { kind: "known", standings, tookToken: true } : { kind: "failed", asked: failed };
}

async function standingOf(
  inquiry: Inquiry,
  reference: OrganisationReference,
  { outcome, evidence }: AskedMembership,
): Promise<AskedStanding> {
  if (outcome.kind === "absent") return findByNumber(inquiry, reference, { nameTakenBy: null, evidence });
  if (outcome.kind === "invisible") {
    // Whoever has the name now may hide behind it, while the organisation that is meant shows itself under another.
    const current = shownByTeams(inquiry, reference);
    const isElsewhere = current !== undefined && current.login.toLowerCase() !== reference.login;
    return isElsewhere ? findByNumber(inquiry, reference, { nameTakenBy: null, evidence }) : { outcome, evidence };
  }
  if (outcome.kind !== "ok") return { outcome, evidence };
  const { membership } = outcome;
  const { id, login } = membership.organization;
  if (reference.id !== null && reference.id !== id)
    return findByNumber(inquiry, reference, { nameTakenBy: id, evidence });
  if (reference.id === null && login.toLowerCase() !== reference.login) return { outcome: contradiction, evidence };
  return standingIn(inquiry, membership, evidence);
}

/** What a membership comes to, once it is known to be in the organisation that is meant. */
async function standingIn(
  inquiry: Inquiry,
  { state, role, organization: { id, login }, user }: Membership,
  evidence: AskedStanding["evidence"],
): Promise<AskedStanding> {
  const { teams, calls, question } = inquiry;
  if (user != null && user.id !== question.holder.account.id) return { outcome: contradiction, evidence };
  if (state === "pending") return { outcome: { kind: "pending", id, login }, evidence };

  const list = teams.outcome;
  if (list.kind !== "ok") return unseen(list, teams.evidence);
  if (list.leftOut.includes(id)) return { outcome: withoutSso, evidence: teams.evidence };
  const direct = list.items.filter(({ organization }) => organization.id === id);
  const ancestors = await withAncestors(direct, (team) => calls.team(login, team));
  if (ancestors.kind === "failed") return unseen(ancestors.asked.outcome, ancestors.asked.evidence);
  return { outcome: { kind: "member", id, login, role, teams: ancestors.teams }, evidence };
}

const withoutSso: Standing = { kind: "invisible", reason: "sso_required", ssoUrl: null };

/** A member whose teams can't be seen is not known well enough; a list or a parent that is not there contradicts the membership. */
function unseen(outcome: Absent | Invisible | Refusal, evidence: AskedStanding["evidence"]): AskedStanding {
  return { outcome: outcome.kind === "absent" ? contradiction : outcome, evidence };
}

/**
 * The name leads nowhere, or to another organisation than the pinned one: was it renamed? A pinned team shows it, or else the list of all
 * memberships, which fine-grained tokens may not read.
 */
async function findByNumber(
  inquiry: Inquiry,
  reference: OrganisationReference,
  { nameTakenBy, evidence }: { readonly nameTakenBy: number | null; readonly evidence: AskedStanding["evidence"] },
): Promise<AskedStanding> {
  const notFound: AskedStanding = { outcome: { kind: "not_a_member", nameTakenBy }, evidence };
  const { teams, calls, question } = inquiry;
  // Where nothing else could show it, a list of teams that can't be seen leaves open whether it is in there.
  const isShownByTeamsOnly = reference.id === null ? reference.teamIds.length > 0 : question.isFineGrained;
  if (teams.outcome.kind !== "ok" && isShownByTeamsOnly) return unseen(teams.outcome, teams.evidence);
  const current = shownByTeams(inquiry, reference);
  if (current !== undefined) {
    const asked = await calls.membership(current.login);
    if (asked.outcome.kind !== "ok") return unseen(asked.outcome, asked.evidence);
    if (asked.outcome.membership.organization.id !== current.id)
      return { outcome: contradiction, evidence: asked.evidence };
    return standingIn(inquiry, asked.outcome.membership, asked.evidence);
  }
  if (reference.id === null || question.isFineGrained) return notFound;

  const all = await inquiry.allMemberships();
  if (all.outcome.kind !== "ok") return unseen(all.outcome, all.evidence);
  if (all.outcome.leftOut.includes(reference.id)) return { outcome: withoutSso, evidence: all.evidence };
  const membership = all.outcome.items.find(({ organization }) => organization.id === reference.id);
  return membership === undefined ? notFound : standingIn(inquiry, membership, all.evidence);
}

/** The organisation that is meant, under the name that it has now, if a team of the person's shows it by number. */
function shownByTeams({ teams }: Inquiry, { id, teamIds }: OrganisationReference) {
  const list = teams.outcome.kind === "ok" ? teams.outcome.items : [];
  return list.find((team) => (id === null ? teamIds.includes(team.id) : team.organization.id === id))?.organization;
}
