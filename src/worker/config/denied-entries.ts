// Which entries of `allow` admit nobody because `deny` takes back whatever they give: as far as the entries alone show it, whoever comes.
import type { AllowEntry, DenyEntry, OrganisationEntry } from "./entries.ts";
import type { OrganisationReference } from "./organisations.ts";

interface Entries {
  readonly allow: readonly AllowEntry[];
  readonly deny: readonly DenyEntry[];
  readonly organisations: readonly OrganisationReference[];
}

/** @returns whether every entry of `allow` is denied, itself or, for a team, its organisation */
export function admitsNobody({ allow, deny, organisations }: Entries): boolean {
  const denied = new Set(deny.map((entry) => identityOf(entry, organisations)));
  const isDenied = (entry: AllowEntry) => denied.has(identityOf(entry, organisations));
  return allow.every(
    (entry) => isDenied(entry) || (entry.kind === "team" && isDenied(organisationOf(entry.organisation))),
  );
}

/** Whom an entry means, as text: a pinned one means the number alone, and an organisation is pinned wherever its name stands. */
function identityOf(entry: AllowEntry | DenyEntry, organisations: readonly OrganisationReference[]): string {
  switch (entry.kind) {
    case "anyone":
    case "token":
      return entry.kind;
    case "user":
      return entry.id === null ? `user:${entry.login}` : `user#${entry.id}`;
    case "organisation": {
      const id = organisations.find(({ login }) => login === entry.login)?.id ?? null;
      return id === null ? `organisation:${entry.login}` : `organisation#${id}`;
    }
    case "team": {
      const organisation = identityOf(organisationOf(entry.organisation), organisations);
      return entry.id === null ? `${organisation}/${entry.slug}` : `team#${entry.id}`;
    }
  }
}

function organisationOf(login: string): OrganisationEntry {
  return { kind: "organisation", login, id: null };
}
