// Access of a person's token to an organisation, and the refusals of what stands in the way.
import { randomBytes } from "node:crypto";
import type { StandInContext } from "./context.ts";
import type { Grant } from "./grants.ts";
import type { StandInOrganisation } from "./organisations.ts";
import { ipAllowListMessage, notAccessible, refuse, requiresAuthentication } from "./responses.ts";

export type Access =
  | { readonly kind: "open" }
  /** The person did not authorise the token for the organisation's single sign-on. */
  | { readonly kind: "sso" }
  /** The token was never made for this organisation. */
  | { readonly kind: "not_accessible" }
  /** GitHub says why. */
  | { readonly kind: "refused"; readonly message: string };

/** Any one of these lets a token see its owner's organisations. */
const sufficientScopes = ["admin:org", "read:org", "repo", "user", "write:org"];

/** @returns the headers about scopes in responses to tokens that have scopes */
export function scopeHeaders({ kind }: Grant): Record<string, string> {
  return kind === "fine_grained" ? {} : { "x-accepted-oauth-scopes": sufficientScopes.join(", ") };
}

/** Whether this token's scopes, if it has any, let it see organisations. */
export function hasSufficientScope({ kind, scopes }: Grant): boolean {
  if (kind === "fine_grained" || kind === "app" || kind === "installation") return true;
  return scopes.some((scope) => sufficientScopes.includes(scope));
}

/** @returns the grant of a person's token, or the refusal of any other, and of one that may see no organisation */
export function personalGrant(c: StandInContext): Grant | Response {
  const { grant } = c.get("caller");
  if (grant === null) return requiresAuthentication(c);
  if (grant.kind === "installation") return notAccessible(c);
  if (hasSufficientScope(grant)) return grant;
  const message = "You need at least read:org scope to see your memberships in organizations.";
  return refuse(c, 403, message, scopeHeaders(grant));
}

export function accessTo(c: StandInContext, grant: Grant, organisation: StandInOrganisation): Access {
  const { login, restrictions } = organisation;
  const { kind, oauthClientId } = grant;
  if (kind === "fine_grained" && grant.resourceOwner !== organisation) return { kind: "not_accessible" };

  const isApproved =
    restrictions.approvedClients === undefined ||
    (oauthClientId !== null && restrictions.approvedClients.includes(oauthClientId));
  if (kind === "app") {
    const { apps } = c.get("github");
    const app = apps.byClientId(oauthClientId);
    // Restrictions of OAuth apps do not concern a GitHub App: it is installed or it is not.
    const isAllowed =
      app === null
        ? isApproved
        : apps.installationsOf(app).some((installation) => {
            const isHere = installation.organisation === organisation && installation.suspendedAt === null;
            return isHere && installation.permissions.members !== undefined;
          });
    if (!isAllowed) return { kind: "not_accessible" };
  } else if ((kind === "oauth" || oauthClientId !== null) && !isApproved) {
    return { kind: "refused", message: appRestrictionMessage(login) };
  }

  if (restrictions.ipAllowList === true) return { kind: "refused", message: ipAllowListMessage(login) };
  const isPersonal = kind === "classic" || (kind === "legacy" && oauthClientId === null);
  if (isPersonal && restrictions.forbidsClassic === true) {
    return { kind: "refused", message: forbidsClassicMessage(login) };
  }
  return kind === "fine_grained" || isSsoAuthorised(organisation, c.get("caller").token ?? "")
    ? { kind: "open" }
    : { kind: "sso" };
}

/** @returns the refusal, or null where nothing stands in the way */
export function refusalFor(
  c: StandInContext,
  grant: Grant,
  access: Access,
  { login }: StandInOrganisation,
): Response | null {
  switch (access.kind) {
    case "open":
      return null;
    case "not_accessible":
      return notAccessible(c);
    case "refused":
      return refuse(c, 403, access.message, scopeHeaders(grant));
    case "sso": {
      const request = randomBytes(16).toString("hex").toUpperCase();
      const url = `https://github.com/orgs/${login}/sso?authorization_request=${request}`;
      return refuse(c, 403, ssoMessage(grant), { ...scopeHeaders(grant), "x-github-sso": `required; url=${url}` });
    }
  }
}

/** @returns the refusal of a token that is not of an installation in this organisation, or null */
export function refusalForInstallation(
  c: StandInContext,
  { installation: granted }: Grant,
  organisation: StandInOrganisation,
): Response | null {
  const isHere = granted?.installation.organisation === organisation;
  if (!isHere || granted.permissions.members === undefined) return notAccessible(c);
  if (organisation.restrictions.ipAllowList !== true) return null;
  return refuse(c, 403, ipAllowListMessage(organisation.login));
}

/**
 * Sorts the organisations of a person into those that a list shows and those that it leaves out. Of the latter GitHub
 * only tells which are behind single sign-on.
 *
 * @returns the visible organisations, and the header with the numbers of those behind single sign-on
 */
export function visibleIn(c: StandInContext, grant: Grant, organisations: readonly StandInOrganisation[]) {
  const visible: StandInOrganisation[] = [];
  const behindSso: number[] = [];
  for (const organisation of organisations) {
    const access = accessTo(c, grant, organisation);
    if (access.kind === "open") visible.push(organisation);
    if (access.kind === "sso") behindSso.push(organisation.id);
  }
  const ssoHeaders: Record<string, string> =
    behindSso.length === 0 ? {} : { "x-github-sso": `partial-results; organizations=${behindSso.join(",")}` };
  return { visible, ssoHeaders };
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
    `Although you appear to have the correct authorization credentials, the \`${login}\` organization has enabled ` +
    "OAuth App access restrictions, meaning that data access to third-parties is limited. For more information on " +
    "these restrictions, including how to enable this app, visit " +
    "https://docs.github.com/articles/restricting-access-to-your-organization-s-data/"
  );
}

function forbidsClassicMessage(login: string): string {
  return (
    `\`${login}\` forbids access via a personal access token (classic). Please use a GitHub App, OAuth App, or a ` +
    "personal access token with fine-grained permissions."
  );
}
