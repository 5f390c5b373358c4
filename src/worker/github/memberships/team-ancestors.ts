// The parents of somebody's teams, and theirs: a member of a child team belongs to all of them. GitHub's list of somebody's teams names direct memberships only,
// each with one parent, so what lies above is asked for level by level.

import { notAsked, type WithResponse } from "../call.ts";
import type { LookupFailure, Team, Unavailable } from "../facts.ts";
import type { Absent, Hidden } from "../outcomes.ts";
import type { ListedTeam } from "../schemas.ts";

/** GitHub knows no limit; more than this is no organisation's chart. Over it, the list would be incomplete. */
const maxLookUps = 100;

const tooManyTeams: Unavailable = { kind: "unavailable", reason: "github_too_large" };

export type LookedUpTeam = WithResponse<
  { readonly kind: "ok"; readonly team: ListedTeam } | Absent | Hidden | LookupFailure
>;
type Failed = WithResponse<Absent | Hidden | LookupFailure>;

/**
 * @param direct the direct teams in one organisation
 * @param lookUp asks for a team that is not in the list
 * @returns the teams and all of their parents, each once, or the first look-up that failed
 */
export async function withAncestors(
  direct: readonly ListedTeam[],
  lookUp: (team: Team) => Promise<LookedUpTeam>,
): Promise<
  { readonly kind: "complete"; readonly teams: readonly Team[] } | { readonly kind: "failed"; readonly asked: Failed }
> {
  const known = new Map(direct.map((team) => [team.id, team]));
  let lookUps = 0;
  for (;;) {
    const missing = new Map<number, Team>();
    for (const { parent } of known.values())
      if (parent !== null && !known.has(parent.id)) missing.set(parent.id, parent);
    if (missing.size === 0)
      return { kind: "complete", teams: [...known.values()].map(({ id, slug }) => ({ id, slug })) };

    lookUps += missing.size;
    if (lookUps > maxLookUps) return { kind: "failed", asked: { outcome: tooManyTeams, responseInfo: notAsked } };
    const lookedUp = await Promise.all([...missing.values()].map(lookUp));
    for (const { outcome, responseInfo } of lookedUp) {
      if (outcome.kind !== "ok") return { kind: "failed", asked: { outcome, responseInfo } };
      known.set(outcome.team.id, outcome.team);
    }
  }
}
