// How apps' installations and tokens look in bodies, by GitHub's own description of its API.
import { createHash } from "node:crypto";
import type { components } from "@octokit/openapi-types";
import type { Grant } from "./directory.ts";
import type { AppPermissions, StandInApp, StandInInstallation } from "./entities.ts";
import { createdAt, simpleUser, updatedAt } from "./user-body.ts";

type Installation = components["schemas"]["installation"];
type InstallationToken = components["schemas"]["installation-token"];
type Authorization = components["schemas"]["authorization"];

const installerId = 10_000_000;

export function installationBody(installation: StandInInstallation, apiUrl: string): Installation {
  const { id, app, organisation, permissions, suspendedAt } = installation;
  const owner = { id: organisation.id, login: organisation.login, type: "Organization" };
  const installer = { id: installerId, login: "app-installer", type: "User" };
  return {
    id,
    client_id: app.clientId,
    account: simpleUser(owner, apiUrl),
    repository_selection: "selected",
    access_tokens_url: `${apiUrl}/app/installations/${id}/access_tokens`,
    repositories_url: `${apiUrl}/installation/repositories`,
    html_url: `https://github.com/organizations/${organisation.login}/settings/installations/${id}`,
    app_id: app.appId,
    app_slug: app.slug,
    target_id: organisation.id,
    target_type: "Organization",
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

export function installationToken(token: string, endsAt: Date, permissions: AppPermissions): InstallationToken {
  return {
    token,
    expires_at: isoSeconds(endsAt),
    permissions: permissionsBody(permissions),
    repository_selection: "selected",
  };
}

/** What check-token says of an app's token. */
export function authorizationBody(app: StandInApp, token: string, grant: Grant, apiUrl: string): Authorization {
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

function permissionsBody({ members }: AppPermissions): components["schemas"]["app-permissions"] {
  return { metadata: "read", ...(members === undefined ? {} : { members }) };
}

function isoSeconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

/** From the form in which headers write it; what can't be read stays as it is, so that tests can try that, too. */
function isoTime(expiration: string): string {
  const time = new Date(expiration.replace(" UTC", "Z"));
  return Number.isNaN(time.getTime()) ? expiration : isoSeconds(time);
}
