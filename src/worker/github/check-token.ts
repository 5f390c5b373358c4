// `POST /applications/{client_id}/token`: GitHub's documented way to ask whether a token belongs to an app. It says whose token it is, too, needs the app's
// secret, and is not counted against the anonymous quota that a Worker's address shares with others.
import * as v from "valibot";
import type { TokenOwner } from "./account.ts";
import { accountSchema } from "./account.ts";
import { responseInfoOf, type WithResponse } from "./call.ts";
import type { GitHubClient } from "./client.ts";
import type { Unavailable } from "./facts.ts";
import { invalidResponse, sortCheckReply } from "./outcomes.ts";

/** The token is not this app's, or is no good any more; GitHub does not say which. */
export type NotOurs = { readonly kind: "not_ours" };

const checkSchema = v.object({
  app: v.object({ client_id: v.string() }),
  scopes: v.nullable(v.array(v.string())),
  expires_at: v.nullish(v.string(), null),
  user: accountSchema,
});

/**
 * @param app the client id and secret of an OAuth or GitHub App
 * @returns the owner with the client the token is bound to
 */
export async function checkToken(
  client: GitHubClient,
  restUrl: string,
  app: { readonly clientId: string; readonly secret: string },
  token: string,
  deadline: AbortSignal,
): Promise<WithResponse<TokenOwner | NotOurs | Unavailable>> {
  const reply = await client.send(
    {
      method: "POST",
      url: `${restUrl}/applications/${app.clientId}/token`,
      authorization: `Basic ${btoa(`${app.clientId}:${app.secret}`)}`,
      body: { access_token: token },
    },
    deadline,
  );
  const responseInfo = responseInfoOf(reply);
  const sorted = sortCheckReply(reply);
  if (sorted.kind !== "ok") return { outcome: sorted.kind === "absent" ? { kind: "not_ours" } : sorted, responseInfo };
  const parsed = v.safeParse(checkSchema, sorted.json);
  if (!parsed.success || parsed.output.app.client_id !== app.clientId)
    return { outcome: invalidResponse, responseInfo };
  const { user, scopes, expires_at } = parsed.output;
  const { id, login, type } = user;
  return {
    outcome: {
      kind: "found",
      account: { id, login, type },
      oauthClientId: app.clientId,
      scopes,
      expiry: expiryOf(expires_at),
    },
    responseInfo,
  };
}

function expiryOf(expiresAt: string | null): TokenOwner["expiry"] {
  if (expiresAt === null) return { kind: "never" };
  const epochMs = v.is(v.pipe(v.string(), v.isoTimestamp()), expiresAt) ? Date.parse(expiresAt) : Number.NaN;
  return Number.isNaN(epochMs) ? { kind: "unreadable" } : { kind: "at", epochMs };
}
