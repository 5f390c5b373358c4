// POST /revoke (RFC 7009): ends a sign-in at GitHub, where it is this program's alone.
import { type AuthenticatedClient, answerTo, authenticateClient, demandSecret } from "./client-authentication.ts";
import { readForm } from "./form.ts";
import { missing, type OAuthError, type OAuthResult, oauthError, unavailable } from "./oauth-error.ts";
import type { Parameters } from "./parameters.ts";
import type { Provider } from "./provider.ts";

/** RFC 7009, 2.2: also for a token that is over or unknown, for then there is nothing left to end. */
const done: OAuthResult<object> = { kind: "ok", value: {} };

/** @returns an empty answer; `unsupported_token_type` for what one program must not end, or cannot */
export async function revokeToken(request: Request, provider: Provider): Promise<OAuthResult<object>> {
  const form = await readForm(request);
  if (form.kind === "error") return form;
  const authenticated = await authenticateClient(request, form.value, provider);
  if (authenticated.kind === "error") return authenticated;
  return answerTo(authenticated.value, await endSignIn(form.value, authenticated.value, provider));
}

async function endSignIn(
  form: Parameters,
  authenticated: AuthenticatedClient,
  provider: Provider,
): Promise<OAuthResult<object>> {
  const token = form.get("token");
  if (token === null) return missing("token");
  const { client } = authenticated;
  const opened = await provider.sealer.open("refresh_token", client.name, token);
  if (opened.kind === "ended") return done;
  if (opened.kind === "unknown") {
    const asAccess = await provider.sealer.open("access_token", "", token);
    const isOwn = asAccess.kind === "opened" && asAccess.value.client === client.name;
    return isOwn ? notRevocable(provider, "An access token ends within minutes") : done;
  }
  const unauthenticated = demandSecret(opened.value.needsSecret, authenticated);
  if (unauthenticated !== null) return unauthenticated;
  if (opened.value.isShared) return notRevocable(provider, "The browser and other programs share this sign-in");
  const outcome = await provider.endToken(opened.value.token);
  return outcome === "unavailable" ? unavailable("GitHub cannot be reached, and nothing has ended: try again") : done;
}

function notRevocable({ settings }: Provider, why: string): OAuthError {
  const description = `${why}: ${settings.issuerUrl}/sign-out ends the sign-in of a browser`;
  return oauthError("unsupported_token_type", description, { isSealedHere: true });
}
