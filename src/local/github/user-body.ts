// How accounts look in bodies. Their types come from GitHub's own description of its API, so that the type checker notices what is missing.
import type { components } from "@octokit/openapi-types";
import type { StandInAccount } from "./entities.ts";

type PublicUser = components["schemas"]["public-user"];
type PrivateUser = components["schemas"]["private-user"];
type SimpleUser = components["schemas"]["simple-user"];

export const createdAt = "2019-03-11T08:15:30Z";
export const updatedAt = "2026-02-03T17:45:12Z";

/** @returns what a token without the scope `read:user` gets to see */
export function publicUser(account: StandInAccount, apiUrl: string): PublicUser {
  return { ...profile(account, apiUrl), user_view_type: "public" };
}

/** @returns what a token with the scope `read:user` gets to see */
export function privateUser(account: StandInAccount, apiUrl: string): PrivateUser {
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

/** @returns what other resources show of somebody */
export function simpleUser({ id, login, type }: StandInAccount, apiUrl: string): SimpleUser {
  const url = `${apiUrl}/users/${login}`;
  return {
    login,
    id,
    node_id: Buffer.from(`04:User${id}`).toString("base64"),
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

function profile(account: StandInAccount, apiUrl: string): PublicUser {
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
