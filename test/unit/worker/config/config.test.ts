import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clusterNameOf, clusterVariableName, problemsIn, readConfig } from "../../../../src/worker/config/config.ts";
import { clusterTable, environment, productionFingerprint } from "../support.ts";

const stagingFingerprint = "b2".repeat(32);
const staging = (changes: Record<string, unknown> = {}) =>
  clusterTable({ client_certificates: [stagingFingerprint], ...changes });

describe("a right environment", () => {
  test("gives the service and its clusters, the bindings included", () => {
    const config = readConfig(environment({ CLUSTER_PROD_EU: staging(), KV: {}, NEVER_SEEN_LIMIT: {} }));
    expect(problemsIn(config)).toEqual([]);
    expect(config.clusters.map(({ name, fingerprints }) => [name, fingerprints])).toEqual([
      ["production", [productionFingerprint]],
      ["prod-eu", [stagingFingerprint]],
    ]);
  });

  test.each([
    ["production", "CLUSTER_PRODUCTION"],
    ["prod-eu-2", "CLUSTER_PROD_EU_2"],
  ])("has the cluster %s in %s", (name, variable) => {
    expect(clusterVariableName(name)).toBe(variable);
    expect(clusterNameOf(variable)).toBe(name);
    expect(readConfig(environment({ [variable]: staging() })).clusters.map((cluster) => cluster.name)).toContain(name);
  });
});

describe("a mistake of one cluster", () => {
  test("is an organisation with two numbers, which other clusters may pin to another", () => {
    const config = readConfig(
      environment({
        CLUSTER_PRODUCTION: clusterTable({ allow: ["org:acme#1"] }),
        CLUSTER_STAGING: staging({ allow: ["org:acme#2"], groups_from: ["acme#3"] }),
      }),
    );
    expect(problemsIn(config)).toEqual([
      { setting: "CLUSTER_STAGING", message: "names the organisation acme with two numbers, #2 and #3" },
    ]);
  });

  test("leaves the other clusters and the service alone", () => {
    const config = readConfig(environment({ CLUSTER_STAGING: staging({ allow: ["org:acme/platform"] }) }));
    expect(config.service.ok).toBe(true);
    expect(config.clusters).toMatchObject([
      { name: "production", policy: { ok: true } },
      { name: "staging", fingerprints: [stagingFingerprint], policy: { ok: false } },
    ]);
    expect(problemsIn(config).map(({ setting }) => setting)).toEqual(["CLUSTER_STAGING.allow[0]"]);
  });
});

describe("a certificate in two clusters", () => {
  test("is a mistake of both, in whatever case it is written, and of no third", () => {
    const config = readConfig(
      environment({
        CLUSTER_PROD_EU: staging({ client_certificates: [productionFingerprint.toUpperCase(), stagingFingerprint] }),
        CLUSTER_THIRD: clusterTable({ client_certificates: ["c3".repeat(32)] }),
      }),
    );
    expect(config.service.ok).toBe(true);
    expect(config.clusters.map(({ name, policy }) => [name, policy.ok])).toEqual([
      ["production", false],
      ["prod-eu", false],
      ["third", true],
    ]);
    expect(problemsIn(config)).toEqual([
      {
        setting: "CLUSTER_PRODUCTION.client_certificates",
        message: `${productionFingerprint} stands in CLUSTER_PROD_EU, too: a certificate belongs to one cluster`,
      },
      {
        setting: "CLUSTER_PROD_EU.client_certificates",
        message: `${productionFingerprint} stands in CLUSTER_PRODUCTION, too: a certificate belongs to one cluster`,
      },
    ]);
  });

  test("is named beside what else is wrong there", () => {
    const config = readConfig(
      environment({ CLUSTER_PROD_EU: staging({ client_certificates: [productionFingerprint], prefix: "system:" }) }),
    );
    expect(problemsIn(config).map(({ setting }) => setting)).toEqual([
      "CLUSTER_PRODUCTION.client_certificates",
      "CLUSTER_PROD_EU.prefix",
      "CLUSTER_PROD_EU.client_certificates",
    ]);
  });

  test("is a mistake also where the other cluster is wrong already", () => {
    const config = readConfig(environment({ CLUSTER_BROKEN: clusterTable({ allow: [] }) }));
    expect(config.clusters.map(({ policy }) => policy.ok)).toEqual([false, false]);
  });
});

describe("a name that means nothing to this release", () => {
  test.each([
    "CACHE_TTL",
    "github_api_url",
    "CLUSTER_",
    "CLUSTER_1",
    "CLUSTER_prod",
    "CLUSTER_PROD-EU",
    "cluster_production",
    "CLUSTERS",
    "__proto",
  ])("is %s: known at run time, where it changes nothing, and a problem for a deployment", (name) => {
    const config = readConfig(environment({ [name]: clusterTable() }));
    expect(config.service.ok).toBe(true);
    expect(config.clusters.map((cluster) => [cluster.name, cluster.policy.ok])).toEqual([["production", true]]);
    expect(config.unknownNames).toMatchObject([{ setting: name }]);
    expect(problemsIn(config)).toEqual(config.unknownNames);
  });
});

describe("a mistake of the whole deployment", () => {
  test("is no cluster at all", () => {
    const { service } = readConfig({ CACHE_SECRET: randomBytes(32).toString("base64") });
    expect(service).toMatchObject({ ok: false, problems: [{ setting: "CLUSTER_NAME" }] });
  });

  test("is named together with all others", () => {
    const config = readConfig({ TYPO: 1, TOKEN_SHAPE: "loose" });
    expect(problemsIn(config).map(({ setting }) => setting)).toEqual([
      "TYPO",
      "CLUSTER_NAME",
      "TOKEN_SHAPE",
      "CACHE_SECRET",
    ]);
  });

  test("leaves the clusters' certificates known, so that their callers hear of it", () => {
    const { clusters } = readConfig(environment({ TOKEN_SHAPE: "loose" }));
    expect(clusters[0]?.fingerprints).toEqual([productionFingerprint]);
  });
});

describe("whatever the environment holds", () => {
  /** Put into every place that takes a value; no problem may repeat it. */
  const secret = fc.string({ unit: fc.constantFrom(..."abcdefghij!§"), minLength: 16, maxLength: 60 });
  const places = [
    (text: string) => ({ CACHE_SECRET: text }),
    (text: string) => ({ CACHE_SECRET: { value: text } }),
    (text: string) => ({ GITHUB_API_URL: text }),
    (text: string) => ({ GITHUB_API_URL: `https://user:${text}@api.github.com` }),
    (text: string) => ({ CACHE_TTL_SECONDS: text }),
    (text: string) => ({ OUTAGE_GRACE_SECONDS: text }),
    (text: string) => ({ TOKEN_SHAPE: text }),
    (text: string) => ({ GITHUB_APP_ID: `${text}!` }),
    (text: string) => ({ GITHUB_APP_PRIVATE_KEY: text }),
    (text: string) => ({ OAUTH_CLIENT_SECRETS: text }),
    (text: string) => ({ OAUTH_CLIENT_SECRETS: JSON.stringify({ [`${text}!`]: text }) }),
    (text: string) => ({ UNKNOWN: text }),
    (text: string) => ({ ISSUER_URL: `https://${text}/` }),
    (text: string) => ({ GITHUB_CLIENT_ID: `${text}!` }),
    (text: string) => ({ GITHUB_WEB_URL: text }),
    (text: string) => ({ ID_TOKEN_SECONDS: text }),
    (text: string) => ({ SIGNING_KEY_A: text }),
    (text: string) => ({ SIGNING_KEY_B: `-----BEGIN PRIVATE KEY-----${text}-----END PRIVATE KEY-----` }),
    (text: string) => ({ SIGNING_KEYS: text }),
    (text: string) => ({ SIGNING_KEYS: { signs: text, published: { a: text }, withdrawn: [{ kid: text, n: text }] } }),
    (text: string) => ({ CACHE_SECRET_PREVIOUS: text }),
    (text: string) => ({ CACHE_SECRET_PREVIOUS: `${text}@2026-11-27T18:00:00Z` }),
    (text: string) => ({ OIDC_CLIENT_SECRETS: text }),
    (text: string) => ({ OIDC_CLIENT_SECRETS: JSON.stringify({ production: `${text} ` }) }),
    (text: string) => ({ OIDC_CLIENT_SECRETS: JSON.stringify({ [text]: text }) }),
    (text: string) => ({ CLIENT_ARGOCD: text }),
    (text: string) => ({ CLUSTER_PRODUCTION: text }),
    ...[
      "client_certificates",
      "allow",
      "deny",
      "token_kinds",
      "oauth_clients",
      "username",
      "prefix",
      "groups_from",
      "group",
      "scopes_at_most",
      "require_expiry",
      "unknown",
      "redirect_uris",
      "device_flow",
      "exchange",
      "id_token_seconds",
    ].flatMap((key) => [
      (text: string) => ({ CLUSTER_PRODUCTION: clusterTable({ sign_in: true, [key]: `${text} ` }) }),
      (text: string) => ({ CLUSTER_PRODUCTION: clusterTable({ sign_in: true, [key]: [`${text} `] }) }),
      (text: string) => ({ CLIENT_ARGOCD: { allow: ["org:acme#1"], [key]: [`${text} `] } }),
    ]),
  ];

  test("no problem quotes a value: it may be a secret", () => {
    fc.assert(
      fc.property(secret, fc.constantFrom(...places), (text, place) => {
        const problems = problemsIn(readConfig(environment(place(text))));
        expect(problems.length).toBeGreaterThan(0);
        expect(JSON.stringify(problems)).not.toContain(text);
      }),
      { numRuns: 1000 },
    );
  });

  test("reading it gives a value, never an exception", () => {
    const names = fc.constantFrom("CACHE_SECRET", "GITHUB_API_URL", "CLUSTER_A", "CLUSTER_B", "TOKEN_SHAPE", "KV", "X");
    fc.assert(
      fc.property(fc.dictionary(names, fc.anything()), (env) => {
        const config = readConfig(env);
        for (const { policy } of config.clusters) expect(policy.ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
