// What people sign in to, and what a mistake there concerns: never the webhook.
import { describe, expect, test } from "vitest";
import { problemsIn, readConfig } from "../../../../src/worker/config/config.ts";
import { clusterTable, productionFingerprint } from "../support.ts";
import { githubClientId, makeSecret, signInEnvironment } from "./sign-in-environment.ts";

const read = (changes: Record<string, unknown> = {}) => readConfig(signInEnvironment(changes));
const signingIn = (changes: Record<string, unknown> = {}) => clusterTable({ sign_in: true, ...changes });
const application = (changes: Record<string, unknown> = {}) => ({ allow: ["org:acme#1234"], ...changes });

describe("a client", () => {
  test("is a cluster with sign_in, with the documented defaults", () => {
    expect(read().clients).toMatchObject([
      {
        name: "production",
        variable: "CLUSTER_PRODUCTION",
        kind: "cluster",
        redirectUris: [],
        deviceFlow: false,
        exchange: false,
        idTokenSeconds: 600,
        secret: null,
        signInPolicy: { ok: true },
        exchangePolicy: { ok: true },
      },
    ]);
  });

  test("is no cluster without it", () => {
    const config = read({ CLUSTER_STAGING: clusterTable({ client_certificates: ["b2".repeat(32)], sign_in: false }) });
    expect(problemsIn(config)).toEqual([]);
    expect(config.clients.map(({ name }) => name)).toEqual(["production"]);
    expect(config.clusters.map(({ name }) => name)).toEqual(["production", "staging"]);
  });

  test("is a web application, which has no certificate and is no cluster", () => {
    const secret = makeSecret();
    const config = read({
      CLIENT_ARGO_CD: application({
        redirect_uris: ["https://argocd.acme.test/auth/callback", "http://localhost/auth/callback"],
        device_flow: true,
        exchange: true,
        id_token_seconds: 300,
      }),
      OIDC_CLIENT_SECRETS: JSON.stringify({ "argo-cd": secret }),
    });
    expect(problemsIn(config)).toEqual([]);
    expect(config.clusters.map(({ name }) => name)).toEqual(["production"]);
    expect(config.clients).toMatchObject([
      { name: "production", secret: null },
      {
        name: "argo-cd",
        variable: "CLIENT_ARGO_CD",
        kind: "application",
        redirectUris: ["https://argocd.acme.test/auth/callback", "http://localhost/auth/callback"],
        deviceFlow: true,
        exchange: true,
        idTokenSeconds: 300,
        secret,
      },
    ]);
  });

  test("can be all that there is", () => {
    const config = read({ CLUSTER_PRODUCTION: undefined, CLIENT_ARGOCD: application() });
    expect(problemsIn(config)).toEqual([]);
    expect(config.clusters).toEqual([]);
  });

  test("keeps its secret whatever it is called", () => {
    const secret = makeSecret();
    const config = read({
      CLIENT_CONSTRUCTOR: application(),
      OIDC_CLIENT_SECRETS: JSON.stringify({ constructor: secret }),
    });
    expect(config.clients).toMatchObject([{ secret: null }, { name: "constructor", secret }]);
  });

  test("may have as many redirect URIs as there may be", () => {
    const uris = Array.from({ length: 20 }, (_, index) => `https://app-${index}.acme.test/cb`);
    expect(read({ CLUSTER_PRODUCTION: signingIn({ redirect_uris: uris }) }).clients[0]?.redirectUris).toEqual(uris);
  });
});

describe("the policies of a client", () => {
  const [client] = read({
    CLUSTER_PRODUCTION: signingIn({ token_kinds: ["classic", "app"], oauth_clients: ["Iv23liAnother"], prefix: "gh:" }),
  }).clients;

  test("take a token of the GitHub App from a sign-in, whatever people may bring themselves", () => {
    expect(client?.signInPolicy).toMatchObject({
      value: { tokenKinds: ["app", "oauth"], oauthClients: [githubClientId], prefix: "gh:", addsPrefix: false },
    });
  });

  test("take what people may bring themselves in an exchange, and the GitHub App's only where it is listed", () => {
    expect(client?.exchangePolicy).toMatchObject({
      value: { tokenKinds: ["classic", "app"], oauthClients: ["Iv23liAnother"], prefix: "gh:", addsPrefix: false },
    });
  });

  test("leave the webhook's as it is", () => {
    const [cluster] = read().clusters;
    expect(cluster?.policy).toMatchObject({
      value: { tokenKinds: ["fine_grained", "classic"], oauthClients: [], addsPrefix: true },
    });
  });
});

describe("a cluster that people sign in to", () => {
  test.each([
    [{ client_certificates: undefined }],
    [{ client_certificates: undefined, token_kinds: undefined }],
    [{ token_kinds: [] }],
  ])("may do without a webhook: %j", (changes) => {
    const config = read({ CLUSTER_PRODUCTION: signingIn(changes) });
    expect(problemsIn(config)).toEqual([]);
    expect(config.clients).toMatchObject([{ signInPolicy: { ok: true } }]);
  });

  test.each([
    [{ sign_in: false, client_certificates: undefined }, "client_certificates"],
    [{ sign_in: undefined, client_certificates: undefined }, "client_certificates"],
    [{ sign_in: false, token_kinds: [] }, "token_kinds"],
    [{ sign_in: false, token_kinds: undefined }, "token_kinds"],
    [{ client_certificates: [] }, "client_certificates"],
    [{ client_certificates: ["<sha256>"] }, "client_certificates[0]"],
    [{ token_kinds: ["app"] }, "oauth_clients"],
  ])("or else has what a webhook needs: %j", (changes, key) => {
    const problems = problemsIn(read({ CLUSTER_PRODUCTION: signingIn(changes) }));
    expect(problems.map(({ setting }) => setting)).toEqual([`CLUSTER_PRODUCTION.${key}`]);
  });

  test("admits no token to its webhook where it names no kind", () => {
    const [cluster] = read({ CLUSTER_PRODUCTION: signingIn({ token_kinds: undefined }) }).clusters;
    expect(cluster?.policy).toMatchObject({ value: { tokenKinds: [] } });
  });
});

describe("a mistake about signing in leaves the webhook alone, and so every review:", () => {
  const argocd = application();
  test.each<[string, Record<string, unknown>, string]>([
    ["no address", { ISSUER_URL: undefined }, "ISSUER_URL"],
    ["a wrong address", { ISSUER_URL: "http://login.acme.test" }, "ISSUER_URL"],
    ["no GitHub App", { GITHUB_CLIENT_ID: undefined }, "GITHUB_CLIENT_ID"],
    ["no secret of the GitHub App", { OAUTH_CLIENT_SECRETS: undefined }, "OAUTH_CLIENT_SECRETS"],
    ["a wrong web address", { GITHUB_WEB_URL: "http://github.acme.test" }, "GITHUB_WEB_URL"],
    ["a wrong life of tokens", { ID_TOKEN_SECONDS: 1 }, "ID_TOKEN_SECONDS"],
    ["no signing key", { SIGNING_KEY_A: undefined }, "SIGNING_KEY_A"],
    ["a wrong signing key", { SIGNING_KEY_A: "x" }, "SIGNING_KEY_A"],
    ["a wrong table of keys", { SIGNING_KEYS: {} }, "SIGNING_KEYS.signs"],
    ["a wrong earlier secret", { CACHE_SECRET_PREVIOUS: "x" }, "CACHE_SECRET_PREVIOUS"],
    ["wrong secrets of clients", { OIDC_CLIENT_SECRETS: "x" }, "OIDC_CLIENT_SECRETS"],
    [
      "a short secret of a client",
      { OIDC_CLIENT_SECRETS: JSON.stringify({ production: "x".repeat(21) }) },
      "OIDC_CLIENT_SECRETS.production",
    ],
    [
      "a secret with a blank",
      { OIDC_CLIENT_SECRETS: JSON.stringify({ production: `${"x".repeat(30)} ` }) },
      "OIDC_CLIENT_SECRETS.production",
    ],
    ["a switch that is a text", { CLUSTER_PRODUCTION: signingIn({ sign_in: "true" }) }, "CLUSTER_PRODUCTION.sign_in"],
    ["a switch that is null", { CLUSTER_PRODUCTION: signingIn({ sign_in: null }) }, "CLUSTER_PRODUCTION.sign_in"],
    [
      "a wrong redirect URI",
      { CLUSTER_PRODUCTION: signingIn({ redirect_uris: ["https://acme.test/cb", "http://acme.test/cb"] }) },
      "CLUSTER_PRODUCTION.redirect_uris[1]",
    ],
    [
      "too many redirect URIs",
      { CLUSTER_PRODUCTION: signingIn({ redirect_uris: Array(21).fill("https://acme.test/cb") }) },
      "CLUSTER_PRODUCTION.redirect_uris",
    ],
    [
      "a redirect URI that is no list",
      { CLUSTER_PRODUCTION: signingIn({ redirect_uris: "https://acme.test/cb" }) },
      "CLUSTER_PRODUCTION.redirect_uris",
    ],
    ["a wrong device_flow", { CLUSTER_PRODUCTION: signingIn({ device_flow: 1 }) }, "CLUSTER_PRODUCTION.device_flow"],
    ["a wrong exchange", { CLUSTER_PRODUCTION: signingIn({ exchange: "no" }) }, "CLUSTER_PRODUCTION.exchange"],
    [
      "a wrong life of one cluster's tokens",
      { CLUSTER_PRODUCTION: signingIn({ id_token_seconds: 30 }) },
      "CLUSTER_PRODUCTION.id_token_seconds",
    ],
    ["an application without a policy", { CLIENT_ARGOCD: {} }, "CLIENT_ARGOCD.allow"],
    ["an application that is no table", { CLIENT_ARGOCD: "x" }, "CLIENT_ARGOCD"],
    ["an application with sign_in", { CLIENT_ARGOCD: { ...argocd, sign_in: true } }, "CLIENT_ARGOCD.sign_in"],
    [
      "an application with a certificate",
      { CLIENT_ARGOCD: { ...argocd, client_certificates: ["c3".repeat(32)] } },
      "CLIENT_ARGOCD.client_certificates",
    ],
    [
      "an application with an unknown key",
      { CLIENT_ARGOCD: { ...argocd, redirect_uri: "x" } },
      "CLIENT_ARGOCD.redirect_uri",
    ],
    ["an application of a cluster's name", { CLIENT_STAGING: argocd }, "CLIENT_STAGING"],
  ])("%s", (_, changes, setting) => {
    const staging = { CLUSTER_STAGING: clusterTable({ client_certificates: ["b2".repeat(32)] }) };
    const config = read({ ...staging, ...changes });
    expect(problemsIn(config).map((problem) => problem.setting)).toEqual([setting]);
    expect(config.service.ok).toBe(true);
    expect(config.clusters).toMatchObject([
      { name: "production", fingerprints: [productionFingerprint], policy: { ok: true } },
      { name: "staging", policy: { ok: true } },
    ]);
    // Nothing is signed for what the mistake concerns.
    const concerned = config.clients.find(
      ({ variable, name }) => setting.startsWith(variable) || setting.endsWith(`.${name}`),
    );
    expect(config.signIn?.ok === true && concerned?.signInPolicy.ok !== false).toBe(false);
    expect(config.signIn?.ok === true && concerned?.exchangePolicy.ok !== false).toBe(false);
  });
});

describe("a mistake of one client", () => {
  test("leaves the sign-in to the others alone", () => {
    const config = read({
      CLIENT_ARGOCD: application({ redirect_uris: ["http://argocd.acme.test/cb"] }),
      CLIENT_GRAFANA: application(),
    });
    expect(config.signIn?.ok).toBe(true);
    expect(config.clients.map(({ name, signInPolicy }) => [name, signInPolicy.ok])).toEqual([
      ["production", true],
      ["argocd", false],
      ["grafana", true],
    ]);
  });

  test("of a cluster's policy concerns its reviews and its sign-in", () => {
    const config = read({ CLUSTER_PRODUCTION: signingIn({ allow: ["acme"] }) });
    expect(problemsIn(config).map(({ setting }) => setting)).toEqual(["CLUSTER_PRODUCTION.allow[0]"]);
    expect(config).toMatchObject({
      signIn: { ok: true },
      clusters: [{ policy: { ok: false } }],
      clients: [{ signInPolicy: { ok: false }, exchangePolicy: { ok: false } }],
    });
  });

  test("of a certificate that two clusters list concerns no sign-in", () => {
    const config = read({ CLUSTER_STAGING: signingIn() });
    expect(config.clusters.map(({ policy }) => policy.ok)).toEqual([false, false]);
    expect(config.clients.map(({ signInPolicy }) => signInPolicy.ok)).toEqual([true, true]);
  });

  test("that has a cluster's name concerns both, where people sign in to both", () => {
    const config = read({ CLIENT_PRODUCTION: application() });
    expect(problemsIn(config)).toEqual(
      ["CLUSTER_PRODUCTION", "CLIENT_PRODUCTION"].map((setting) => ({
        setting,
        message: "is the name of a cluster and of a client: rename one",
      })),
    );
    expect(config.clients.map(({ signInPolicy }) => signInPolicy.ok)).toEqual([false, false]);
  });
});

describe("a mistake of the whole deployment", () => {
  test("concerns the sign-in, too, and is named once", () => {
    const config = read({ CACHE_SECRET: "x" });
    expect(config).toMatchObject({ service: { ok: false }, signIn: { ok: false } });
    expect(problemsIn(config).map(({ setting }) => setting)).toEqual(["CACHE_SECRET"]);
  });
});

describe("a secret of no client", () => {
  test("is a warning at run time, for a client is taken out without its secret", () => {
    const config = read({
      CLIENT_GRAFANA: application(),
      OIDC_CLIENT_SECRETS: JSON.stringify({ argocd: makeSecret(), grafana: makeSecret() }),
    });
    expect(config.signIn?.ok).toBe(true);
    expect(config.unknownNames).toEqual([
      { setting: "OIDC_CLIENT_SECRETS", message: "has 1 of no client; there are production, grafana" },
    ]);
  });

  test("is not quoted: who mixes up name and secret has the secret there", () => {
    const secret = makeSecret();
    expect(
      JSON.stringify(read({ OIDC_CLIENT_SECRETS: JSON.stringify({ [secret]: "argocd" }) }).unknownNames),
    ).not.toContain(secret);
  });
});
