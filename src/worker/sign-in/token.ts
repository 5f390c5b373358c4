// POST /token (RFC 6749, 3.2): the grants, each in a file of its own.
import { type AuthenticatedClient, answerTo, authenticateClient } from "./client-authentication.ts";
import { grantForCode } from "./code-grant.ts";
import { grantForDeviceCode } from "./device-grant.ts";
import { grantForSubjectToken } from "./exchange-grant.ts";
import { readForm } from "./form.ts";
import { missing, type OAuthResult, oauthError } from "./oauth-error.ts";
import type { Parameters } from "./parameters.ts";
import type { Provider } from "./provider.ts";
import { grantForRefreshToken } from "./refresh-grant.ts";

type Grant = (form: Parameters, client: AuthenticatedClient, provider: Provider) => Promise<OAuthResult<object>>;

/** The grants that are a client's. An exchange is not: it is the subject's owner who counts. */
const grants: ReadonlyMap<string, Grant> = new Map([
  ["authorization_code", grantForCode],
  ["refresh_token", grantForRefreshToken],
  ["urn:ietf:params:oauth:grant-type:device_code", grantForDeviceCode],
]);
const tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange";

export const grantTypes: readonly string[] = [...grants.keys(), tokenExchange];

/** @returns the token answer, or the error */
export async function grantTokens(request: Request, provider: Provider): Promise<OAuthResult<object>> {
  const form = await readForm(request);
  if (form.kind === "error") return form;
  const grantType = form.value.get("grant_type");
  if (grantType === null) return missing("grant_type");
  const isExchange = grantType === tokenExchange;
  // A client that sends a secret must be right about it, also where none is needed.
  const sendsClient = request.headers.has("authorization") || form.value.get("client_secret") !== null;
  if (isExchange && !sendsClient) return grantForSubjectToken(form.value, provider);
  const authenticated = await authenticateClient(request, form.value, provider);
  if (authenticated.kind === "error") return authenticated;
  const { value: client } = authenticated;
  if (isExchange) return answerTo(client, await grantForSubjectToken(form.value, provider));
  const grant = grants.get(grantType) ?? unsupported;
  return answerTo(client, await grant(form.value, client, provider));
}

const unsupported: Grant = async () =>
  oauthError("unsupported_grant_type", `grant_type must be one of ${grantTypes.join(", ")}`);
