// What kube-apiserver makes of an ID token by k8s/authentication-configuration.yaml, as far as names go:
// test/e2e/identity.test.ts compares it with the real one.
import * as v from "valibot";
import { parse } from "yaml";
import { readClusterFile } from "../support/cluster-files.ts";
import type { Outcome } from "./outcome.ts";
import type { Claims } from "./token-answer.ts";

export type User = Pick<Outcome, "user" | "uid" | "groups" | "extra">;

/** Kubernetes' own key (k8s.io/apiserver, user.CredentialIDKey): kube-apiserver fills it from `jti`. */
export const credentialIdKey = "authentication.kubernetes.io/credential-id";

const extraSchema = v.array(v.object({ key: v.string(), valueExpression: v.string() }));
const configurationSchema = v.object({
  jwt: v.array(v.object({ claimMappings: v.object({ extra: extraSchema }) })),
});

/** The claim that becomes a key of `extra`, by the key: each expression is about one. */
export const extraClaims: ReadonlyMap<string, string> = readExtraClaims();

function readExtraClaims(): Map<string, string> {
  const configuration = v.parse(configurationSchema, parse(readClusterFile("authentication-configuration.yaml")));
  const mapped = configuration.jwt.flatMap(({ claimMappings }) => claimMappings.extra);
  return new Map(
    mapped.map(({ key, valueExpression }) => {
      const [, claim] = /\bclaims\.(\w+)/.exec(valueExpression) ?? [];
      if (claim === undefined) throw new Error(`${key} is about no claim: ${valueExpression}`);
      return [key, claim];
    }),
  );
}

/** @param prefix of the cluster's policy, which its AuthenticationConfiguration has as well */
export function userOf(claims: Claims, prefix: string): User {
  const values: Readonly<Record<string, unknown>> = claims;
  const extra = [...extraClaims].flatMap(([key, claim]) => {
    const value = values[claim];
    // Its expression leaves workflows out: they have a name to show as well, and no login.
    const isNoLogin = key === "octogate.dev/login" && claims.credential_kind === "workflow";
    return value === undefined || isNoLogin ? [] : [[key, [String(value)]] as const];
  });
  return {
    user: prefix + claims.username,
    uid: claims.sub,
    groups: claims.groups.map((group) => prefix + group),
    extra: { ...Object.fromEntries(extra), [credentialIdKey]: [`JTI=${claims.jti}`] },
  };
}
