// An organisation as a policy names it.

export interface OrganisationReference {
  /** In lower case. */
  readonly login: string;
  /**
   * The organisation's number, or null if it is not pinned: `org:acme#1234` pins "acme" wherever the policy names it.
   */
  readonly id: number | null;
  /** The numbers of this organisation's teams that are pinned: they find it again when its name has changed. */
  readonly teamIds: readonly number[];
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
