// Parents of a user's teams, and their parents: a member of a child team belongs to all of them. GitHub's list of a
// user's teams names direct memberships only, each with one parent. What lies above is looked up level by level where
// it is little, and taken from the list of the organisation's teams where it is much: any member can nest teams, and
// put any other member into them.
import type { Team } from "../facts.ts";
import type { TeamWithParent } from "../schemas.ts";

/** Each is a call; together they are fewer than the pages of a large organisation's list. */
const maxLookUps = 6;

interface Found {
  readonly kind: "ok";
  readonly teams: readonly TeamWithParent[];
}

interface Sources<Failure> {
  /** One team with its parent. */
  readonly lookUp: (team: Team) => Promise<Found | Failure>;
  /** All teams of the organisation, each with its parent. */
  readonly listAll: () => Promise<Found | Failure>;
}

export interface TeamsWithAncestors<Failure> {
  /** The teams and their parents, each once. */
  readonly teams: readonly Team[];
  /** Why there may be more parents: a call that failed, or a parent that no list has; null where these are all. */
  readonly missing: Failure | "unknown_parent" | null;
}

/** @param direct the direct teams in one organisation */
export async function withAncestors<Failure extends { readonly kind: string }>(
  direct: readonly TeamWithParent[],
  { lookUp, listAll }: Sources<Failure>,
): Promise<TeamsWithAncestors<Failure>> {
  const known = new Map(direct.map((team) => [team.id, team]));
  const parents = new Map<number, Team>();
  const result = (missing: TeamsWithAncestors<Failure>["missing"]): TeamsWithAncestors<Failure> => {
    const teams = [...known.values(), ...[...parents.values()].filter(({ id }) => !known.has(id))];
    return { teams: teams.map(({ id, slug }) => ({ id, slug })), missing };
  };

  /** Adds teams, and names those of their parents that are not known yet. */
  const unknownAbove = (teams: readonly TeamWithParent[]): Team[] => {
    for (const team of teams) known.set(team.id, team);
    const unknown = new Map<number, Team>();
    for (const { parent } of teams) if (parent !== null && !known.has(parent.id)) unknown.set(parent.id, parent);
    for (const [id, parent] of unknown) parents.set(id, parent);
    return [...unknown.values()];
  };

  let unknown = unknownAbove(direct);
  // A team without a slug has no address of its own.
  for (let lookUps = unknown.length; canLookUp(unknown, lookUps); lookUps += unknown.length) {
    const results = await Promise.all(unknown.map(lookUp));
    unknown = unknownAbove(results.flatMap((one) => (isFound(one) ? one.teams : [])));
    for (const one of results) if (!isFound(one)) return result(one);
  }
  if (unknown.length === 0) return result(null);

  const all = await listAll();
  if (!isFound(all)) return result(all);
  const byId = new Map(all.teams.map((team) => [team.id, team]));
  while (unknown.length > 0) {
    const found = unknown.flatMap(({ id }) => byId.get(id) ?? []);
    if (found.length < unknown.length) return result("unknown_parent");
    unknown = unknownAbove(found);
  }
  return result(null);
}

function canLookUp(unknown: readonly Team[], lookUps: number): boolean {
  return unknown.length > 0 && lookUps <= maxLookUps && unknown.every(({ slug }) => slug !== "");
}

function isFound<Failure extends { readonly kind: string }>(result: Found | Failure): result is Found {
  return result.kind === "ok";
}
