// The owner of a token, by `GET /user` or by check-token, which also says which app the token belongs to.
import * as v from "valibot";
import type { GitHubCalls } from "./calls.ts";
import { checkToken, user } from "./endpoints.ts";
import type { Account, FactsRequest, LookupFailure, TokenExpiry } from "./facts.ts";
import { type Absent, type AppFailure, afterFound, inconsistentResponses, invalidResponse, worst } from "./outcomes.ts";
import { timeSchema } from "./schemas.ts";
import { parseScopes } from "./scopes.ts";
import type { QuotaUse, SharedQuota, SharedQuotas } from "./shared-quota.ts";

/** What one call says about a token and its owner. */
export interface TokenOwner {
  readonly kind: "found";
  readonly account: Account;
  readonly oauthClientId: string | null;
  readonly scopes: readonly string[] | null;
  readonly expiry: TokenExpiry;
}

/** The apps whose client secrets the deployment has. */
export interface AppClients {
  /** By client id. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly quotas: SharedQuotas;
}

export interface TokenOwnerRequest {
  readonly token: string;
  readonly request: FactsRequest;
  /** What an earlier answer about the same token said, or null if it was never seen. */
  readonly earlier: (Pick<TokenOwner, "oauthClientId" | "expiry"> & { readonly hasAdmitted: boolean }) | null;
}

/**
 * Asks GitHub whose token this is. Where the deployment has the client secrets of the apps that the cluster lists,
 * check-token is asked about a token whose client is not known: it says whose client's token it is, and its quota is
 * not the anonymous one that a Worker's address shares with others. `GET /user` follows, on the user's own quota. The
 * client never changes, and all users share check-token's quota, so about a token whose client is known `GET /user` is
 * asked alone.
 */
export async function fetchTokenOwner(
  calls: GitHubCalls,
  { secrets, quotas }: AppClients,
  { token, request, earlier }: TokenOwnerRequest,
): Promise<TokenOwner | LookupFailure> {
  const { tokenKind, oauthClients } = request;
  const isAppToken = tokenKind === "oauth" || tokenKind === "app";
  const clients = (isAppToken ? oauthClients : []).flatMap((id) => {
    const secret = secrets.get(id);
    return secret === undefined ? [] : [{ id, secret, quota: quotas.of(id) }];
  });
  // The token of none of those apps may still belong to a listed client without a secret, which GET /user tells.
  const mayBeAnothers = clients.length === 0 || clients.length < oauthClients.length;
  const mismatch: LookupFailure = { kind: "refused", reason: "token_client_mismatch" };
  const knownClient = earlier?.oauthClientId ?? null;
  if (earlier !== null && knownClient !== null) {
    if (!mayBeAnothers && !oauthClients.includes(knownClient)) return mismatch;
    return asBefore(await fetchAccount(calls, token, request), earlier);
  }
  const isNeverSeen = earlier?.hasAdmitted !== true;
  const check = (use: QuotaUse) => Promise.all(clients.map((client) => checkTokenOf(calls, client, token, use)));
  let checks = await check({ isNeverSeen, accountId: null });
  let own: TokenOwner | null = null;
  if (checks.some(isReserved)) {
    // What is left is not for made-up tokens. That this one is not made up, its owner's own quota can show.
    const owner = await fetchAccount(calls, token, request);
    if (owner.kind !== "found") return owner;
    own = owner;
    if (owner.oauthClientId !== null) {
      return mayBeAnothers || oauthClients.includes(owner.oauthClientId) ? owner : mismatch;
    }
    checks = await check({ isNeverSeen: false, accountId: owner.account.id });
  }
  const found = checks.find((check) => check.kind === "found");
  if (found !== undefined) return confirmed(found, own ?? (await fetchAccount(calls, token, request)));
  const failure = worst(checks.filter((check) => check.kind === "unavailable" || check.kind === "limited"));
  if (failure !== undefined) return failure;
  return mayBeAnothers ? fetchAccount(calls, token, request) : mismatch;
}

/**
 * Check-token alone lets no one in: whether it still answers for an account that is suspended is not published, and
 * `GET /user` says so.
 */
function confirmed(checked: TokenOwner, own: TokenOwner | LookupFailure): TokenOwner | LookupFailure {
  if (own.kind === "suspended") return own;
  if (own.kind !== "found") return afterFound(own);
  const isSameClient = own.oauthClientId === null || own.oauthClientId === checked.oauthClientId;
  return isSameClient && own.account.id === checked.account.id
    ? { ...checked, account: own.account }
    : inconsistentResponses;
}

/**
 * A token's client and end never change, so those of an earlier time count where `GET /user` does not repeat them: for
 * an app's token it may name neither.
 */
function asBefore(
  owner: TokenOwner | LookupFailure,
  { oauthClientId, expiry }: Pick<TokenOwner, "oauthClientId" | "expiry">,
): TokenOwner | LookupFailure {
  if (owner.kind !== "found") return owner;
  if (owner.oauthClientId !== null && owner.oauthClientId !== oauthClientId) return inconsistentResponses;
  return { ...owner, oauthClientId, expiry: owner.expiry.kind === "never" ? expiry : owner.expiry };
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

function isReserved(check: TokenOwner | Absent | AppFailure): boolean {
  return check.kind === "limited" && check.reason === "shared_quota_reserved";
}

/** @returns "absent" where the token is not this client's, or is no longer valid: GitHub does not say which */
async function checkTokenOf(
  calls: GitHubCalls,
  client: { readonly id: string; readonly secret: string; readonly quota: SharedQuota },
  token: string,
  use: QuotaUse,
): Promise<TokenOwner | Absent | AppFailure> {
  const limit = client.quota.refusalOf(use);
  if (limit !== null) return limit;
  const result = await calls.call(
    checkToken,
    { clientId: client.id },
    {
      authorization: `Basic ${btoa(`${client.id}:${client.secret}`)}`,
      body: { access_token: token },
      onResponse: client.quota.observe,
    },
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
  const time = v.safeParse(timeSchema, expiresAt);
  return time.success ? { kind: "at", epochMs: time.output } : { kind: "unreadable" };
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
