// The claims of an ID token, for tests of what signs it: whose they are does not matter there.
import type { IdTokenClaims } from "../../../../../src/worker/sign-in/id-token.ts";

/** @param times in seconds since 1970 */
export function idTokenClaims({ iat, exp }: Pick<IdTokenClaims, "iat" | "exp">): IdTokenClaims {
  return {
    iss: "https://login.acme.test",
    aud: "production",
    sub: "1",
    iat,
    exp,
    jti: "j",
    username: "u",
    groups: [],
    preferred_username: "u",
    name: "u",
    github_host: "github.com",
    credential_id: "c",
    credential_kind: "app",
    door: "sign-in",
  };
}
