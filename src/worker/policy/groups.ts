// Memberships become groups: one for each organisation of `groups_from` that the person is an active member of, and one for each of its teams, parents included.
// Slugs, never display names: anyone in an organisation may create a team that is called "system:masters".
import type { ClusterPolicy, GroupForm } from "../config/cluster.ts";
import type { Facts, Standing, Team } from "../github/facts.ts";
import { standingIn } from "./match.ts";

/** @returns the groups in alphabetical order, so that GitHub's order does not matter */
export function groupsOf(policy: ClusterPolicy, facts: Facts): string[] {
  const groups = new Set<string>();
  for (const login of policy.groupsFrom) {
    const standing = standingIn(login, policy, facts);
    if (standing.kind !== "member") continue;
    const organisation = policy.prefix + organisationName(policy.group, standing);
    groups.add(organisation);
    for (const team of standing.teams) groups.add(`${organisation}/${teamName(policy.group, team)}`);
  }
  return [...groups].sort();
}

/** @returns the organisations whose groups are missing because the token may not see them, with the reason */
export function invisibleOrganisations(policy: ClusterPolicy, facts: Facts): string[] {
  return policy.organisations.flatMap(({ login }) => {
    const standing = standingIn(login, policy, facts);
    return standing.kind === "invisible" ? [`${login}=${standing.reason}`] : [];
  });
}

function organisationName(form: GroupForm, { id, login }: Standing & { kind: "member" }): string {
  return nameOf(form, login, id);
}

function teamName(form: GroupForm, { id, slug }: Team): string {
  return nameOf(form, slug, id);
}

/** @param id its number at GitHub; a word in place of it, where it is not known */
export function nameOf(form: GroupForm, name: string, id: number | string): string {
  switch (form) {
    case "slug":
      return name;
    case "id":
      return String(id);
    case "slug:id":
      return `${name}:${id}`;
  }
}
