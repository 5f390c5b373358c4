// The property that holds for every request to every route, through the whole app: nothing is signed or sealed into a
// code but a complete, admitted identity for one existing client; no redirect leads elsewhere; no secret gets out.
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { makeToken } from "../../../src/local/github/token.ts";
import type { SealedPurpose } from "../../../src/worker/sign-in/sealed-values.ts";
import { holdForAnyInput, timeoutMs } from "../../support/any-input.ts";
import { githubClientId } from "../worker/config/sign-in-environment.ts";
import {
  argocdSecret,
  argocdUri,
  basic,
  challenge,
  eightHours,
  FakeGitHub,
  issuerUrl,
  loopbackUri,
  startSignIn,
  verifier,
} from "../worker/sign-in/support/app.ts";
import { clusterTable } from "../worker/support.ts";

/** Whom each client admits, by the account's number. */
const admitted: Readonly<Record<string, string>> = {
  production: "583231",
  staging: "583231",
  argocd: "583231",
  others: "2",
};
const exchanging = ["production", "others"];
const names = Object.keys(admitted);
const clients = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...names) },
  fc.constantFrom("nowhere", "constructor", ""),
);
const redirectUris: Readonly<Record<string, readonly string[]>> = {
  production: [loopbackUri],
  staging: [loopbackUri],
  others: [loopbackUri],
  argocd: [argocdUri],
};

/** Which purpose and client a value was sealed for, or the owner of a GitHub token. */
interface Credential {
  readonly text: string;
  readonly purpose: SealedPurpose | "github";
  readonly client: string;
}

const owners = {
  octocat: { login: "octocat", id: 583231, type: "User" },
  hubot: { login: "hubot", id: 2, type: "User" },
  acme: { login: "acme", id: 583231, type: "Organization" },
  outsider: { login: "outsider", id: 7, type: "User" },
} as const;
const ownerNames = fc.constantFrom("octocat", "octocat", "octocat", "hubot", "acme", "outsider", "no one", "revoked");
const purposes = ["code", "refresh_token", "access_token", "device_code", "session", "transaction", "consent"] as const;

function startApp() {
  const github = new FakeGitHub();
  const others = { sign_in: true, exchange: true, client_certificates: undefined, allow: ["user:hubot#2"] };
  const app = startSignIn({ CLUSTER_OTHERS: clusterTable(others) }, github);
  function gitHubToken(owner: string, kind: "app" | "classic" = "app"): string {
    const account = Object.entries(owners).find(([name]) => name === owner)?.[1];
    return account === undefined ? makeToken(kind) : github.addToken(kind, account);
  }

  /** One of everything that the provider gives out for a client and a GitHub token. */
  async function credentialsOf(client: string, owner: string, transactionId: string): Promise<Credential[]> {
    const token = gitHubToken(owner);
    const nowSeconds = app.clock.nowMs / 1000;
    const redirectUri = redirectUris[client]?.[0] ?? "https://evil.test/";
    const request = { redirectUri, state: "s", nonce: "n", challenge, needsSecret: client === "argocd" };
    const user = { token, tokenEndsAt: nowSeconds + eightHours, isShared: false, needsSecret: client === "argocd" };
    const values = {
      code: { ...request, ...user, id: randomBytes(16).toString("base64url") },
      refresh_token: user,
      access_token: { ...user, client },
      device_code: {
        githubDeviceCode: randomBytes(9).toString("hex"),
        startedAt: nowSeconds - 60,
        intervalSeconds: 5,
      },
      session: { ...user, login: owner },
      transaction: { ...request, id: transactionId, client, githubVerifier: verifier },
      consent: { ...request, ...user, client, browser: "this-browser" },
    };
    const isBoundInside = ["access_token", "session", "transaction", "consent"];
    const sealed = purposes.map(async (purpose): Promise<Credential> => {
      const boundTo = isBoundInside.includes(purpose) ? "" : client;
      return { purpose, client, text: await app.sealer.seal(purpose, boundTo, values[purpose], nowSeconds + 60) };
    });
    return [...(await Promise.all(sealed)), { purpose: "github", client: "", text: gitHubToken(owner, "classic") }];
  }
  return { app, github, gitHubToken, credentialsOf };
}

const formType = "application/x-www-form-urlencoded";
const paths = ["/authorize", "/callback", "/consent", "/token", "/userinfo", "/revoke", "/device_authorization"];
const oddPaths = [
  "/sign-out",
  "/healthz",
  "/.well-known/openid-configuration",
  "/.well-known/jwks.json",
  "/authenticate",
];
const odderPaths = [
  "/",
  "/token/",
  "//token",
  "/%74oken",
  "/TOKEN",
  "/token;x",
  "/x/../token",
  "/token%2f",
  "/used-codes/x",
];
const parameterNames = [
  ...["client_id", "client_secret", "code", "code_verifier", "refresh_token", "device_code", "subject_token", "token"],
  ...["access_token", "audience", "redirect_uri", "grant_type", "form", "choice", "state", "error", "scope", "prompt"],
  ...["code_challenge", "code_challenge_method", "response_type", "response_mode", "login_hint", "actor_token"],
];
const text = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.constantFrom("%", "%ff", "\r\nSet-Cookie: x=1", "https://evil.test/", "//evil.test", "x".repeat(17_000), ""),
  fc.constantFrom(argocdUri, loopbackUri, "http://localhost:1/", "plain", "none", "sign_in", "b".repeat(43)),
);
const tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange";
const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

/** A request that is right, where its client and owner are: path and parameters, by the credentials that it needs. */
type Way = (
  textOf: (purpose: Credential["purpose"]) => string,
  client: string,
  transactionId: string,
) => readonly [string, Record<string, string>];
const redirectOf = (client: string) => redirectUris[client]?.[0] ?? "";
const ways: readonly Way[] = [
  (textOf, client) => [
    "/token",
    {
      ...{ grant_type: "authorization_code", client_id: client, redirect_uri: redirectOf(client) },
      ...{
        code: textOf("code"),
        code_verifier: verifier,
        ...(client === "argocd" ? { client_secret: argocdSecret } : {}),
      },
    },
  ],
  (textOf, client) => [
    "/token",
    {
      ...{ grant_type: "refresh_token", client_id: client, refresh_token: textOf("refresh_token") },
      ...(client === "argocd" ? { client_secret: argocdSecret } : {}),
    },
  ],
  (textOf, client) => ["/token", { grant_type: deviceGrant, client_id: client, device_code: textOf("device_code") }],
  (textOf, client) => [
    "/token",
    {
      ...{ grant_type: tokenExchange, subject_token: textOf("github"), audience: client },
      subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
    },
  ],
  (_, client) => [
    "/authorize",
    {
      ...{ response_type: "code", client_id: client, redirect_uri: redirectOf(client), state: "s", nonce: "n" },
      ...{ code_challenge: challenge, code_challenge_method: "S256" },
    },
  ],
  (_textOf, _client, transactionId) => ["/callback", { code: "x", state: transactionId }],
  (textOf) => ["/consent", { form: textOf("consent"), choice: "sign_in" }],
  (textOf) => ["/userinfo", { access_token: textOf("access_token") }],
  (textOf, client) => ["/revoke", { token: textOf("refresh_token"), client_id: client }],
  (_, client) => ["/device_authorization", { client_id: client }],
  () => ["/sign-out", {}],
];

function rarely<Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> {
  return fc.oneof({ weight: 24, arbitrary: fc.constant(null) }, arbitrary);
}

const request = fc.record({
  way: fc.oneof(fc.constantFrom(...ways.slice(0, 2)), fc.constantFrom(...ways)),
  client: clients,
  owner: ownerNames,
  /** Where it takes credentials of another client or person. */
  otherClient: fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, clients),
  /** One parameter of the right request that is absent, or another. */
  spoiled: fc.oneof(
    { weight: 2, arbitrary: fc.constant(null) },
    fc.record({ index: fc.nat(), value: fc.option(text) }),
  ),
  otherPurpose: rarely(fc.constantFrom(...purposes, "github" as const)),
  path: rarely(fc.constantFrom(...paths, ...oddPaths, ...odderPaths)),
  method: rarely(fc.constantFrom("GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE", "PATCH")),
  changes: fc.oneof(
    { weight: 6, arbitrary: fc.constant([]) },
    fc.array(fc.tuple(fc.constantFrom(...parameterNames), text), { maxLength: 2 }),
  ),
  twice: rarely(fc.constantFrom(...parameterNames)),
  contentType: rarely(fc.constantFrom("application/json", "text/plain", "", `${formType};charset=utf-16`)),
  isStream: fc.boolean(),
  authorization: rarely(
    fc.constantFrom(
      "Bearer x",
      ...[basic("argocd", argocdSecret), basic("production", ""), basic("argocd", "x")].map(
        (one) => one.authorization ?? "",
      ),
    ),
  ),
  hasCookies: fc.boolean(),
  site: rarely(fc.constantFrom("same-origin", "cross-site", "none")),
  /** How GitHub feels. */
  gitHub: fc.constantFrom("well", "well", "well", "down", "refuses", "lies"),
});

test("for any request, what is given out is an admitted identity's, for one existing client", {
  timeout: timeoutMs,
}, async () => {
  const { app, github, gitHubToken, credentialsOf } = startApp();
  const counts = { tokens: 0, codes: 0, redirects: 0, pages: 0 };
  await holdForAnyInput(
    "requests to the sign-in hostname",
    fc.asyncProperty(request, async (asked) => {
      // Long enough that a Worker that has seen GitHub down asks it again.
      app.clock.nowMs += 120_000;
      const transactionId = randomBytes(16).toString("base64url");
      const credentials = await credentialsOf(asked.otherClient ?? asked.client, asked.owner, transactionId);
      const credential = (purpose: Credential["purpose"]) =>
        credentials.find((one) => one.purpose === (asked.otherPurpose ?? purpose));
      const [rightPath, parameters] = asked.way(
        (purpose) => credential(purpose)?.text ?? "",
        asked.client,
        transactionId,
      );
      const codeOwner = gitHubToken(asked.owner);
      github.isDown = asked.gitHub === "down";
      github.tokenAnswer =
        asked.gitHub === "well"
          ? { access_token: codeOwner, expires_in: 28_800 }
          : { error: asked.gitHub === "lies" ? "constructor" : "bad_verification_code" };

      const path = asked.path ?? rightPath;
      const method = asked.method ?? (["/authorize", "/callback"].includes(rightPath) ? "GET" : "POST");
      const fields = new URLSearchParams({ ...parameters, ...Object.fromEntries(asked.changes) });
      const parameterKeys = Object.keys(parameters);
      const spoiledName =
        asked.spoiled === null ? undefined : parameterKeys[asked.spoiled.index % parameterKeys.length];
      if (spoiledName !== undefined) fields.delete(spoiledName);
      if (spoiledName !== undefined && asked.spoiled?.value) fields.append(spoiledName, asked.spoiled.value);
      if (asked.twice !== null) fields.append(asked.twice, "x");
      const isQuery = !["POST", "PUT", "PATCH"].includes(method);
      const bytes = new TextEncoder().encode(fields.toString());
      const stream = new ReadableStream({
        start(controller) {
          controller.enqueue(bytes);
          controller.close();
        },
      });
      const sealedCookie = (purpose: SealedPurpose) => credentials.find((one) => one.purpose === purpose)?.text ?? "";
      const cookie = `__Host-browser=this-browser; __Host-session=${sealedCookie("session")}; __Host-sign-in-${transactionId}=${sealedCookie("transaction")}`;
      const headers = {
        "cf-connecting-ip": "203.0.113.7",
        ...(isQuery ? {} : { "content-type": asked.contentType ?? formType }),
        ...(asked.authorization === null ? {} : { authorization: asked.authorization }),
        ...(asked.hasCookies ? { cookie } : {}),
        ...(asked.site === null ? {} : { "sec-fetch-site": asked.site }),
      };
      const init = { method, headers, ...(isQuery ? {} : { body: asked.isStream ? stream : bytes, duplex: "half" }) };
      const response = await app.send(isQuery ? `${path}?${fields}` : path, init as RequestInit);
      const body = await response.text();
      await app.settled();

      expect(response.status).not.toBe(500);
      const out = `${body}\n${JSON.stringify([...response.headers])}`;
      const written = [...app.lines.splice(0), ...app.errors.splice(0)].join("\n");
      const secrets = [...credentials.filter(({ purpose }) => purpose === "github").map((one) => one.text), codeOwner];
      for (const secret of [...secrets, argocdSecret]) expect(`${out}\n${written}`).not.toContain(secret);
      expect(written).not.toMatch(/an exception/);
      for (const { text: sealed } of credentials) expect(written).not.toContain(sealed);
      if (response.headers.has("access-control-allow-origin")) expect(path).toMatch(/^\/\.well-known\//);
      if (out.includes("eyJ") || response.status === 303 || body.includes("<form")) {
        expect(response.headers.get("cache-control")).toBe("no-store");
      }

      for (const [jwt] of out.matchAll(/eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+/g)) {
        counts.tokens += 1;
        expect([method, new URL(path, issuerUrl).pathname]).toEqual([
          "POST",
          expect.stringMatching(/^\/(token|%74oken)$/),
        ]);
        const audience: unknown = JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString()).aud;
        const { payload } = await app.claimsOf(jwt, String(audience));
        expect(payload.sub).toBe(admitted[String(audience)]);
        expect(payload.username).toMatch(/^(octocat:583231|hubot:2)$/);
        expect(payload).toMatchObject({ groups: [], door: "sign-in", credential_id: expect.stringMatching(/^GITHUB/) });
        expect(payload.exp).toBeGreaterThan(payload.iat ?? Number.POSITIVE_INFINITY);
        const grant = fields.get("grant_type");
        if (grant === tokenExchange) expect(exchanging).toContain(audience);
        else
          expect([audience, audience]).toEqual([
            fields.get("client_id") ?? audience,
            asked.otherClient ?? asked.client,
          ]);
        const presented = credentials.filter(({ text: one }) => [...fields.values()].includes(one));
        const wanted: Record<string, string> = {
          authorization_code: "code",
          refresh_token: "refresh_token",
          [deviceGrant]: "device_code",
          [tokenExchange]: "github",
        };
        expect(presented.map(({ purpose }) => purpose)).toContain(wanted[grant ?? ""]);
        if (grant === "authorization_code") expect(fields.get("code_verifier")).toBe(verifier);
        if (audience === "argocd") expect(fields.get("client_secret") ?? asked.authorization).toMatch(/./);
      }

      if (body.includes("<form")) counts.pages += 1;
      const location = response.headers.get("location");
      if (location === null) return;
      counts.redirects += 1;
      const { origin, pathname, searchParams } = new URL(location);
      if (origin === "https://github.com") {
        expect([pathname, searchParams.get("client_id")]).toEqual(["/login/oauth/authorize", githubClientId]);
        expect(searchParams.get("redirect_uri")).toBe(`${issuerUrl}/callback`);
        return;
      }
      if (origin === issuerUrl) {
        expect([method, pathname]).toEqual(["POST", "/authorize"]);
        return;
      }
      expect(searchParams.get("iss")).toBe(issuerUrl);
      expect([new URL(argocdUri).origin, "http://localhost:8000", "http://localhost:1"]).toContain(origin);
      const code = searchParams.get("code");
      if (code === null) return;
      counts.codes += 1;
      // Before a code goes to a program on this computer, its person has pressed our button.
      if (origin !== new URL(argocdUri).origin) expect(path).toBe("/consent");
      const opened = await Promise.all(
        names.map(async (client) => ({ client, code: await app.sealer.open("code", client, code) })),
      );
      const [found] = opened.filter((one) => one.code.kind === "opened");
      if (found?.code.kind !== "opened") throw new Error("a code that opens for no client");
      expect(`${origin}${pathname}`.replace(/\/$/, "")).toBe(found.code.value.redirectUri.replace(/\/$/, ""));
      // A code from our page is decided about at /token; a silent one was decided about just now.
      if (path !== "/consent")
        expect(String(github.owners.get(found.code.value.token)?.id)).toBe(admitted[found.client]);
    }),
    2_500,
  );
  // Otherwise the property would say nothing.
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(0);
});
