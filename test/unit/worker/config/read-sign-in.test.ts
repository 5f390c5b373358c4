import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { problemsIn, readConfig } from "../../../../src/worker/config/config.ts";
import { webUrlOf } from "../../../../src/worker/config/service.ts";
import { clusterTable, environment } from "../support.ts";
import { githubClientId, makeSecret, signInEnvironment, signingKey } from "./sign-in-environment.ts";

const read = (changes: Record<string, unknown> = {}) => readConfig(signInEnvironment(changes));

/** The settings that are complained about. */
const wrongSettings = (changes: Record<string, unknown>) => problemsIn(read(changes)).map(({ setting }) => setting);

const previous = randomBytes(32);
const previousText = previous.toString("base64");

describe("settings that are right", () => {
  test("get the documented defaults", () => {
    const secret = makeSecret();
    const config = read({ OAUTH_CLIENT_SECRETS: JSON.stringify({ [githubClientId]: secret }) });
    expect(problemsIn(config)).toEqual([]);
    expect(config.issuerUrl).toBe("https://login.acme.test");
    expect(config.signIn).toEqual({
      ok: true,
      value: {
        issuerUrl: "https://login.acme.test",
        githubWebUrl: "https://github.com",
        githubClientId,
        githubClientSecret: secret,
        signingKeys: { privateKeys: { a: signingKey }, signs: "a", withdrawn: [], leftOut: [] },
        cacheSecret: config.service.ok ? config.service.value.cacheSecret : null,
        previousCacheSecret: null,
      },
    });
  });

  test.each([
    "https://login.acme.test",
    "https://login.acme.test:8444",
    "https://localhost:8444",
    "https://localhost",
    "https://127.0.0.1:8444",
  ])("ISSUER_URL = %j", (ISSUER_URL) => {
    const config = read({ ISSUER_URL });
    expect(config.signIn).toMatchObject({ ok: true, value: { issuerUrl: ISSUER_URL } });
    expect(config.issuerUrl).toBe(ISSUER_URL);
  });

  test.each(["https://github.acme.test", "https://acme.ghe.com", "http://127.0.0.1:3000", "http://localhost:3000"])(
    "GITHUB_WEB_URL = %j",
    (GITHUB_WEB_URL) => {
      expect(read({ GITHUB_WEB_URL }).signIn).toMatchObject({ ok: true, value: { githubWebUrl: GITHUB_WEB_URL } });
    },
  );

  test.each([60, 3600, "60", "3600"])("ID_TOKEN_SECONDS = %j", (ID_TOKEN_SECONDS) => {
    expect(read({ ID_TOKEN_SECONDS }).clients).toMatchObject([{ idTokenSeconds: Number(ID_TOKEN_SECONDS) }]);
  });

  test.each([`${previousText}@2026-11-27T18:00:00Z`, ` ${previousText}@2026-11-27T18:00:00Z\n`])(
    "CACHE_SECRET_PREVIOUS is a secret and its end",
    (CACHE_SECRET_PREVIOUS) => {
      expect(read({ CACHE_SECRET_PREVIOUS }).signIn).toMatchObject({
        value: {
          previousCacheSecret: {
            secret: Uint8Array.from(previous),
            refusedFrom: Date.parse("2026-11-27T18:00:00Z"),
          },
        },
      });
    },
  );

  test("may have the bindings of its rate limits", () => {
    expect(wrongSettings({ AUTHORIZE_LIMIT: {}, DEVICE_LIMIT: {}, TOKEN_FAILURE_LIMIT: {} })).toEqual([]);
  });
});

describe("GitHub's pages are, where the API is at", () => {
  test.each([
    ["https://api.github.com", "https://github.com"],
    ["https://github.acme.test/api/v3", "https://github.acme.test"],
    ["https://github.acme.test:8443/api/v3", "https://github.acme.test:8443"],
    ["https://api.acme.test/api/v3", "https://api.acme.test"],
    ["https://api.octocorp.ghe.com", "https://octocorp.ghe.com"],
    ["http://127.0.0.1:3000", "http://127.0.0.1:3000"],
  ])("%s, at %s", (apiUrl, webUrl) => {
    expect(webUrlOf(apiUrl)).toBe(webUrl);
    expect(read({ GITHUB_API_URL: apiUrl }).signIn).toMatchObject({ value: { githubWebUrl: webUrl } });
  });
});

describe("a setting that is wrong is named, and its value is not quoted:", () => {
  const addresses = [
    "",
    "login.acme.test",
    "http://login.acme.test",
    "https://login.acme.test/",
    "https://login.acme.test/oidc",
    "https://login.acme.test?x",
    "https://login.acme.test#x",
    "https://login.acme.test.",
    "https://Login.acme.test",
    "HTTPS://login.acme.test",
    "https://login.acme.test:443",
    "https://user@login.acme.test",
    "https://user:word@login.acme.test",
    "https://login.acme.test\\x",
    " https://login.acme.test",
    "https://login.acme.test\n",
    "https://<login.example.com>",
    "ftp://login.acme.test",
    "null",
    null,
    1,
  ];
  test.each([
    ...addresses.map((value) => ["ISSUER_URL", value] as const),
    ...["http://localhost:8444", "http://127.0.0.1:8444"].map((value) => ["ISSUER_URL", value] as const),
    ...addresses.map((value) => ["GITHUB_WEB_URL", value] as const),
    ...["", "Iv23 li", "<client id>", "a".repeat(65), 1, null].map((value) => ["GITHUB_CLIENT_ID", value] as const),
    ...[59, 3601, 60.5, "59", "10m", "", null].map((value) => ["ID_TOKEN_SECONDS", value] as const),
    ...[
      "",
      previousText,
      `${previousText}@`,
      `@2026-11-27T18:00:00Z`,
      `${previousText}@2026-11-27`,
      `${previousText}@1795802400`,
      `${previousText}@2026-02-30T18:00:00Z`,
      `${previousText}@2026-11-27T18:00:00Z@2026-11-27T18:00:00Z`,
      `${randomBytes(31).toString("base64")}@2026-11-27T18:00:00Z`,
      1,
      null,
    ].map((value) => ["CACHE_SECRET_PREVIOUS", value] as const),
    ...["", "x", "[]", "{", '"x"', '{"production": 1}', 1, null].map(
      (value) => ["OIDC_CLIENT_SECRETS", value] as const,
    ),
  ])("%s = %j", (name, value) => {
    expect(wrongSettings({ [name]: value })).toEqual([name]);
    if (typeof value === "string" && value.length > 40) {
      expect(JSON.stringify(problemsIn(read({ [name]: value })))).not.toContain(value.slice(0, 30));
    }
  });
});

describe("where people sign in", () => {
  test.each([
    ["ISSUER_URL", { ISSUER_URL: undefined }],
    ["GITHUB_CLIENT_ID", { GITHUB_CLIENT_ID: undefined }],
    ["OAUTH_CLIENT_SECRETS", { OAUTH_CLIENT_SECRETS: undefined }],
    ["OAUTH_CLIENT_SECRETS", { OAUTH_CLIENT_SECRETS: JSON.stringify({ Iv23liAnother: "x" }) }],
    ["SIGNING_KEY_A", { SIGNING_KEY_A: undefined }],
  ])("%s is required", (setting, changes) => {
    for (const table of [{}, { CLUSTER_PRODUCTION: clusterTable(), CLIENT_ARGOCD: { allow: ["org:acme#1"] } }]) {
      const config = read({ ...table, ...changes });
      expect(problemsIn(config).map((problem) => problem.setting)).toEqual([setting]);
      expect(config.signIn?.ok).toBe(false);
    }
  });

  test("everything that is missing is named at once", () => {
    expect(problemsIn(readConfig(environment({ CLUSTER_PRODUCTION: clusterTable({ sign_in: true }) })))).toEqual([
      { setting: "SIGNING_KEY_A", message: expect.stringContaining("is missing") },
      { setting: "ISSUER_URL", message: "is required where people sign in" },
      { setting: "GITHUB_CLIENT_ID", message: "is required where people sign in" },
    ]);
  });
});

describe("where no client is", () => {
  test("nothing of it is required, and there is no sign-in", () => {
    const config = readConfig(environment());
    expect(problemsIn(config)).toEqual([]);
    expect(config).toMatchObject({ signIn: null, issuerUrl: null, clients: [] });
  });

  test("ISSUER_URL may stand alone: it is the audience of workflows", () => {
    const config = readConfig(environment({ ISSUER_URL: "https://login.acme.test" }));
    expect(problemsIn(config)).toEqual([]);
    expect(config).toMatchObject({ signIn: null, issuerUrl: "https://login.acme.test" });
  });

  test("what is there has to be right all the same", () => {
    const config = readConfig(environment({ ISSUER_URL: "https://login.acme.test/" }));
    expect(problemsIn(config).map(({ setting }) => setting)).toEqual(["ISSUER_URL"]);
    expect(config).toMatchObject({ service: { ok: true }, issuerUrl: null });
  });
});

test("with any settings, reading them gives a value, and the webhook's is the one without them", () => {
  const names = fc.constantFrom(
    ...["ISSUER_URL", "GITHUB_CLIENT_ID", "GITHUB_WEB_URL", "ID_TOKEN_SECONDS", "SIGNING_KEY_A", "SIGNING_KEY_B"],
    ...["SIGNING_KEYS", "CACHE_SECRET_PREVIOUS", "OIDC_CLIENT_SECRETS", "CLIENT_X", "CLIENT_Y"],
  );
  const env = environment();
  const { service, clusters } = readConfig(env);
  fc.assert(
    fc.property(fc.dictionary(names, fc.anything()), (changes) => {
      const config = readConfig({ ...env, ...changes });
      expect(config.service).toEqual(service);
      expect(config.clusters).toEqual(clusters);
      for (const { signInPolicy, exchangePolicy } of config.clients) {
        expect([signInPolicy.ok, exchangePolicy.ok]).toEqual([false, false]);
      }
    }),
    { numRuns: 500 },
  );
});
