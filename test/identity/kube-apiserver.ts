// What kube-apiserver makes of an ID token by k8s/authentication-configuration.yaml, as far as names go:
// test/e2e/identity.test.ts compares it with the real one.
import type { Outcome } from "./outcome.ts";
import type { Claims } from "./token-answer.ts";

export type User = Pick<Outcome, "user" | "uid" | "groups" | "extra">;

/** Claims that become `extra`; where one is missing or false, the key is. */
export const extraClaims = {
  "octogate.dev/login": "preferred_username",
  "octogate.dev/github-host": "github_host",
  "octogate.dev/credential-id": "credential_id",
  "octogate.dev/credential-kind": "credential_kind",
  "octogate.dev/door": "door",
  "octogate.dev/outage-grace": "outage_grace",
} as const satisfies Readonly<Record<string, keyof Claims>>;

/** Kubernetes' own key (k8s.io/apiserver, user.CredentialIDKey): kube-apiserver fills it from `jti`. */
export const credentialIdKey = "authentication.kubernetes.io/credential-id";

/** @param prefix of the cluster's policy, which its AuthenticationConfiguration has as well */
export function userOf(claims: Claims, prefix: string): User {
  const extra = Object.entries(extraClaims).flatMap(([key, claim]) => {
    const value = claims[claim];
    return value === undefined ? [] : [[key, [String(value)]] as const];
  });
  return {
    user: prefix + claims.username,
    uid: claims.sub,
    groups: claims.groups.map((group) => prefix + group),
    extra: { ...Object.fromEntries(extra), [credentialIdKey]: [`JTI=${claims.jti}`] },
  };
}
