// Bodies of accounts, organisations and teams. Their types come from the description that GitHub publishes of its
// API, so that the type checker notices what is missing.
import type { components } from "@octokit/openapi-types";
import type { StandInAccount } from "./accounts.ts";
import type { StandInOrganisation, StandInTeam } from "./organisations.ts";

type Schemas = components["schemas"];

export const createdAt = "2019-03-11T08:15:30Z";
export const updatedAt = "2026-02-03T17:45:12Z";
const enterpriseId = 30_001;

type PublicAccount = Pick<StandInAccount, "id" | "login" | "type">;

/** A membership, in whatever state and role a test puts the account. */
type MembershipBody = Omit<Schemas["org-membership"], "state" | "role"> & {
  readonly state: string;
  readonly role?: string;
};

/** A team in the list of a person's teams: what it shows of an enterprise's teams is not published. */
type ListedTeam = Omit<Schemas["team-full"], "organization"> & {
  readonly organization?: Schemas["team-organization"] | null;
};

/** @returns what a token without the scope `read:user` shows */
export function publicUser(account: PublicAccount, apiUrl: string): Schemas["public-user"] {
  return { ...profile(account, apiUrl), user_view_type: "public" };
}

/** @returns what a token with the scope `read:user` shows */
export function privateUser(account: StandInAccount, apiUrl: string): Schemas["private-user"] {
  return {
    ...profile(account, apiUrl),
    user_view_type: "private",
    private_gists: 2,
    total_private_repos: 3,
    owned_private_repos: 3,
    disk_usage: 4096,
    collaborators: 1,
    two_factor_authentication: true,
    plan: { name: "free", space: 976562499, private_repos: 10000, collaborators: 0 },
  };
}

function profile(account: PublicAccount, apiUrl: string): Schemas["public-user"] {
  return {
    ...simpleUser(account, apiUrl),
    id: account.id,
    name: null,
    company: null,
    blog: "",
    location: null,
    email: null,
    hireable: null,
    bio: null,
    twitter_username: null,
    notification_email: null,
    public_repos: 4,
    public_gists: 1,
    followers: 7,
    following: 5,
    created_at: createdAt,
    updated_at: updatedAt,
  };
}

/** @returns what other resources show of an account */
export function simpleUser({ id, login, type }: PublicAccount, apiUrl: string): Schemas["simple-user"] {
  const url = `${apiUrl}/users/${login}`;
  return {
    login,
    id,
    node_id: nodeId("4:User", id),
    avatar_url: `https://avatars.githubusercontent.com/u/${id}?v=4`,
    gravatar_id: "",
    url,
    html_url: `https://github.com/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type,
    site_admin: false,
  };
}

/** @returns what everyone may see; members and owners see more */
export function organizationFull(
  organisation: StandInOrganisation,
  apiUrl: string,
): Schemas["organization-full"] & Schemas["team-organization"] {
  return {
    ...organizationSimple(organisation, apiUrl),
    name: organisation.login,
    company: "",
    blog: "https://organisation.example",
    location: "",
    email: "hello@organisation.example",
    twitter_username: null,
    is_verified: false,
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

function organizationSimple({ id, login }: StandInOrganisation, apiUrl: string): Schemas["organization-simple"] {
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

/** @param account one that is in the organisation or invited to it */
export function orgMembership(
  organisation: StandInOrganisation,
  account: StandInAccount,
  apiUrl: string,
): MembershipBody {
  const membership = organisation.members.get(account);
  if (membership === undefined) throw new Error(`${account.login} is not in ${organisation.login}`);
  const organization = organizationSimple(organisation, apiUrl);
  return {
    url: `${organization.url}/memberships/${account.login}`,
    state: membership.state,
    ...(membership.role === null ? {} : { role: membership.role }),
    direct_membership: true,
    organization_url: organization.url,
    organization,
    user: simpleUser(account, apiUrl),
  };
}

const invitationRoles: Readonly<Record<string, string>> = { member: "direct_member" };

/** @param invitee an account that is invited, or an e-mail address */
export function organizationInvitation(
  organisation: StandInOrganisation,
  invitee: StandInAccount | string,
  apiUrl: string,
): Schemas["organization-invitation"] {
  const isAddress = typeof invitee === "string";
  const role = (isAddress ? null : organisation.members.get(invitee)?.role) ?? "member";
  const id = isAddress ? 70_000_001 + organisation.invitedAddresses.indexOf(invitee) : 60_000_000 + invitee.id;
  return {
    id,
    login: isAddress ? null : invitee.login,
    email: isAddress ? invitee : null,
    role: invitationRoles[role] ?? role,
    created_at: createdAt,
    failed_at: null,
    failed_reason: null,
    inviter: simpleUser({ id: 10_000_000, login: "app-installer", type: "User" }, apiUrl),
    team_count: isAddress ? 0 : organisation.teams.filter(({ members }) => members.has(invitee)).length,
    node_id: nodeId("22:OrganizationInvitation", id),
    invitation_teams_url: `${apiUrl}/organizations/${organisation.id}/invitations/${id}/teams`,
    invitation_source: "member",
  };
}

/** @returns a member in the list of a team's members */
export function teamMember(
  { organisation }: StandInTeam,
  { account, inherited }: { readonly account: StandInAccount; readonly inherited: boolean },
  apiUrl: string,
): Schemas["team-member"] {
  const role = organisation.members.get(account)?.role === "admin" ? "maintainer" : "member";
  return { ...simpleUser(account, apiUrl), role, inherited };
}

/** @returns the team as in the list of a person's teams */
export function listedTeam(team: StandInTeam, apiUrl: string): ListedTeam {
  const { organization, ...body } = teamFull(team, apiUrl);
  const shown = { full: { organization }, null: { organization: null }, absent: {} };
  return { ...body, ...shown[team.shownOrganisation] };
}

/** @returns the team as in the list of an organisation's teams */
export function teamWithParent(team: StandInTeam, apiUrl: string): Schemas["team"] {
  return {
    ...teamSimple(team, apiUrl),
    parent: team.parent === null ? null : teamSimple(team.parent, apiUrl),
  };
}

export function teamFull(team: StandInTeam, apiUrl: string): Schemas["team-full"] {
  return {
    ...teamWithParent(team, apiUrl),
    privacy: team.privacy,
    notification_setting: "notifications_enabled",
    members_count: team.members.size,
    repos_count: 0,
    created_at: createdAt,
    updated_at: updatedAt,
    organization: organizationFull(team.organisation, apiUrl),
  };
}

/** @param account one that is in the team, or invited to it */
export function teamMembership(
  { id, organisation }: StandInTeam,
  account: StandInAccount,
  apiUrl: string,
): { readonly url: string; readonly role: string; readonly state: string } {
  const membership = organisation.members.get(account);
  return {
    url: `${apiUrl}/organizations/${organisation.id}/team/${id}/memberships/${account.login}`,
    role: membership?.role === "admin" ? "maintainer" : "member",
    state: membership?.state ?? "active",
  };
}

function teamSimple(
  { id, name, slug, type, privacy, organisation }: StandInTeam,
  apiUrl: string,
): NonNullable<Schemas["nullable-team-simple"]> {
  const url = `${apiUrl}/organizations/${organisation.id}/team/${id}`;
  return {
    id,
    node_id: nodeId("4:Team", id),
    url,
    html_url: `https://github.com/orgs/${organisation.login}/teams/${encodeURIComponent(slug)}`,
    name,
    slug,
    description: null,
    privacy,
    notification_setting: "notifications_enabled",
    permission: "pull",
    members_url: `${url}/members{/member}`,
    repositories_url: `${url}/repos`,
    type,
    ...(type === "organization" ? { organization_id: organisation.id } : { enterprise_id: enterpriseId }),
  };
}

export function nodeId(kind: string, id: number): string {
  return Buffer.from(`0${kind}${id}`).toString("base64");
}
