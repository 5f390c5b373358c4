// What the OpenID Foundation's conformance suite asks of a provider, in its plans Config OP and Basic OP: each of its
// tests (their names are in the table) has one here, by oauth4webapi in place of the suite.
//
// | test of the suite | here |
// |---|---|
// | oidcc-discovery-endpoint-verification | "the discovery document", "the key set" |
// | oidcc-server | "signs a person in" |
// | oidcc-server-client-secret-post, oidcc-codereuse, oidcc-refresh-token | grants.test.ts |
// | oidcc-ensure-request-with-valid-pkce-succeeds | "signs a person in" |
// | oidcc-codereuse-30seconds | "is used up also 30 seconds later" in code-grant.test.ts |
// | oidcc-idtoken-signature | each use of `tokensFor` verifies it with the key set |
// | oidcc-response-type-missing | "goes back as an error" |
// | oidcc-ensure-registered-redirect-uri | "stays on a page" |
// | oidcc-ensure-post-request-succeeds | "as a form" |
// | oidcc-userinfo-get, -post-header, -post-body | "userinfo" in grants.test.ts |
// | oidcc-ensure-request-without-nonce-succeeds-for-code-flow | "without a nonce" |
// | oidcc-scope-profile, -email, -address, -phone, -all, oidcc-ensure-other-scope-order-succeeds | "a scope" |
// | oidcc-display-page, -popup, oidcc-ui-locales, oidcc-claims-locales, oidcc-claims-essential | "a parameter" |
// | oidcc-ensure-request-with-acr-values-succeeds, -unknown-parameter-succeeds, oidcc-login-hint | "a parameter" |
// | oidcc-prompt-none-not-logged-in, oidcc-prompt-none-logged-in, oidcc-id-token-hint | "prompt=none" |
// | oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported | "goes back as an error" |
// | oidcc-ensure-request-object-with-redirect-uri, oidcc-request-uri-unsigned | "goes back as an error" |
//
// Not to be met, for GitHub does not authenticate anew, and tells the app neither e-mail address, address nor telephone
// number: oidcc-prompt-login and oidcc-max-age-1 want a second authentication, oidcc-max-age-10000 its time
// (`auth_time`), and of the scopes email, address and phone the claims. What is answered to those is here, too.
import { randomBytes } from "node:crypto";
import * as oauth from "oauth4webapi";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LocalEdge } from "../../support/local-edge.ts";
import { signIn } from "../../support/openid-program.ts";
import { startEdgeWithApplications } from "../support/edge-with-applications.ts";
import {
  type Application,
  authorizationAddress,
  authorize,
  newBrowser,
  openApplication,
  type Parameters,
  parametersOf,
  tokensFor,
  userInfo,
} from "../support/openid-client.ts";

const secret = randomBytes(24).toString("hex");

let edge: LocalEdge;
let stop: () => Promise<void>;
let app: Application;
beforeAll(async () => {
  ({ edge, stop } = await startEdgeWithApplications({ app: secret }));
  app = await openApplication(edge, "app", oauth.ClientSecretBasic(secret));
});
afterAll(() => stop?.());

const get = async (address: string | undefined) => {
  const response = await app.options[oauth.customFetch](address ?? "", {});
  return { headers: response.headers, body: (await response.json()) as unknown };
};

describe("the discovery document", () => {
  it("says what the suite looks for", () => {
    const { server } = app;
    expect(server).toMatchObject({
      issuer: `https://localhost:${edge.signInPort}`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
      code_challenge_methods_supported: ["S256"],
      claims_supported: expect.arrayContaining(["sub", "iss", "aud", "exp", "iat"]),
      scopes_supported: expect.arrayContaining(["openid"]),
      request_uri_parameter_supported: false,
      authorization_response_iss_parameter_supported: true,
    });
    const endpoints = ["authorization", "token", "userinfo", "device_authorization", "revocation"];
    const addresses = [...endpoints.map((name) => server[`${name}_endpoint`]), server.jwks_uri];
    for (const address of addresses) expect(address).toMatch(new RegExp(`^${server.issuer}/`));
  });

  it("is the same at the address of OAuth's own metadata, and may be kept", async () => {
    const [openId, oAuth] = await Promise.all(
      ["openid-configuration", "oauth-authorization-server"].map((name) =>
        get(`${app.server.issuer}/.well-known/${name}`),
      ),
    );
    expect(oAuth?.body).toEqual(openId?.body);
    expect(openId?.headers.get("cache-control")).toBe("public, max-age=300");
  });
});

it("the key set holds no private member, and a key for the one algorithm", async () => {
  const keySchema = v.strictObject({
    ...{ kty: v.literal("RSA"), n: v.string(), e: v.string(), kid: v.string() },
    ...{ alg: v.literal("RS256"), use: v.literal("sig") },
  });
  const { body } = await get(app.server.jwks_uri);
  expect(v.is(v.object({ keys: v.pipe(v.array(keySchema), v.nonEmpty()) }), body)).toBe(true);
});

/** A person signs in, and the application gets right tokens for it. */
async function succeeds(changes: Parameters = {}) {
  const tokens = await tokensFor(app, await authorize(edge, app, changes));
  expect(tokens.claims).toMatchObject({ preferred_username: "mona-manta" });
  return tokens;
}

describe("a request", () => {
  it("signs a person in, and its state comes back byte for byte", async () => {
    const state = "a/+&=%20 \u00e9\u4f60?#";
    const authorization = await authorize(edge, app, { state });
    expect(parametersOf(app, authorization).get("state")).toBe(state);
    const { claims } = await tokensFor(app, authorization);
    expect(claims).toMatchObject({ nonce: authorization.nonce, aud: "app" });
    expect(claims).not.toHaveProperty("auth_time");
  });

  it("signs a person in as a form", async () => {
    const { url, ...begun } = await authorizationAddress(app);
    const browser = await newBrowser(edge);
    const atGitHub = await browser.post(`${url.origin}${url.pathname}`, url.searchParams);
    const end = await browser.submit(atGitHub, "Authorize", { person: "mona-manta" });
    await tokensFor(app, { end, ...begun });
  });

  it("signs a person in without a nonce, and then the ID token has none", async () => {
    const { claims } = await succeeds({ nonce: null });
    expect(claims).not.toHaveProperty("nonce");
  });

  it("signs a person in without a state", async () => {
    await succeeds({ state: null });
  });
});

it.each([
  "openid profile",
  "openid email",
  "openid address",
  "openid phone",
  "profile openid",
  "openid made-up groups",
])("a scope of %s is harmless, and userinfo tells of the person, without an e-mail address", async (scope) => {
  const tokens = await succeeds({ scope });
  const user = await userInfo(app, tokens);
  expect(user).toMatchObject({ sub: tokens.claims.sub, name: "mona-manta" });
  for (const claim of ["email", "address", "phone_number"]) expect(user).not.toHaveProperty(claim);
});

it.each([
  ["display", "page"],
  ["display", "popup"],
  ["ui_locales", "se"],
  ["claims_locales", "se"],
  ["claims", '{"userinfo":{"name":{"essential":true}}}'],
  ["acr_values", "1 2"],
  ["login_hint", "mona@reef.example"],
  ["id_token_hint", "no.token"],
  ["extra", "foobar"],
])("a parameter %s of %s is harmless", async (name, value) => {
  await succeeds({ [name]: value });
});

describe("a request that cannot be met", () => {
  it.each([
    ["invalid_request", { response_type: null }],
    ["unsupported_response_type", { response_type: "id_token" }],
    ["request_not_supported", { request: "x.y.z" }],
    ["request_uri_not_supported", { request_uri: "https://app.acme.test/request.jwt" }],
    ["login_required", { max_age: "1" }],
    ["login_required", { max_age: "10000" }],
    ["login_required", { prompt: "none" }],
  ] as [string, Parameters][])("goes back as an error: %s for %j, with state and iss", async (error, changes) => {
    const authorization = await authorize(edge, app, changes);
    // It checks state and iss first.
    expect(() => parametersOf(app, authorization)).toThrow(
      expect.objectContaining({ name: "AuthorizationResponseError", error }),
    );
  });

  it.each([
    "https://app.acme.test/callback/",
    "https://app.acme.test/callback?x=1",
    "https://APP.acme.test/callback",
    "https://app.acme.test.evil.example/callback",
    "http://app.acme.test/callback",
  ])("stays on a page without a link where redirect_uri is %s", async (address) => {
    const { end } = await authorize(edge, app, { redirect_uri: address });
    expect(end).toMatchObject({ kind: "page", status: 400 });
    expect(end.kind === "page" && end.html).not.toMatch(/<a |<form/);
  });

  it("goes to GitHub's choice of accounts for prompt=login, and tells no time of an authentication", async () => {
    const { claims } = await succeeds({ prompt: "login" });
    expect(claims).not.toHaveProperty("auth_time");
  });
});

describe("prompt=none", () => {
  it("gives a code to a browser that is signed in, for the same person alone", async () => {
    const browser = await newBrowser(edge);
    const { claims, idToken } = await tokensFor(app, await authorize(edge, app, {}, { browser }));
    for (const hint of [{}, { id_token_hint: idToken }]) {
      const silent = await authorize(edge, app, { prompt: "none", ...hint }, { browser });
      expect((await tokensFor(app, silent)).claims.sub).toBe(claims.sub);
    }
    const { idToken: ofOther } = await tokensFor(app, await authorize(edge, app, {}, { person: "otto-inkwell" }));
    const { url, state } = await authorizationAddress(app, { prompt: "none", id_token_hint: ofOther });
    const end = await signIn(browser, url.href, "mona-manta");
    expect(() => parametersOf(app, { end, state, verifier: "", nonce: "" })).toThrow(
      expect.objectContaining({ error: "login_required" }),
    );
  });
});
