// What goes into EKS, AKS, GKE and Pinniped, filled in: it has the form that their makers publish, where they do, and
// no name leaves it without a prefix.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { extraMappings } from "../../../src/node/sign-in-files.ts";
import { clusterSchemaErrors, clusterSchemaSources } from "../../published/clusters/schemas.ts";
import { readClusterFile } from "../../support/cluster-files.ts";
import { readDocument } from "../../support/document-commands.ts";
import { misfitOf, type Service, serviceFile, usualIssuer } from "../../support/service-files.ts";

/** Our own files, as everything here. */
const parsed = (service: Service, name: string, issuer = usualIssuer) =>
  parse(serviceFile(service, name, issuer)) as Record<string, unknown>;

const oidc = () => parsed("eks", "oidc.json");
const eksctl = () =>
  parse(serviceFile("eks", "eksctl.yaml").replace("<EKS_CLUSTER>", "shop").replace("<REGION>", "eu-central-1"));
const aks = () => parsed("aks", "jwt-authenticator.json");

/** gcloud's flags as members of the API's objects: each is named after the member. */
function googleProvider(): unknown {
  const {
    "--issuer-uri": issuerUri,
    "--client-id": clientId,
    "--attribute-mapping": attributeMapping,
    ...webSso
  } = parsed("gke", "provider.yaml");
  const enumOf = (name: string) => String(webSso[name]).toUpperCase().replaceAll("-", "_");
  const { "--web-sso-response-type": _type, "--web-sso-assertion-claims-behavior": _claims, ...others } = webSso;
  return {
    ...others,
    attributeMapping,
    oidc: {
      issuerUri,
      clientId,
      clientSecret: { value: { plainText: "x" } },
      webSsoConfig: {
        responseType: enumOf("--web-sso-response-type"),
        assertionClaimsBehavior: enumOf("--web-sso-assertion-claims-behavior"),
      },
    },
  };
}

describe("the published form of", () => {
  test("EKS's call is that of oidc.json", () => {
    const request = { clusterName: "shop", oidc: oidc() };
    expect(clusterSchemaErrors("botocore", "AssociateIdentityProviderConfigRequest", request)).toEqual([]);
  });

  test("eksctl's file is that of eksctl.yaml", () => {
    expect(clusterSchemaErrors("eksctl", "ClusterConfig", eksctl())).toEqual([]);
  });

  test("AKS's JWT authenticator is that of jwt-authenticator.json", () => {
    expect(clusterSchemaErrors("azure", "JWTAuthenticatorProperties", aks())).toEqual([]);
  });

  test("Google's workforce pool provider is that of the flags of provider.yaml", () => {
    expect(clusterSchemaErrors("google", "WorkforcePoolProvider", googleProvider())).toEqual([]);
  });

  test("Talos' machine configuration before 1.14 is that of before-1.15.yaml", () => {
    expect(
      clusterSchemaErrors("talos-before-1.14", "v1alpha1.Config", parse(readClusterFile("talos/before-1.15.yaml"))),
    ).toEqual([]);
  });
});

describe("what is not of the published form is noticed:", () => {
  test.each<[string, string, string, unknown]>([
    [
      "a member that EKS does not know",
      "botocore",
      "AssociateIdentityProviderConfigRequest",
      { clusterName: "shop", oidc: { ...oidc(), userPrefix: "" } },
    ],
    [
      "a member that EKS demands",
      "botocore",
      "AssociateIdentityProviderConfigRequest",
      { clusterName: "shop", oidc: { ...oidc(), clientId: undefined } },
    ],
    [
      "a kind of provider that eksctl does not know",
      "eksctl",
      "ClusterConfig",
      { ...eksctl(), identityProviders: [{ ...oidc(), type: "saml" }] },
    ],
    [
      "eksctl's spelling of the issuer's address",
      "eksctl",
      "ClusterConfig",
      { ...eksctl(), identityProviders: [{ type: "oidc", name: "octogate", issuerUrl: "", clientID: "" }] },
    ],
    [
      "a claim in place of an expression at AKS",
      "azure",
      "JWTAuthenticatorProperties",
      { ...aks(), claimMappings: { username: { claim: "username" } } },
    ],
    [
      "an issuer without audiences at AKS",
      "azure",
      "JWTAuthenticatorProperties",
      { ...aks(), issuer: { url: "https://login.acme.dev" } },
    ],
    [
      "a response type that Google does not know",
      "google",
      "WorkforcePoolProvider",
      { oidc: { webSsoConfig: { responseType: "TOKEN" } } },
    ],
    [
      "a member that Google does not know",
      "google",
      "WorkforcePoolProvider",
      { oidc: { issuerUrl: "https://login.acme.dev" } },
    ],
    [
      "a file without an operation that Talos knows",
      "talos-before-1.14",
      "v1alpha1.Config",
      { machine: { files: [{ op: "delete" }] } },
    ],
  ])("%s", (_what, source, definition, value) => {
    expect(clusterSchemaErrors(source, definition, value)).not.toEqual([]);
  });
});

test("every schema has its package, version and licence beside it", () => {
  for (const source of clusterSchemaSources) {
    expect(source).toEqual({
      source: expect.stringMatching(/^[a-z0-9.-]+$/),
      name: expect.stringMatching(/./),
      version: expect.stringMatching(/^\d+\.\d/),
      license: expect.stringMatching(/^(?:Apache.2\.0|MIT|MPL-2\.0)$/),
    });
  }
});

describe("names", () => {
  const authority = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n";

  test("AKS gets the same uid and extra as any kube-apiserver, from the same expressions", () => {
    const { claimMappings } = aks() as { claimMappings: Record<string, unknown> };
    expect(claimMappings.extra).toEqual(extraMappings());
    expect(claimMappings.uid).toEqual({ expression: "claims.sub" });
  });

  test("EKS by eksctl gets what EKS by Amazon's own call gets", () => {
    const { identityProviderConfigName: name, issuerUrl: issuerURL, clientId: clientID, ...same } = oidc();
    expect(eksctl().identityProviders).toEqual([{ type: "oidc", name, issuerURL, clientID, ...same }]);
  });

  test.each<[Service, string, Partial<typeof usualIssuer>]>([
    ["eks", 'behind the prefix "" a stolen signing key could name system:masters', { prefix: "" }],
    // A token names "ystem:masters" then.
    ["eks", 'behind the prefix "s" a stolen signing key could name system:masters', { prefix: "s" }],
    ["eks", "EKS refuses the prefix a-System:", { prefix: "a-System:" }],
    ["eks", "only takes a certificate of a public authority", { authority }],
    ["aks", "only takes a certificate of a public authority", { authority }],
    ["gke", "only takes a certificate of a public authority", { authority }],
  ])("%s: %s", (service, message, wrong) => {
    expect(misfitOf(service, usualIssuer)).toBeNull();
    expect(misfitOf(service, { ...usualIssuer, ...wrong })).toContain(message);
  });

  test("Pinniped gets an authority of one's own, and no empty setting where there is none", () => {
    const spec = (issuer: typeof usualIssuer) => parsed("pinniped", "jwt-authenticator.yaml", issuer).spec;
    expect(spec({ ...usualIssuer, authority })).toMatchObject({
      tls: { certificateAuthorityData: Buffer.from(authority).toString("base64") },
    });
    expect(spec(usualIssuer)).not.toHaveProperty("tls");
  });

  test("a prefix with quotes and backslashes stays one string in every expression", () => {
    const prefixes = fc.string({ unit: fc.constantFrom("'", '"', "\\", "a", ":", "<", ">", "+"), maxLength: 64 });
    fc.assert(
      fc.property(prefixes, (prefix) => {
        const { claimMappings } = parsed("aks", "jwt-authenticator.json", { ...usualIssuer, prefix }) as {
          claimMappings: { username: { expression: string } };
        };
        const { spec } = parsed("pinniped", "jwt-authenticator.yaml", { ...usualIssuer, prefix }) as {
          spec: { claims: { usernameExpression: string } };
        };
        const [, ofAks] = /^'((?:[^'\\]|\\.)*)' \+ claims\.username$/.exec(claimMappings.username.expression) ?? [];
        const [, ofPinniped] = /^'((?:[^'\\]|\\.)*)' \+ claims\.username$/.exec(spec.claims.usernameExpression) ?? [];
        expect(ofAks?.replace(/\\(.)/g, "$1")).toBe(`aks:jwt:${prefix}`);
        expect(ofPinniped?.replace(/\\(.)/g, "$1")).toBe(prefix);
      }),
    );
  });
});

test("the pages do not say that anybody has run this", () => {
  for (const service of ["eks", "aks", "gke", "pinniped"]) {
    expect(readDocument(`k8s/${service}/README.md`)).toMatch(/^checked: >-\n {2}Never run (?:on|with) /m);
  }
});
