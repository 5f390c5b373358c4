// Access of a person's token to an organisation, and the refusals of what stands in the way.
import { randomBytes } from "node:crypto";
import type { StandInAccount } from "./accounts.ts";
import type { StandInContext } from "./context.ts";
import type { Grant } from "./grants.ts";
import type { StandInOrganisation } from "./organisations.ts";
import {
  errorResponse,
  notAccessible,
  notFound,
  pageOf,
  refuse,
  requiresAuthentication,
  resource,
  spent,
} from "./responses.ts";
import * as sentences from "./sentences.ts";

export type Access =
  | { readonly kind: "open" }
  /** The person did not authorise the token for the organisation's single sign-on. */
  | { readonly kind: "sso" }
  /** The token was never made for this organisation. */
  | { readonly kind: "not_accessible" }
  /** The law forbids access. */
  | { readonly kind: "blocked" }
  /** The token lacks the permission that shows members and teams, so that for it there are none. */
  | { readonly kind: "blind" }
  /** GitHub says why. */
  | { readonly kind: "refused"; readonly message: string };

/** Any one of these lets a token see its owner's organisations. */
const sufficientScopes = ["admin:org", "read:org", "repo", "user", "write:org"];

/** @returns the headers about scopes in responses to tokens that have scopes */
function scopeHeaders({ kind }: Grant): Record<string, string> {
  return kind === "fine_grained" || kind === "installation"
    ? {}
    : { "x-accepted-oauth-scopes": sufficientScopes.join(", ") };
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

/** @returns what an organisation shows to one token alone */
export function organisationResource(
  c: StandInContext,
  grant: Grant,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const cacheControl = { "cache-control": "private, max-age=60, s-maxage=60" };
  return resource(c, value, { ...cacheControl, ...scopeHeaders(grant), ...headers });
}

/** What a list about a person's organisations shows of them. */
interface ShownItems<Item> {
  readonly counts: (organisation: StandInOrganisation) => boolean;
  readonly itemsIn: (organisation: StandInOrganisation) => readonly Item[];
  readonly bodyOf: (item: Item) => unknown;
}

/** @returns a page of a list about all organisations of the token's owner that the token may see, or a refusal */
export function personalList<Item>(
  c: StandInContext,
  shownTo: (grant: Grant) => ShownItems<Item> | Response,
): Response {
  const grant = personalGrant(c);
  if (grant instanceof Response) return grant;
  const shown = shownTo(grant);
  if (shown instanceof Response) return shown;
  const joined = c.get("github").organisations.of(grant.account).filter(shown.counts);
  const { visible, ssoHeaders } = visibleIn(c, grant, joined);
  const { items, headers } = pageOf(c, visible.flatMap(shown.itemsIn));
  return organisationResource(c, grant, items.map(shown.bodyOf), { ...headers, ...ssoHeaders });
}

export function accessTo(c: StandInContext, grant: Grant, organisation: StandInOrganisation): Access {
  const { login, restrictions } = organisation;
  const { kind, oauthClientId } = grant;
  if (restrictions.legalReasons === true) return { kind: "blocked" };
  if (kind === "fine_grained" && grant.resourceOwner !== organisation) return { kind: "not_accessible" };
  if (kind === "fine_grained" && !grant.seesMembers) return { kind: "blind" };

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
            const isHere = installation.account === organisation && installation.suspendedAt === null;
            return isHere && installation.permissions.members !== undefined;
          });
    if (!isAllowed) return { kind: "not_accessible" };
  } else if ((kind === "oauth" || oauthClientId !== null) && !isApproved) {
    return { kind: "refused", message: sentences.appRestrictions(login) };
  }

  if (restrictions.ipAllowList === true) return { kind: "refused", message: sentences.ipAllowList(login) };
  if (restrictions.twoFactor === true) return { kind: "refused", message: sentences.twoFactor(login) };
  if (kind === "fine_grained" && restrictions.tokenLifetime === true) {
    return { kind: "refused", message: sentences.tokenLifetime("organization", login) };
  }
  const isPersonal = kind === "classic" || (kind === "legacy" && oauthClientId === null);
  if (isPersonal && restrictions.forbidsClassic === true) {
    return { kind: "refused", message: sentences.forbidsClassic(login) };
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
    case "blocked":
      return legallyBlocked(c);
    case "blind":
      return notFound(c);
    case "refused":
      return refuse(c, 403, access.message, scopeHeaders(grant));
    case "sso": {
      const request = randomBytes(16).toString("hex").toUpperCase();
      const url = `https://github.com/orgs/${login}/sso?authorization_request=${request}`;
      const message = sentences.sso(grant.kind === "classic" ? "personal access token" : "OAuth token");
      return refuse(c, 403, message, { ...scopeHeaders(grant), "x-github-sso": `required; url=${url}` });
    }
  }
}

/** Whether the caller finds the account by its login or its number. */
export function isVisible(c: StandInContext, account: StandInAccount): boolean {
  const { grant } = c.get("caller");
  if (account.visibility === "everyone" || grant?.account === account) return true;
  if (account.visibility === "hidden" || grant === null) return false;
  return c
    .get("github")
    .organisations.of(account)
    .some((organisation) => {
      return organisation.members.has(grant.account) || grant.installation?.installation.account === organisation;
    });
}

/** @returns the refusal of a token that is not of an installation in this organisation, or null */
export function refusalForInstallation(
  c: StandInContext,
  { installation: granted }: Grant,
  organisation: StandInOrganisation,
): Response | null {
  if (organisation.restrictions.legalReasons === true) return legallyBlocked(c);
  const isHere = granted?.installation.account === organisation;
  if (!isHere || granted.permissions.members === undefined) return notAccessible(c);
  if (organisation.restrictions.ipAllowList !== true) return null;
  return refuse(c, 403, sentences.ipAllowList(organisation.login));
}

/** @returns 451 in the form that GitHub has for repositories: for organisations none is published */
export function legallyBlocked(c: StandInContext): Response {
  const block = { reason: "dmca", created_at: "2024-03-30T00:57:16Z", html_url: "https://github.com/github/dmca" };
  return errorResponse(c, 451, "Repository access blocked", { headers: spent(c), members: { block } });
}

/**
 * Sorts the organisations of a person into those that a list shows and those that it leaves out. Of the latter GitHub
 * only tells which are behind single sign-on.
 *
 * @returns the visible organisations, and the header with the numbers of those behind single sign-on
 */
function visibleIn(c: StandInContext, grant: Grant, organisations: readonly StandInOrganisation[]) {
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
