// Parents of a user's teams, and their parents: a member of a child team belongs to all of them. GitHub's list of a
// user's teams names direct memberships only, each with one parent, so what lies above is looked up level by level.
import type { Team, Unavailable } from "../facts.ts";
import type { ListedTeam } from "../schemas.ts";

/** GitHub knows no limit; more than this is no organisation's chart. Over it, the list would be incomplete. */
const maxLookUps = 100;

const tooManyTeams: Unavailable = { kind: "unavailable", reason: "github_too_large" };

interface Found {
  readonly kind: "ok";
  readonly team: ListedTeam;
}

/**
 * @param direct the direct teams in one organisation
 * @param lookUp looks up a team that is not in the list
 * @returns the teams and all of their parents, each once, or the first look-up that failed
 */
export async function withAncestors<Failure extends { readonly kind: string }>(
  direct: readonly ListedTeam[],
  lookUp: (team: Team) => Promise<Found | Failure>,
): Promise<{ readonly kind: "ok"; readonly teams: readonly Team[] } | Failure | Unavailable> {
  const known = new Map(direct.map((team) => [team.id, team]));
  let lookUps = 0;
  for (;;) {
    const missing = new Map<number, Team>();
    for (const { parent } of known.values())
      if (parent !== null && !known.has(parent.id)) missing.set(parent.id, parent);
    if (missing.size === 0) return { kind: "ok", teams: [...known.values()].map(({ id, slug }) => ({ id, slug })) };

    lookUps += missing.size;
    if (lookUps > maxLookUps) return tooManyTeams;
    const results = await Promise.all([...missing.values()].map(lookUp));
    for (const result of results) {
      if (!isFound(result)) return result;
      known.set(result.team.id, result.team);
    }
  }
}

function isFound<Failure extends { readonly kind: string }>(result: Found | Failure): result is Found {
  return result.kind === "ok";
}
