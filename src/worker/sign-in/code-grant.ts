// The grant authorization_code (RFC 6749, 4.1.3; RFC 7636, 4.5).
import { type AuthenticatedClient, demandSecret } from "./client-authentication.ts";
import { isEqual, sha256 } from "./equal.ts";
import { giveTokens } from "./issue.ts";
import { missing, type OAuthError, type OAuthResult, oauthError } from "./oauth-error.ts";
import type { Parameters } from "./parameters.ts";
import type { Provider } from "./provider.ts";

/**
 * The order matters: a code that was stolen cannot be used up, for it is marked only where client, redirect URI and
 * verifier are right; and nothing is awaited between the last of these checks and the mark, so that of many requests at
 * once one gets tokens.
 *
 * @returns the token answer; `invalid_grant` for a code that is over, used, another client's or not this request's
 */
export async function grantForCode(
  form: Parameters,
  authenticated: AuthenticatedClient,
  provider: Provider,
): Promise<OAuthResult<object>> {
  const { client } = authenticated;
  const code = form.get("code");
  const redirectUri = form.get("redirect_uri");
  if (code === null) return missing("code");
  if (redirectUri === null) return missing("redirect_uri");
  const opened = await provider.sealer.open("code", client.name, code);
  if (opened.kind === "ended") {
    return oauthError("invalid_grant", "The code is over a minute old: sign in again", { isSealedHere: true });
  }
  if (opened.kind === "unknown") return oauthError("invalid_grant", "This is no code for this client");
  const { id, challenge, nonce, needsSecret, token, tokenEndsAt, isShared } = opened.value;
  const unauthenticated = demandSecret(needsSecret, authenticated);
  if (unauthenticated !== null) return unauthenticated;
  if (redirectUri !== opened.value.redirectUri) {
    return oauthError("invalid_grant", "redirect_uri is not the one to which the code was sent");
  }
  const wrongVerifier = await problemInVerifier(form.get("code_verifier"), challenge);
  if (wrongVerifier !== null) return wrongVerifier;
  if (!provider.oneTimeUse.use(id)) {
    return usedBefore;
  }
  if (await provider.usedCodes.wasUsed(id)) return usedBefore;
  const session = { token, tokenEndsAt, needsSecret, isShared };
  const answer = await giveTokens(provider, { client, grant: "authorization_code", nonce }, session, "invalid_grant");
  if (answer.kind === "ok") provider.usedCodes.remember(id);
  // Nothing was given out. Many Go programs send everything once more after any error, and show the second one alone.
  else provider.oneTimeUse.release(id);
  return answer;
}

const usedBefore = oauthError("invalid_grant", "The code was used already: sign in again", { isSealedHere: true });

async function problemInVerifier(verifier: string | null, challenge: string | null): Promise<OAuthError | null> {
  if (challenge === null) {
    // Else a code that was begun without PKCE could be slipped to a client that uses it (RFC 9700, 4.8.2).
    return verifier === null ? null : oauthError("invalid_grant", "The sign-in was begun without a code_challenge");
  }
  if (verifier === null) return oauthError("invalid_grant", "code_verifier is missing");
  if (!/^[A-Za-z0-9._~-]{43,128}$/.test(verifier)) {
    return oauthError("invalid_grant", "code_verifier must have 43 to 128 letters, digits and -._~");
  }
  return isEqual(await sha256(verifier), challenge)
    ? null
    : oauthError("invalid_grant", "code_verifier does not belong to the code_challenge");
}
