// What stands between a person's token and an organisation that the person is in.
import { randomBytes } from "node:crypto";
import type { Call } from "./call.ts";
import type { Grant } from "./directory.ts";
import type { StandInOrganisation } from "./entities.ts";
import { ipAllowListMessage } from "./other-answer.ts";
import { notAccessible, refuse, requiresAuthentication } from "./refusal.ts";
import type { RouteResult } from "./route.ts";
import type { State } from "./state.ts";

/** Any one of these lets a token see its owner's organisations. */
const sufficientScopes = ["admin:org", "read:org", "repo", "user", "write:org"];

/** A refusal that GitHub spells out, single sign-on, and what the token was never made for. */
export type Access =
  | { readonly kind: "open" }
  | { readonly kind: "sso" }
  | { readonly kind: "not_accessible" }
  | { readonly kind: "refused"; readonly message: string };

/** @returns the headers about scopes that answers to tokens with scopes carry */
export function scopeHeaders({ kind }: Grant): Record<string, string> {
  return kind === "fine_grained" ? {} : { "x-accepted-oauth-scopes": sufficientScopes.join(", ") };
}

/** Whether this token's scopes, if it has any, let it see organisations. */
export function hasSufficientScope({ kind, scopes }: Grant): boolean {
  if (kind === "fine_grained" || kind === "app" || kind === "installation") return true;
  return scopes.some((scope) => sufficientScopes.includes(scope));
}

/** @returns what is wrong with the token before it comes to any organisation, or the token's grant */
export function personalGrant(call: Call): { readonly grant: Grant } | { readonly refused: RouteResult } {
  const { grant } = call;
  if (grant === null) return { refused: requiresAuthentication(call) };
  if (grant.kind === "installation") return { refused: notAccessible(call) };
  if (!hasSufficientScope(grant)) {
    const message = "You need at least read:org scope to see your memberships in organizations.";
    return { refused: refuse(call, 403, message, scopeHeaders(grant)) };
  }
  return { grant };
}

export function accessTo(organisation: StandInOrganisation, token: string, grant: Grant, { apps }: State): Access {
  const { login, restrictions } = organisation;
  const { kind, oauthClientId, resourceOwner } = grant;
  if (kind === "fine_grained" && resourceOwner !== organisation) return { kind: "not_accessible" };

  const isApproved =
    restrictions.approvedClients === undefined ||
    (oauthClientId !== null && restrictions.approvedClients.includes(oauthClientId));
  if (kind === "app") {
    const app = apps.byClientId(oauthClientId);
    // Restrictions on OAuth apps are none of a GitHub App's: it is installed or it is not.
    const isWelcome =
      app === null
        ? isApproved
        : apps.installationsOf(app).some((installation) => {
            const isHere = installation.organisation === organisation && installation.suspendedAt === null;
            return isHere && installation.permissions.members !== undefined;
          });
    if (!isWelcome) return { kind: "not_accessible" };
  } else if ((kind === "oauth" || oauthClientId !== null) && !isApproved) {
    return { kind: "refused", message: appRestrictionMessage(login) };
  }

  if (restrictions.ipAllowList === true) return { kind: "refused", message: ipAllowListMessage(login) };
  const isPersonal = kind === "classic" || (kind === "legacy" && oauthClientId === null);
  if (isPersonal && restrictions.forbidsClassic === true) {
    return { kind: "refused", message: forbidsClassicMessage(login) };
  }
  return kind === "fine_grained" || isSsoAuthorised(organisation, token) ? { kind: "open" } : { kind: "sso" };
}

/** @returns the refusal, or null where nothing stands in the way */
export function refusalFor(
  call: Call,
  grant: Grant,
  access: Access,
  { login }: StandInOrganisation,
): RouteResult | null {
  switch (access.kind) {
    case "open":
      return null;
    case "not_accessible":
      return notAccessible(call);
    case "refused":
      return refuse(call, 403, access.message, scopeHeaders(grant));
    case "sso": {
      const request = randomBytes(16).toString("hex").toUpperCase();
      const url = `https://github.com/orgs/${login}/sso?authorization_request=${request}`;
      return refuse(call, 403, ssoMessage(grant), { ...scopeHeaders(grant), "x-github-sso": `required; url=${url}` });
    }
  }
}

/**
 * Sorts organisations into those that a list shows and those that it leaves out: single sign-on is the only reason that GitHub tells.
 *
 * @returns the visible ones, and the header that names the others' numbers
 */
export function visibleIn(
  organisations: readonly StandInOrganisation[],
  token: string,
  grant: Grant,
  state: State,
): { readonly visible: readonly StandInOrganisation[]; readonly headers: Readonly<Record<string, string>> } {
  const visible: StandInOrganisation[] = [];
  const leftOut: number[] = [];
  for (const organisation of organisations) {
    const access = accessTo(organisation, token, grant, state);
    if (access.kind === "open") visible.push(organisation);
    if (access.kind === "sso") leftOut.push(organisation.id);
  }
  const header = `partial-results; organizations=${leftOut.join(",")}`;
  return { visible, headers: leftOut.length === 0 ? {} : { "x-github-sso": header } };
}

function isSsoAuthorised({ restrictions: { sso }, ssoAuthorisedTokens }: StandInOrganisation, token: string): boolean {
  if (sso === undefined || ssoAuthorisedTokens.has(token)) return true;
  const { authorisedTokens } = sso;
  return typeof authorisedTokens === "function" ? authorisedTokens(token) : (authorisedTokens?.has(token) ?? false);
}

function ssoMessage({ kind }: Grant): string {
  const token = kind === "classic" ? "personal access token" : "OAuth token";
  return `Resource protected by organization SAML enforcement. You must grant your ${token} access to this organization.`;
}

function appRestrictionMessage(login: string): string {
  return (
    `Although you appear to have the correct authorization credentials, the \`${login}\` organization has enabled OAuth App ` +
    "access restrictions, meaning that data access to third-parties is limited. For more information on these restrictions, " +
    "including how to enable this app, visit " +
    "https://docs.github.com/articles/restricting-access-to-your-organization-s-data/"
  );
}

function forbidsClassicMessage(login: string): string {
  return (
    `\`${login}\` forbids access via a personal access token (classic). Please use a GitHub App, OAuth App, or a personal ` +
    "access token with fine-grained permissions."
  );
}
