// Memberships become groups: one for each organisation of `groups_from` that the person is an active member of, and one for each of its teams, parents included.
// Slugs, never display names: anyone in an organisation may create a team that is called "system:masters".
import type { ClusterPolicy, GroupForm } from "../config/cluster.ts";
import type { Facts, Membership, Team } from "../github/facts.ts";
import { membershipIn } from "./match.ts";

/** @returns the groups in alphabetical order, so that GitHub's order does not matter */
export function groupsOf(policy: ClusterPolicy, facts: Facts): string[] {
  const groups = new Set<string>();
  for (const login of policy.groupsFrom) {
    const membership = membershipIn(login, policy, facts);
    if (membership.kind !== "active") continue;
    const organisation = policy.prefix + organisationName(policy.group, membership);
    groups.add(organisation);
    for (const team of membership.teams) groups.add(`${organisation}/${teamName(policy.group, team)}`);
  }
  return [...groups].sort();
}

/** @returns the organisations whose groups are missing because the token may not see them, with the reason */
export function hiddenOrganisations(policy: ClusterPolicy, facts: Facts): string[] {
  return policy.organisations.flatMap(({ login }) => {
    const membership = membershipIn(login, policy, facts);
    return membership.kind === "hidden" ? [`${login}=${membership.reason}`] : [];
  });
}

function organisationName(form: GroupForm, { id, login }: Membership & { kind: "active" }): string {
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
