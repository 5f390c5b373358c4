// What a managed service tells its kube-apiserver, made from the file that it takes: the same settings as an
// AuthenticationConfiguration, so that a real kube-apiserver can say what they come to.
import * as v from "valibot";
import { parse } from "yaml";
import type { TrustedIssuer } from "../../../src/cli/commands/manifests/targets.ts";
import { type Service, serviceFile } from "../../support/service-files.ts";

/** The services that verify ID tokens as kube-apiserver does; Google does not. */
export const verifyingServices = ["eks", "aks", "pinniped"] as const satisfies readonly Service[];
export type VerifyingService = (typeof verifyingServices)[number];

const rules = v.array(v.strictObject({ expression: v.string(), message: v.string() }));
const expression = v.strictObject({ expression: v.string() });

/** Strict: a setting that is not passed on would be tested by nothing. */
const files = {
  eks: v.strictObject({
    identityProviderConfigName: v.string(),
    issuerUrl: v.string(),
    clientId: v.string(),
    usernameClaim: v.string(),
    usernamePrefix: v.string(),
    groupsClaim: v.string(),
    groupsPrefix: v.string(),
  }),
  aks: v.strictObject({
    issuer: v.strictObject({ url: v.string(), audiences: v.array(v.string()) }),
    claimMappings: v.strictObject({
      username: expression,
      groups: expression,
      uid: expression,
      extra: v.array(v.strictObject({ key: v.string(), valueExpression: v.string() })),
    }),
    userValidationRules: rules,
  }),
  pinniped: v.object({
    spec: v.strictObject({
      issuer: v.string(),
      audience: v.string(),
      tls: v.strictObject({ certificateAuthorityData: v.string() }),
      claims: v.strictObject({ usernameExpression: v.string(), groupsExpression: v.string() }),
      userValidationRules: rules,
    }),
  }),
};

/** One entry of `jwt`. */
export interface JwtAuthenticator {
  readonly issuer: {
    readonly url: string;
    readonly audiences: readonly string[];
    readonly certificateAuthority: string;
  };
  readonly claimMappings: Readonly<Record<string, unknown>>;
  readonly userValidationRules?: readonly unknown[];
}

/**
 * @param authority PEM: the services fetch the keys from public addresses, and the tests' address is none
 * @returns what the service makes of the file that `octogate manifests` writes
 */
export function jwtAuthenticatorOf(
  service: VerifyingService,
  issuer: TrustedIssuer,
  authority: string,
): JwtAuthenticator {
  switch (service) {
    case "eks": {
      // By Amazon's description these are kube-apiserver's own --oidc- settings, under other names.
      const file = v.parse(files.eks, JSON.parse(serviceFile("eks", "oidc.json", issuer)));
      return {
        issuer: { url: file.issuerUrl, audiences: [file.clientId], certificateAuthority: authority },
        claimMappings: {
          username: { claim: file.usernameClaim, prefix: file.usernamePrefix },
          groups: { claim: file.groupsClaim, prefix: file.groupsPrefix },
        },
      };
    }
    case "aks": {
      // AKS takes a part of an AuthenticationConfiguration as it is.
      const file = v.parse(files.aks, JSON.parse(serviceFile("aks", "jwt-authenticator.json", issuer)));
      return { ...file, issuer: { ...file.issuer, certificateAuthority: authority } };
    }
    case "pinniped": {
      // convertJWTAuthenticatorSpecType of internal/controller/authenticator/jwtcachefiller in vmware/pinniped 0.47.
      const own = { ...issuer, authority };
      const { spec } = v.parse(files.pinniped, parse(serviceFile("pinniped", "jwt-authenticator.yaml", own)));
      return {
        issuer: {
          url: spec.issuer,
          audiences: [spec.audience],
          certificateAuthority: Buffer.from(spec.tls.certificateAuthorityData, "base64").toString(),
        },
        claimMappings: {
          username: { expression: spec.claims.usernameExpression },
          groups: { expression: spec.claims.groupsExpression },
        },
        userValidationRules: spec.userValidationRules,
      };
    }
  }
}
