// How organisations, memberships and teams look in bodies, by GitHub's own description of its API.
import type { components } from "@octokit/openapi-types";
import type { StandInAccount, StandInMembership, StandInOrganisation, StandInTeam } from "./entities.ts";
import { createdAt, simpleUser, updatedAt } from "./user-body.ts";

type OrganizationSimple = components["schemas"]["organization-simple"];
type OrganizationFull = components["schemas"]["organization-full"];
type OrgMembership = components["schemas"]["org-membership"];
type TeamFull = components["schemas"]["team-full"];
type TeamSimple = NonNullable<components["schemas"]["nullable-team-simple"]>;
type TeamOrganization = components["schemas"]["team-organization"];

function organizationSimple({ id, login }: StandInOrganisation, apiUrl: string): OrganizationSimple {
  const url = `${apiUrl}/orgs/${login}`;
  return {
    login,
    id,
    node_id: nodeId("12:Organization", id),
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `https://avatars.githubusercontent.com/u/${id}?v=4`,
    description: null,
  };
}

export function orgMembership(
  organisation: StandInOrganisation,
  account: StandInAccount,
  { state, role }: StandInMembership,
  apiUrl: string,
): OrgMembership {
  const organization = organizationSimple(organisation, apiUrl);
  return {
    url: `${organization.url}/memberships/${account.login}`,
    state,
    role,
    direct_membership: true,
    organization_url: organization.url,
    organization,
    user: simpleUser(account, apiUrl),
  };
}

export function teamFull(team: StandInTeam, apiUrl: string): TeamFull {
  return {
    ...teamSimple(team, apiUrl),
    privacy: "closed",
    notification_setting: "notifications_enabled",
    parent: team.parent === null ? null : teamSimple(team.parent, apiUrl),
    members_count: team.members.size,
    repos_count: 0,
    created_at: createdAt,
    updated_at: updatedAt,
    organization: teamOrganization(team.organisation, apiUrl),
  };
}

function teamSimple({ id, name, slug, organisation }: StandInTeam, apiUrl: string): TeamSimple {
  const url = `${apiUrl}/organizations/${organisation.id}/team/${id}`;
  return {
    id,
    node_id: nodeId("4:Team", id),
    url,
    html_url: `https://github.com/orgs/${organisation.login}/teams/${slug}`,
    name,
    slug,
    description: null,
    privacy: "closed",
    notification_setting: "notifications_enabled",
    permission: "pull",
    members_url: `${url}/members{/member}`,
    repositories_url: `${url}/repos`,
    type: "organization",
    organization_id: organisation.id,
  };
}

/** @returns what everybody gets to see; members and owners see more */
export function organizationFull(organisation: StandInOrganisation, apiUrl: string): OrganizationFull {
  return teamOrganization(organisation, apiUrl);
}

function teamOrganization(organisation: StandInOrganisation, apiUrl: string): TeamOrganization & OrganizationFull {
  return {
    ...organizationSimple(organisation, apiUrl),
    has_organization_projects: true,
    has_repository_projects: true,
    public_repos: 2,
    public_gists: 0,
    followers: 0,
    following: 0,
    html_url: `https://github.com/${organisation.login}`,
    created_at: createdAt,
    type: "Organization",
    updated_at: updatedAt,
    archived_at: null,
  };
}

function nodeId(kind: string, id: number): string {
  return Buffer.from(`0${kind}${id}`).toString("base64");
}
