// The organisations that a policy names, each once: `org:acme#1234` pins "acme" wherever else the policy says "acme".
import type { Problem } from "./checked.ts";
import type { AllowEntry, DenyEntry, OrganisationEntry } from "./entries.ts";

/** An organisation as a policy names it. */
export interface OrganisationReference {
  /** In lower case. */
  readonly login: string;
  /** The organisation's number, or null if it is not pinned. */
  readonly id: number | null;
  /** The numbers of this organisation's teams that are pinned: they find it again when its name has changed. */
  readonly teamIds: readonly number[];
}

/** @returns what an answer about the organisation is filed under: the name, and the number where it is pinned, since the two can lead to different organisations */
export function keyOfOrganisation({ login, id }: OrganisationReference): string {
  return id === null ? login : `${login}#${id}`;
}

type Entry = AllowEntry | DenyEntry | OrganisationEntry;

/**
 * @param entries everything in which an organisation can be named
 * @returns a reference for each organisation, in the order of its first mention
 */
export function organisationsNamedIn(entries: readonly Entry[]): OrganisationReference[] {
  const references = new Map<string, OrganisationReference>();
  for (const entry of entries) {
    const login = organisationOf(entry);
    if (login === null) continue;
    const { id = null, teamIds = [] } = references.get(login) ?? {};
    references.set(login, {
      login,
      id: id ?? (entry.kind === "organisation" ? entry.id : null),
      teamIds: entry.kind === "team" && entry.id !== null ? [...teamIds, entry.id] : teamIds,
    });
  }
  return [...references.values()];
}

/** @returns what is wrong where one name is pinned to two numbers: nobody could say which is meant */
export function pinConflictsIn(setting: string, entries: readonly Entry[]): Problem[] {
  const pins = new Map<string, number>();
  return entries.flatMap((entry) => {
    if (entry.kind !== "organisation" || entry.id === null) return [];
    const earlier = pins.get(entry.login);
    pins.set(entry.login, entry.id);
    if (earlier === undefined || earlier === entry.id) return [];
    return [
      { setting, message: `names the organisation ${entry.login} with two numbers, #${earlier} and #${entry.id}` },
    ];
  });
}

function organisationOf(entry: Entry): string | null {
  switch (entry.kind) {
    case "organisation":
      return entry.login;
    case "team":
      return entry.organisation;
    case "anyone":
    case "user":
    case "token":
      return null;
  }
}
