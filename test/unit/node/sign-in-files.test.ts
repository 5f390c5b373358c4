import { describe, expect, test } from "vitest";
import { parse, parseDocument } from "yaml";
import { readClusterFile } from "../../../src/node/kubeconfig.ts";
import { authenticationConfiguration, signInKubeconfig, signInUser } from "../../../src/node/sign-in-files.ts";

const publicHost = { issuerUrl: "https://login.acme.dev", authority: null };
const localHost = {
  issuerUrl: "https://localhost:8444",
  authority: { certificate: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", file: "/state/ca.crt" },
};

describe("the authentication configuration", () => {
  test("names issuer, cluster and prefix, and nothing is left of the example", () => {
    const text = authenticationConfiguration(publicHost, "prod-eu", "gh:");
    const { jwt } = parse(text);
    expect(jwt).toHaveLength(1);
    expect(jwt[0].issuer).toEqual({ url: "https://login.acme.dev", audiences: ["prod-eu"] });
    expect(jwt[0].claimMappings.username).toEqual({ claim: "username", prefix: "gh:" });
    expect(jwt[0].claimMappings.groups).toEqual({ claim: "groups", prefix: "gh:" });
    expect(text).not.toMatch(/example\.com|production/);
  });

  test("keeps a prefix that is empty, where the rules about system: matter", () => {
    const { jwt } = parse(authenticationConfiguration(publicHost, "prod-eu", ""));
    expect(jwt[0].claimMappings.username.prefix).toBe("");
    expect(jwt[0].userValidationRules.map(({ expression }: { expression: string }) => expression)).toEqual([
      "!user.username.startsWith('system:')",
      "!has(user.groups) || user.groups.all(group, !group.startsWith('system:'))",
    ]);
  });

  test("has the authority of an address with a certificate of its own", () => {
    const { jwt } = parse(authenticationConfiguration(localHost, "local", "github:"));
    expect(jwt[0].issuer.certificateAuthority).toBe(localHost.authority.certificate);
  });

  test("keeps the comments of the example for its reader", () => {
    expect(authenticationConfiguration(publicHost, "a", "b")).toContain("# Names come without a prefix");
  });
});

describe("the kubeconfig for people", () => {
  const cluster = { name: "acme", server: "https://kubernetes.acme.dev:6443", authorityFile: "ca.crt" };

  test("asks kubelogin for a token of this cluster, and holds no secret", () => {
    const kubeconfig = parse(signInKubeconfig(publicHost, "prod-eu", cluster));
    const [{ user }] = kubeconfig.users;
    expect([user.exec.command, ...user.exec.args]).toEqual([
      ...["kubectl", "oidc-login", "get-token"],
      ...["--oidc-issuer-url=https://login.acme.dev", "--oidc-client-id=prod-eu"],
    ]);
    expect(kubeconfig.clusters).toEqual([
      { name: "acme", cluster: { server: cluster.server, "certificate-authority": "ca.crt" } },
    ]);
    expect(kubeconfig.contexts[0].context).toEqual({ cluster: "acme", user: "github" });
    expect(JSON.stringify(kubeconfig)).not.toMatch(/"token"|secret|password/i);
  });

  test("is of the stable version, works without a terminal, and says how to get kubelogin", () => {
    const { exec } = signInUser(publicHost, "prod-eu") as { exec: Record<string, unknown> }; // of our own file
    expect(exec).toMatchObject({
      apiVersion: "client.authentication.k8s.io/v1",
      interactiveMode: "IfAvailable",
      installHint: expect.stringContaining("brew install kubelogin"),
    });
  });

  test("names the local edge's authority", () => {
    expect(signInKubeconfig(localHost, "local", cluster)).toContain("--certificate-authority=/state/ca.crt");
  });
});

test.each(["authentication-configuration.yaml", "sign-in-kubeconfig.yaml"])(
  "k8s/%s is YAML without a fault",
  (name) => {
    expect(parseDocument(readClusterFile(name)).errors).toEqual([]);
  },
);
