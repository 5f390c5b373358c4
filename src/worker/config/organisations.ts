// An organisation as a policy names it, and its teams.

export interface TeamReference {
  /** In lower case. */
  readonly slug: string;
  /** The team's number, or null if it is not pinned. */
  readonly id: number | null;
  /** Whether `deny` names it: there, only a proof counts as "no". */
  readonly isDenied: boolean;
}

export interface OrganisationReference {
  /** In lower case. */
  readonly login: string;
  /**
   * The organisation's number, or null if it is not pinned: `org:acme#1234` pins "acme" wherever the policy names it.
   */
  readonly id: number | null;
  /** The teams that entries name. Those that are pinned find the organisation again when its name has changed. */
  readonly teams: readonly TeamReference[];
  /** Whether an entry or a group depends on the teams; if not, nothing is asked about them. */
  readonly needsTeams: boolean;
}

/**
 * @returns the key for facts about the organisation: its name, and its number where it is pinned, since the two can
 *   lead
 *   to different organisations
 */
export function keyOfOrganisation({ login, id }: OrganisationReference): string {
  return id === null ? login : `${login}#${id}`;
}

/**
 * @returns the key of an answer about one team; its sign keeps a team called "constructor" apart from what objects have
 */
export function keyOfTeam({ slug, id }: Pick<TeamReference, "slug" | "id">): string {
  return id === null ? `/${slug}` : `#${id}`;
}

/** @returns the numbers of the organisation's teams that are pinned */
export function pinnedTeams({ teams }: OrganisationReference): number[] {
  return teams.flatMap(({ id }) => id ?? []);
}

/** @returns the teams of `deny` that are pinned while their organisation is not: it may have another name by now */
export function teamsToProve({ id, teams }: OrganisationReference): TeamReference[] {
  return id === null ? teams.filter((team) => team.isDenied && team.id !== null) : [];
}
