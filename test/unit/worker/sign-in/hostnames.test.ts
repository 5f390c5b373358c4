// The two hostnames: what is there on the one is not there on the other, and what is wrong about the sign-in leaves the
// webhook alone. Discovery and keys, which all may read.
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { makeToken } from "../../../../src/local/github/token.ts";
import { createApp } from "../../../../src/worker/app.ts";
import { makeSigningKey } from "../../../support/signing-key.ts";
import { cfOf, statusIn, userAnswer } from "../support.ts";
import { expectError, issuerUrl, signInDeployment, startSignIn } from "./support/app.ts";

const clusters = "https://auth.acme.test";
const ofSignIn = [
  ...["/authorize", "/callback", "/consent", "/sign-out", "/device_authorization", "/token", "/userinfo", "/revoke"],
  ...["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/.well-known/jwks.json"],
];

describe("each hostname has its own routes", () => {
  test.each(ofSignIn)("%s is not there for clusters", async (path) => {
    const { send } = startSignIn();
    for (const method of ["GET", "POST"]) {
      expect((await send(path, { method }, clusters)).status).toBe(404);
      // A name that only begins like the sign-in's, another port, and no TLS.
      expect((await send(path, { method }, "https://login.acme.test.evil.test")).status).toBe(404);
      expect((await send(path, { method }, "https://login.acme.test:8443")).status).toBe(404);
      expect((await send(path, { method }, "http://login.acme.test")).status).toBe(404);
    }
  });

  test.each(["/authenticate", "/readyz", "/", "/token/", "/TOKEN", "/.well-known/jwks.json/x", "//token"])(
    "%s is not there for people and programs",
    async (path) => {
      const { send } = startSignIn();
      for (const method of ["GET", "POST", "PUT"]) expect((await send(path, { method })).status).toBe(404);
    },
  );

  test("/healthz is on both", async () => {
    const { send } = startSignIn();
    for (const origin of [issuerUrl, clusters]) {
      expect(await (await send("/healthz", {}, origin)).json()).toMatchObject({ status: "ok" });
    }
  });

  test.each([
    ["/token", "GET", "POST"],
    ["/revoke", "GET", "POST"],
    ["/userinfo", "DELETE", "GET, HEAD, POST"],
    ["/.well-known/jwks.json", "POST", "GET, HEAD"],
  ])("%s does not take %s", async (path, method, allowed) => {
    const { send } = startSignIn();
    const response = await send(path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe(allowed);
    expect(response.headers.get("cache-control")).toBe("no-store");
  });
});

describe("discovery", () => {
  test.each(["openid-configuration", "oauth-authorization-server"])(
    "%s says what every program needs",
    async (name) => {
      const { send } = startSignIn();
      const response = await send(`/.well-known/${name}`);
      expect(response.status).toBe(200);
      expect(response.headers.get("cache-control")).toBe("public, max-age=300");
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
      expect(response.headers.get("content-type")).toMatch(/^application\/json/);
      expect(await response.json()).toMatchObject({
        issuer: "https://login.acme.test",
        authorization_endpoint: "https://login.acme.test/authorize",
        token_endpoint: "https://login.acme.test/token",
        userinfo_endpoint: "https://login.acme.test/userinfo",
        jwks_uri: "https://login.acme.test/.well-known/jwks.json",
        device_authorization_endpoint: "https://login.acme.test/device_authorization",
        revocation_endpoint: "https://login.acme.test/revoke",
        response_types_supported: ["code"],
        response_modes_supported: ["query"],
        code_challenge_methods_supported: ["S256"],
        id_token_signing_alg_values_supported: ["RS256"],
        subject_types_supported: ["public"],
        scopes_supported: ["openid", "profile", "groups", "offline_access"],
        token_endpoint_auth_methods_supported: ["none", "client_secret_basic", "client_secret_post"],
        grant_types_supported: [
          "authorization_code",
          "refresh_token",
          "urn:ietf:params:oauth:grant-type:device_code",
          "urn:ietf:params:oauth:grant-type:token-exchange",
        ],
        request_uri_parameter_supported: false,
        claims_parameter_supported: false,
        authorization_response_iss_parameter_supported: true,
      });
    },
  );

  test("names the claims that tokens have, and no other", async () => {
    const { send, redeem, codeOf, claimsOf } = startSignIn();
    const { claims_supported } = v.parse(
      v.object({ claims_supported: v.array(v.string()) }),
      await (await send("/.well-known/openid-configuration")).json(),
    );
    const { payload } = await claimsOf((await redeem(await codeOf())).body.id_token);
    expect(claims_supported.sort()).toEqual([...Object.keys(payload), "outage_grace"].sort());
    expect(Object.keys(payload)).not.toContain("email");
  });

  test("the keys are public halves alone, those of both slots and the withdrawn ones", async () => {
    const { send } = startSignIn({
      SIGNING_KEY_B: makeSigningKey(3072),
      SIGNING_KEYS: {
        signs: "a",
        published: { a: "2026-11-01T10:00:00Z", b: "2026-11-20T09:00:00Z" },
        withdrawn: [{ kty: "RSA", kid: "k".repeat(43), n: "n".repeat(342), e: "AQAB" }],
      },
    });
    const response = await send("/.well-known/jwks.json");
    expect(response.headers.get("cache-control")).toBe("public, max-age=300");
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    const { keys } = v.parse(v.object({ keys: v.array(v.record(v.string(), v.string())) }), await response.json());
    expect(keys).toHaveLength(3);
    for (const key of keys) {
      expect(Object.keys(key).sort()).toEqual(["alg", "e", "kid", "kty", "n", "use"]);
      expect(key).toMatchObject({ kty: "RSA", alg: "RS256", use: "sig" });
    }
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(3);
  });
});

describe("a wrong configuration of the sign-in", () => {
  const start = (changes: Record<string, unknown>) => {
    const errors: string[] = [];
    const env = signInDeployment(changes);
    const app = createApp({
      fetch: async () => userAnswer(),
      now: () => Date.parse("2026-11-20T10:00:00Z"),
      waitUntil: () => undefined,
      writeLine: () => undefined,
      writeError: (text) => errors.push(text),
    });
    const send = (url: string, init: RequestInit = {}) =>
      app.fetch(Object.assign(new Request(url, init), { cf: cfOf() }), env);
    const review = (token: string) => {
      const body = JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } });
      return send(`${clusters}/authenticate`, { method: "POST", body });
    };
    return { send, review, errors };
  };
  const brokenPem = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----";

  test.each([
    ["SIGNING_KEY_A", { SIGNING_KEY_A: brokenPem }],
    ["SIGNING_KEY_A", { SIGNING_KEY_A: undefined }],
    ["GITHUB_CLIENT_ID", { GITHUB_CLIENT_ID: undefined }],
    ["OIDC_CLIENT_SECRETS", { OIDC_CLIENT_SECRETS: "{" }],
    ["CACHE_SECRET_PREVIOUS", { CACHE_SECRET_PREVIOUS: "x" }],
  ])(
    "of %s stops the sign-in, names the setting to the operator alone, and touches no review",
    async (setting, changes) => {
      const { send, review, errors } = start(changes);
      for (const path of ["/token", "/revoke", "/userinfo"]) {
        const response = await send(`${issuerUrl}${path}`, { method: "POST" });
        expect(response.status).toBe(503);
        expect(await response.text()).not.toContain(setting);
      }
      expect((await send(`${issuerUrl}/.well-known/jwks.json`)).status).toBe(503);
      expect(errors.join("\n")).toContain(setting);
      const answer = await review(makeToken("classic"));
      expect(await answer.json()).toMatchObject({ status: { authenticated: true } });
      const readiness = await send(`${clusters}/readyz`);
      expect(readiness.status).toBe(503);
      expect(await readiness.json()).toMatchObject({
        parts: {
          configuration: { state: "ok" },
          signIn: { state: "failed", problem: expect.stringContaining(setting) },
        },
      });
    },
  );

  test("a key that looks right and is none is found out when it is to sign", async () => {
    const pem = makeSigningKey();
    const middle = Math.floor(pem.length / 2);
    const broken = `${pem.slice(0, middle)}${"A".repeat(64)}${pem.slice(middle + 64)}`;
    const { send, review } = start({ SIGNING_KEY_A: broken });
    expect((await send(`${issuerUrl}/.well-known/jwks.json`)).status).toBe(503);
    expect(await (await send(`${clusters}/readyz`)).json()).toMatchObject({
      parts: { signIn: { state: "failed", problem: expect.stringContaining("SIGNING_KEY_A") } },
    });
    expect(await (await review(makeToken("classic"))).json()).toMatchObject({ status: { authenticated: true } });
  });

  test("a right one is a part of readiness, which names missing limiters", async () => {
    const { send } = start({ DEVICE_LIMIT: undefined });
    const report: unknown = await (await send(`${clusters}/readyz`)).json();
    expect(report).toMatchObject({
      parts: { signIn: { state: "ok", problem: expect.stringMatching(/^DEVICE_LIMIT is not bound/) } },
    });
  });

  test("of one client stops that client alone, and the setting is not told", async () => {
    const { refresh, refreshTokenOf, decisions } = startSignIn({
      CLIENT_ARGOCD: { allow: ["org:a.b"], token_kinds: ["classic"] },
    });
    expect((await refresh(await refreshTokenOf())).status).toBe(200);
    const answer = await refresh(await refreshTokenOf({}, "argocd"), { client_id: "argocd" });
    expectError(answer, "temporarily_unavailable", 503);
    expect(answer.body.error_description).not.toContain("ARGOCD");
    expect(decisions()[1]).toMatchObject({ client: "argocd", problems: [{ setting: "CLIENT_ARGOCD.allow[0]" }] });
  });

  test("without ISSUER_URL there is no sign-in and no word about it", async () => {
    const { send } = start({
      ISSUER_URL: undefined,
      CLIENT_ARGOCD: undefined,
      CLUSTER_STAGING: undefined,
      OIDC_CLIENT_SECRETS: undefined,
      CLUSTER_PRODUCTION: { client_certificates: ["a1".repeat(32)], allow: ["user:octocat"], token_kinds: ["classic"] },
    });
    expect((await statusIn(await send(`${issuerUrl}/token`, { method: "POST" }))).code).toBe(404);
    expect(JSON.stringify(await (await send(`${clusters}/readyz`)).json())).not.toContain("signIn");
  });
});
