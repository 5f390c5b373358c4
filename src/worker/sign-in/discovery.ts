// What clients and kube-apiservers read about the provider before anything else (OpenID Connect Discovery, RFC 8414),
// and its keys. Public, the same for all callers, and the only documents that pages of other origins may read.
import { grantedScope } from "./authorization-request.ts";
import { type OAuthResult, unavailable } from "./oauth-error.ts";
import type { Provider } from "./provider.ts";
import { grantTypes } from "./token.ts";

/** The metadata, at both well-known addresses. */
export async function describeProvider({ settings: { issuerUrl } }: Provider): Promise<OAuthResult<object>> {
  const metadata = {
    // Letter for letter what tokens have as `iss`.
    issuer: issuerUrl,
    authorization_endpoint: `${issuerUrl}/authorize`,
    token_endpoint: `${issuerUrl}/token`,
    userinfo_endpoint: `${issuerUrl}/userinfo`,
    jwks_uri: `${issuerUrl}/.well-known/jwks.json`,
    device_authorization_endpoint: `${issuerUrl}/device_authorization`,
    revocation_endpoint: `${issuerUrl}/revoke`,
    scopes_supported: grantedScope.split(" "),
    // Without it Argo CD takes the implicit flow.
    response_types_supported: ["code"],
    response_modes_supported: ["query"],
    grant_types_supported: grantTypes,
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    token_endpoint_auth_methods_supported: ["none", "client_secret_basic", "client_secret_post"],
    revocation_endpoint_auth_methods_supported: ["none", "client_secret_basic", "client_secret_post"],
    // This turns PKCE on in kubelogin.
    code_challenge_methods_supported: ["S256"],
    claims_supported: [
      ...["iss", "aud", "sub", "iat", "exp", "jti", "nonce", "username", "groups", "preferred_username", "name"],
      ...["github_host", "credential_id", "credential_kind", "door", "outage_grace"],
    ],
    claims_parameter_supported: false,
    request_parameter_supported: false,
    // Absent would say true.
    request_uri_parameter_supported: false,
    authorization_response_iss_parameter_supported: true,
  };
  return { kind: "ok", value: metadata };
}

/** @returns the JWK set; an error where a signing key is wrong */
export async function publishKeys({ signingKeys }: Provider): Promise<OAuthResult<object>> {
  const keys = await signingKeys();
  return keys.ok
    ? { kind: "ok", value: { keys: keys.value.published } }
    : unavailable("This service has no key to sign with: tell its operator");
}
