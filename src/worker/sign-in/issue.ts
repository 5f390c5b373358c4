// What a grant comes to: the decision about a GitHub token at a client, and the tokens that are given out for it.
import type { Decision } from "../authenticate.ts";
import type { OpenIdClient } from "../config/sign-in.ts";
import type { Grant } from "../log/decision-log.ts";
import { grantedScope } from "./authorization-request.ts";
import { randomId } from "./cookies.ts";
import { endOfIdToken, identityClaimsOf } from "./id-token.ts";
import { type OAuthErrorCode, type OAuthResult, refusalError } from "./oauth-error.ts";
import type { Provider } from "./provider.ts";
import { type Refusal, refusal, refusalOf } from "./refusal.ts";
import type { RefreshToken } from "./sealed-values.ts";

export interface IssueRequest {
  readonly client: OpenIdClient;
  /** GitHub's. */
  readonly token: string;
  /** Seconds since 1970; null where nothing but GitHub's answer says it. */
  readonly tokenEndsAt: number | null;
  readonly grant: Exclude<Grant, "userinfo">;
  readonly nonce: string | null;
}

export type Issued =
  | {
      readonly kind: "issued";
      readonly idToken: string;
      /** Seconds since 1970. */
      readonly endsAt: number;
      readonly lifetimeSeconds: number;
    }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** The only way to an ID token: nothing is signed but a complete identity that the client's policy admits. */
export async function issueIdToken(
  { settings, signingKeys, decide, now }: Provider,
  { client, token, tokenEndsAt, grant, nonce }: IssueRequest,
): Promise<Issued> {
  const sessionEnd = (tokenEndsAt ?? Number.POSITIVE_INFINITY) * 1000;
  if (sessionEnd <= now()) return { kind: "refused", refusal: hasEnded };
  const tokenId = randomId();
  const decision = await decide(client, token, { grant, step: "token", tokenId, nonce });
  const identity = identityClaimsOf(decision);
  const keys = await signingKeys();
  if (identity === null || !keys.ok) return { kind: "refused", refusal: refusalOf(decision) ?? hasEnded };
  const issuedAt = Math.floor(now() / 1000);
  const endsAt = endOfIdToken(client, decision, tokenEndsAt, issuedAt);
  if (endsAt <= issuedAt) return { kind: "refused", refusal: isInGrace(decision) ? tooOld : hasEnded };
  const idToken = await keys.value.sign({
    iss: settings.issuerUrl,
    aud: client.name,
    iat: issuedAt,
    exp: endsAt,
    jti: tokenId,
    ...(nonce === null ? {} : { nonce }),
    ...identity,
  });
  return { kind: "issued", idToken, endsAt, lifetimeSeconds: endsAt - issuedAt };
}

function isInGrace(decision: Decision): boolean {
  return decision.kind === "evaluated" && decision.graceEndsAt !== undefined;
}

/** The grace of an outage ends within this second: the person is at work, and must keep the session. */
const tooOld = refusal("undetermined", {
  problem: "GitHub does not answer, and what it last said about this account is too old by now",
  hint: "try again in some seconds",
});

const hasEnded = refusal("refused", { problem: "This sign-in has just ended", hint: "sign in again" });

/**
 * @param session what the refresh token holds: GitHub's token and its end, no identity
 * @param refusedAs what a refusal is called at this grant
 * @returns the token answer (OpenID Connect Core, 3.1.3.3)
 */
export async function giveTokens(
  provider: Provider,
  { client, grant, nonce }: Pick<IssueRequest, "client" | "grant" | "nonce">,
  session: RefreshToken,
  refusedAs: OAuthErrorCode,
): Promise<OAuthResult<object>> {
  const { token, tokenEndsAt } = session;
  const issued = await issueIdToken(provider, { client, token, tokenEndsAt, grant, nonce });
  if (issued.kind === "refused") return refusalError(refusedAs, issued.refusal, { isSealedHere: true });
  const { sealer } = provider;
  const accessToken = { client: client.name, token, tokenEndsAt };
  return {
    kind: "ok",
    value: {
      access_token: await sealer.seal("access_token", "", accessToken, issued.endsAt),
      token_type: "Bearer",
      expires_in: issued.lifetimeSeconds,
      id_token: issued.idToken,
      // Sealed anew each time: so it moves on to a new CACHE_SECRET.
      refresh_token: await sealer.seal("refresh_token", client.name, session, tokenEndsAt),
      scope: grantedScope,
    },
  };
}
