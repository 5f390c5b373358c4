// Bodies of apps: their installations, the tokens of these, and what an app learns about a token of its own.
import { createHash } from "node:crypto";
import type { components } from "@octokit/openapi-types";
import type { AppPermissions, StandInApp, StandInEnterprise, StandInInstallation } from "./apps.ts";
import { createdAt, nodeId, simpleUser, updatedAt } from "./bodies.ts";
import type { Grant } from "./grants.ts";

type Schemas = components["schemas"];

const installer = { id: 10_000_000, login: "app-installer", type: "User" };

export function installationBody(installation: StandInInstallation, apiUrl: string): Schemas["installation"] {
  const { id, app, account, permissions, suspendedAt } = installation;
  const owner = installedOn(account, apiUrl);
  const settings = owner.type === "Organization" ? `organizations/${owner.name}/settings` : "settings";
  return {
    id,
    client_id: app.clientId,
    account: owner.body,
    repository_selection: "selected",
    access_tokens_url: `${apiUrl}/app/installations/${id}/access_tokens`,
    repositories_url: `${apiUrl}/installation/repositories`,
    html_url: `https://github.com/${settings}/installations/${id}`,
    app_id: app.appId,
    app_slug: app.slug,
    target_id: account?.id ?? 0,
    target_type: owner.type,
    permissions: permissionsBody(permissions),
    events: [],
    created_at: createdAt,
    updated_at: updatedAt,
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: suspendedAt === null ? null : simpleUser(installer, apiUrl),
    suspended_at: suspendedAt === null ? null : isoSeconds(suspendedAt),
  };
}

/** @returns how GitHub shows what the app is installed on: a user, an organisation, an enterprise or what is gone */
function installedOn(account: StandInInstallation["account"], apiUrl: string) {
  if (account === null) return { body: null, type: "User", name: "" };
  if ("slug" in account) return { body: enterpriseBody(account), type: "Enterprise", name: account.slug };
  const type = "members" in account ? "Organization" : account.type;
  return { body: simpleUser({ ...account, type }, apiUrl), type, name: account.login };
}

function enterpriseBody({ id, slug }: StandInEnterprise): Schemas["enterprise"] {
  return {
    id,
    slug,
    name: slug,
    node_id: nodeId("10:Enterprise", id),
    avatar_url: `https://avatars.githubusercontent.com/b/${id}?v=4`,
    description: null,
    website_url: null,
    html_url: `https://github.com/enterprises/${slug}`,
    created_at: createdAt,
    updated_at: updatedAt,
  };
}

export function installationToken(
  token: string,
  endsAt: Date,
  permissions: AppPermissions,
): Schemas["installation-token"] {
  return {
    token,
    expires_at: isoSeconds(endsAt),
    permissions: permissionsBody(permissions),
    repository_selection: "selected",
  };
}

/** @returns what an app learns about a token of its own */
export function authorizationBody(
  app: StandInApp,
  token: string,
  grant: Grant,
  apiUrl: string,
): Schemas["authorization"] {
  const id = grant.account.id + app.appId;
  return {
    id,
    url: `${apiUrl}/authorizations/${id}`,
    app: { client_id: app.clientId, name: app.name, url: `https://github.com/apps/${app.slug}` },
    token,
    hashed_token: createHash("sha256").update(token).digest("hex"),
    token_last_eight: token.slice(-8),
    note: null,
    note_url: null,
    created_at: createdAt,
    updated_at: updatedAt,
    scopes: grant.kind === "app" ? [] : [...grant.scopes],
    fingerprint: null,
    expires_at: grant.expiration === null ? null : isoTime(grant.expiration),
    user: simpleUser(grant.account, apiUrl),
  };
}

function permissionsBody(permissions: AppPermissions): Schemas["app-permissions"] {
  return { metadata: "read", ...permissions };
}

function isoSeconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

/** @param expiration as headers write it; what is no time stays as it is, so that tests can try that, too */
function isoTime(expiration: string): string {
  const time = new Date(expiration.replace(" UTC", "Z"));
  return Number.isNaN(time.getTime()) ? expiration : isoSeconds(time);
}
