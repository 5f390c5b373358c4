// The owner of a token, by `GET /user` or by check-token, which also says which app the token belongs to.
import * as v from "valibot";
import type { GitHubCalls } from "./calls.ts";
import { checkToken, user } from "./endpoints.ts";
import type { Account, FactsRequest, LookupFailure, TokenExpiry, Unavailable } from "./facts.ts";
import { type Absent, invalidResponse, worst } from "./outcomes.ts";
import { parseScopes } from "./scopes.ts";

/** What one call says about a token and its owner. */
export interface TokenOwner {
  readonly kind: "found";
  readonly account: Account;
  readonly oauthClientId: string | null;
  readonly scopes: readonly string[] | null;
  readonly expiry: TokenExpiry;
}

/**
 * Asks GitHub whose token this is. Where the deployment has the client secrets of the apps that the cluster lists,
 * check-token is asked: it says whose client's token it is, and its quota is not the anonymous one that a Worker's
 * address shares with others.
 *
 * @param clientSecrets by client id
 */
export async function fetchTokenOwner(
  calls: GitHubCalls,
  clientSecrets: ReadonlyMap<string, string>,
  token: string,
  request: FactsRequest,
): Promise<TokenOwner | LookupFailure> {
  const { tokenKind, oauthClients } = request;
  const isAppToken = tokenKind === "oauth" || tokenKind === "app";
  const clients = (isAppToken ? oauthClients : []).flatMap((id) => {
    const secret = clientSecrets.get(id);
    return secret === undefined ? [] : [{ id, secret }];
  });
  const checks = await Promise.all(clients.map((client) => checkTokenOf(calls, client, token)));
  const found = checks.find((check) => check.kind === "found");
  if (found !== undefined) return found;
  const failure = worst(checks.filter((check) => check.kind === "unavailable"));
  if (failure !== undefined) return failure;
  // The token of none of those apps. It may still belong to a listed client without a secret, which GET /user tells.
  const mayBeAnothers = clients.length === 0 || clients.length < oauthClients.length;
  return mayBeAnothers ? fetchAccount(calls, token, request) : { kind: "refused", reason: "token_client_mismatch" };
}

/**
 * How old scopes may be. A 304 does not repeat them, and they can be changed in place. With the usual time to live of
 * facts, new ones are seen within five minutes, at some 20 calls an hour.
 */
export const maxScopesAgeMs = 3 * 60_000;

async function fetchAccount(
  calls: GitHubCalls,
  token: string,
  request: FactsRequest,
): Promise<TokenOwner | LookupFailure> {
  const authorization = `Bearer ${token}`;
  const result = await calls.call(
    user,
    undefined,
    hasScopes(request.tokenKind) ? { authorization, maxHeaderAgeMs: maxScopesAgeMs } : { authorization },
  );
  if (result.kind !== "ok") return result;
  const { body, headers } = result;
  return {
    kind: "found",
    account: { id: body.id, login: body.login, type: body.type },
    oauthClientId: headers.get("x-oauth-client-id"),
    scopes: parseScopes(headers.get("x-oauth-scopes")),
    expiry: parseTokenExpiry(headers.get("github-authentication-token-expiration")),
  };
}

/** @returns whether tokens of this kind have OAuth scopes */
export function hasScopes(tokenKind: FactsRequest["tokenKind"]): boolean {
  return tokenKind === "classic" || tokenKind === "oauth" || tokenKind === "legacy";
}

/** @returns "absent" where the token is not this client's, or is no longer valid: GitHub does not say which */
async function checkTokenOf(
  calls: GitHubCalls,
  client: { readonly id: string; readonly secret: string },
  token: string,
): Promise<TokenOwner | Absent | Unavailable> {
  const result = await calls.call(
    checkToken,
    { clientId: client.id },
    { authorization: `Basic ${btoa(`${client.id}:${client.secret}`)}`, body: { access_token: token } },
  );
  if (result.kind !== "ok") return result;
  const { app, user: owner, scopes, expires_at } = result.body;
  if (app.client_id !== client.id) return invalidResponse;
  return {
    kind: "found",
    account: { id: owner.id, login: owner.login, type: owner.type },
    oauthClientId: client.id,
    scopes,
    expiry: expiryOf(expires_at),
  };
}

function expiryOf(expiresAt: string | null): TokenExpiry {
  if (expiresAt === null) return { kind: "never" };
  const epochMs = v.is(v.pipe(v.string(), v.isoTimestamp()), expiresAt) ? Date.parse(expiresAt) : Number.NaN;
  return Number.isNaN(epochMs) ? { kind: "unreadable" } : { kind: "at", epochMs };
}

/**
 * `2022-09-29 09:53:54 UTC`, `2023-07-19 10:23:39 +0100`: GitHub writes it with the zone of the user who made the
 * token.
 */
const expiryPattern = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}) (?:UTC|([+-]\d{2})(\d{2}))$/;

/**
 * @param header `github-authentication-token-expiration`, or null where GitHub sent none, as it does for tokens that
 *   never end
 */
export function parseTokenExpiry(header: string | null): TokenExpiry {
  if (header === null) return { kind: "never" };
  const match = expiryPattern.exec(header.trim());
  if (match === null) return { kind: "unreadable" };
  const [, date, time, hours = "+00", minutes = "00"] = match;
  const epochMs = Date.parse(`${date}T${time}${hours}:${minutes}`);
  return Number.isNaN(epochMs) ? { kind: "unreadable" } : { kind: "at", epochMs };
}
