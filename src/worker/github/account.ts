// `GET /user`: whose token is this? REST on purpose: GraphQL's `viewer` also answers for the tokens of app installations, and so for anyone's workflow.
import * as v from "valibot";
import { responseInfoOf, type WithResponse } from "./call.ts";
import type { GitHubClient } from "./client.ts";
import { keepAs } from "./conditional-client.ts";
import type { Account, LookupFailure, TokenExpiry } from "./facts.ts";
import { invalidResponse, sortAccountReply } from "./outcomes.ts";
import { idSchema } from "./schemas.ts";
import { parseScopes } from "./scopes.ts";
import { parseTokenExpiry } from "./token-expiry.ts";

/** What one call says about a token and its owner. */
export interface TokenOwner {
  readonly kind: "found";
  readonly account: Account;
  readonly oauthClientId: string | null;
  readonly scopes: readonly string[] | null;
  readonly expiry: TokenExpiry;
}

/** Letters, digits, dashes, and the underscore before the short code of an enterprise's managed users. */
const personLogin = /^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$/;
/** Other accounts' may end in [bot]; they let nobody in, so this only keeps the log clean. */
const otherLogin = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}(?:\[bot\])?$/;

export const accountSchema = v.pipe(
  v.object({ id: idSchema, login: v.string(), type: v.pipe(v.string(), v.regex(/^[A-Za-z]{1,40}$/)) }),
  v.check(({ login, type }) => (type === "User" ? personLogin : otherLogin).test(login)),
);

/** Asks GitHub whose token this is. */
export async function fetchAccount(
  client: GitHubClient,
  restUrl: string,
  token: string,
  deadline: AbortSignal,
): Promise<WithResponse<TokenOwner | LookupFailure>> {
  const reply = await client.send(
    { url: `${restUrl}/user`, authorization: `Bearer ${token}`, keep: keepAs(accountSchema) },
    deadline,
  );
  const responseInfo = responseInfoOf(reply);
  const sorted = sortAccountReply(reply);
  if (sorted.kind !== "ok") return { outcome: sorted, responseInfo };
  const account = v.safeParse(accountSchema, sorted.json);
  if (!account.success) return { outcome: invalidResponse, responseInfo };
  const { id, login, type } = account.output;
  return {
    outcome: {
      kind: "found",
      account: { id, login, type },
      oauthClientId: sorted.headers.get("x-oauth-client-id"),
      scopes: parseScopes(sorted.headers.get("x-oauth-scopes")),
      expiry: parseTokenExpiry(sorted.headers.get("github-authentication-token-expiration")),
    },
    responseInfo,
  };
}
