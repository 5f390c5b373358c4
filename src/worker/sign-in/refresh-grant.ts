// The grant refresh_token (RFC 6749, 6; OpenID Connect Core, 12). It costs no call to GitHub's token endpoint, and may
// be repeated and run in parallel: the policy is evaluated each time, over the same memory as a review.
import { credentialIdOf } from "../credential/credential-id.ts";
import { type AuthenticatedClient, demandSecret } from "./client-authentication.ts";
import { giveTokens } from "./issue.ts";
import { missing, type OAuthResult, oauthError, tooManyRequests } from "./oauth-error.ts";
import type { Parameters } from "./parameters.ts";
import type { Provider } from "./provider.ts";

/**
 * @returns the token answer; `invalid_grant` for a token that has ended, is another client's, or whose owner the policy
 *   no longer admits; 429 where one sign-in asks without pause at this client
 */
export async function grantForRefreshToken(
  form: Parameters,
  authenticated: AuthenticatedClient,
  provider: Provider,
): Promise<OAuthResult<object>> {
  const { client } = authenticated;
  const refreshToken = form.get("refresh_token");
  if (refreshToken === null) return missing("refresh_token");
  const opened = await provider.sealer.open("refresh_token", client.name, refreshToken);
  if (opened.kind === "ended") {
    return oauthError("invalid_grant", "The sign-in has ended: sign in again", { isSealedHere: true });
  }
  if (opened.kind === "unknown") return oauthError("invalid_grant", "This is no refresh token for this client");
  const unauthenticated = demandSecret(opened.value.needsSecret, authenticated);
  if (unauthenticated !== null) return unauthenticated;
  // Programs at several clients can share a sign-in, and none of them may keep the others out.
  const signIn = `${client.name} ${await credentialIdOf(opened.value.token)}`;
  if (provider.refreshes.isOver(signIn)) return tooManyRequests();
  provider.refreshes.add(signIn);
  return giveTokens(provider, { client, grant: "refresh_token", nonce: null }, opened.value, "invalid_grant");
}
