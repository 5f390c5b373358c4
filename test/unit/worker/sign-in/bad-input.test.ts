// Requests that no right program sends, at every route that takes a form; and the property that holds for all of them:
// nothing is signed but a complete, admitted identity for one existing client.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeToken } from "../../../../src/local/github/token.ts";
import { clusterTable } from "../support.ts";
import {
  argocdSecret,
  argocdUri,
  basic,
  expectError,
  FakeGitHub,
  loopbackUri,
  startSignIn,
  verifier,
} from "./support/app.ts";

const formType = { "content-type": "application/x-www-form-urlencoded" };
const paths = ["/token", "/revoke", "/device_authorization"];

describe.each(paths)("%s refuses", (path) => {
  const post = (body: RequestInit["body"], headers: Record<string, string> = formType) => {
    const app = startSignIn();
    return app.ask(path, { method: "POST", body, headers, duplex: "half" } as RequestInit);
  };

  test.each([
    ["JSON", "application/json", '{"client_id":"production"}'],
    ["a form of parts", "multipart/form-data; boundary=x", "--x--"],
    ["plain text", "text/plain", "client_id=production"],
    ["no type at all", "", "client_id=production"],
    ["a type that only begins like a form", "application/x-www-form-urlencoded-not", "client_id=production"],
  ])("%s", async (_, type, body) => {
    const bytes = new TextEncoder().encode(body);
    expectError(await post(bytes, type === "" ? {} : { "content-type": type }), "invalid_request");
  });

  test.each([
    ["a parameter that is there twice", "client_id=production&client_id=production"],
    ["one that is there twice, once empty", "client_id=production&client_id="],
    ["an unknown one that is there twice", "client_id=production&x=1&x=2"],
    ["a percent sign alone", "client_id=production&code=%"],
    ["bytes that are no UTF-8", "client_id=production&code=%ff"],
    ["a name that is no UTF-8", "client_id=production&%ff=1"],
    ["a value without a name", "client_id=production&=1"],
  ])("%s", async (_, body) => {
    expectError(await post(body), "invalid_request");
  });

  test("raw bytes that are no UTF-8", async () => {
    expectError(await post(new Uint8Array([0x61, 0x3d, 0xff])), "invalid_request");
  });

  test("more than 16 KB, declared or not", async () => {
    const big = `client_id=production&x=${"a".repeat(16 * 1024)}`;
    expectError(await post(big), "invalid_request");
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(big));
        controller.close();
      },
    });
    expectError(await post(stream), "invalid_request");
  });

  test("a body that breaks off", async () => {
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("client_id=production&tok"));
        controller.error(new Error("the connection broke"));
      },
    });
    expectError(await post(stream), "invalid_request");
  });

  test("an empty body", async () => {
    const answer = await post("");
    expect([400, 401]).toContain(answer.status);
    expectError(answer, path === "/token" ? "invalid_request" : "invalid_client", path === "/token" ? 400 : 401);
  });

  test("not a charset that is named beside the right type", async () => {
    const answer = await post("client_id=nowhere&grant_type=refresh_token&token=x", {
      "content-type": "Application/X-WWW-Form-URLEncoded ; charset=utf-8",
    });
    expectError(answer, "invalid_client", 401);
  });
});

test.each(["password", "client_credentials", "implicit", "constructor", "refresh_token "])(
  "the grant type %j is unsupported",
  async (grantType) => {
    const { post } = startSignIn();
    expectError(await post("/token", { client_id: "production", grant_type: grantType }), "unsupported_grant_type");
  },
);

test.each(["constructor", "__proto__", "toString"])("the client %j does not exist", async (name) => {
  const { post } = startSignIn();
  const form = { client_id: name, grant_type: "refresh_token", refresh_token: "x" };
  expectError(await post("/token", form), "invalid_client", 401);
});

test("a client cannot choose what the ID token says", async () => {
  const { redeem, codeOf, claimsOf } = startSignIn();
  const form = { scope: "admin", groups: "system:masters", username: "root", audience: "staging", nonce: "other" };
  const { payload } = await claimsOf((await redeem(await codeOf(), form)).body.id_token);
  expect(payload).toMatchObject({ aud: "production", username: "octocat:583231", groups: [], nonce: "n-0S6_WzA2Mj" });
});

describe("for any request to a route for programs", () => {
  test("nothing is signed but a complete identity that the policy of one existing client admits", async () => {
    const github = new FakeGitHub();
    const app = startSignIn(
      {
        CLUSTER_OTHERS: clusterTable({
          sign_in: true,
          exchange: true,
          client_certificates: undefined,
          allow: ["user:hubot#2"],
        }),
      },
      github,
    );
    // Made anew for each request: one before may have ended it.
    const owners = [
      () => github.addToken("app"),
      () => github.addToken("app"),
      () => github.addToken("app", { login: "hubot", id: 2, type: "User" }),
      () => github.addToken("app", { login: "acme", id: 3, type: "Organization" }),
      () => github.addToken("classic"),
      () => makeToken("app"),
    ];
    const admitted: Readonly<Record<string, string>> = {
      production: "583231",
      staging: "583231",
      argocd: "583231",
      others: "2",
    };
    const clients = [...Object.keys(admitted), "nowhere", ""];
    const clientNames = fc.constantFrom(...clients);
    const owned = fc.constantFrom(...owners).map((make) => make());
    const text = fc.oneof(fc.string({ maxLength: 60 }), fc.constantFrom("a.b.c", "%", "&", "="));
    const sealing = fc.record({ client: clientNames, token: owned, needsSecret: fc.boolean() });
    const codes = sealing.map(({ client, ...changes }) => app.codeOf(changes, client));
    const refreshTokens = sealing.map(({ client, ...changes }) => app.refreshTokenOf(changes, client));
    const credentials = fc.oneof(codes, refreshTokens, owned, text);

    // A request that may be right, and up to two things that make it another one.
    const grants = fc.oneof(
      sealing.map(({ client, ...changes }) => ({
        grant_type: "authorization_code",
        client_id: client,
        code: app.codeOf(changes, client),
        redirect_uri: loopbackUri,
        code_verifier: verifier,
      })),
      sealing.map(({ client, ...changes }) => ({
        grant_type: "refresh_token",
        client_id: client,
        refresh_token: app.refreshTokenOf(changes, client),
      })),
      fc.record({
        grant_type: fc.constant("urn:ietf:params:oauth:grant-type:token-exchange"),
        subject_token: owned,
        subject_token_type: fc.constant("urn:ietf:params:oauth:token-type:access_token"),
        audience: clientNames,
      }),
      fc.record({ token: credentials, client_id: clientNames }),
    );
    const names = ["code", "refresh_token", "device_code", "subject_token", "token", "access_token", "client_id"];
    const others = ["client_secret", "grant_type", "audience", "redirect_uri", "code_verifier", "scope", "actor_token"];
    const changes = fc.array(
      fc.tuple(
        fc.constantFrom(...names, ...others),
        fc.oneof(credentials, clientNames, text, fc.constantFrom(argocdSecret, argocdUri, "https://evil.test/")),
      ),
      { maxLength: 2 },
    );
    const form = fc.tuple(grants, changes).map(([grant, more]) => ({ ...grant, ...Object.fromEntries(more) }));
    const path = fc.oneof(
      { weight: 10, arbitrary: fc.constant("/token") },
      fc.constantFrom("/revoke", "/userinfo", "/device_authorization", "/consent"),
    );
    const headers = fc.oneof(
      { weight: 5, arbitrary: fc.constant({}) },
      fc.constantFrom(basic("argocd", argocdSecret), basic("production", ""), basic("argocd", "x")),
    );
    let signed = 0;
    await fc.assert(
      fc.asyncProperty(path, form, headers, async (to, fields, more) => {
        const settled = Object.fromEntries(
          await Promise.all(Object.entries(fields).map(async ([name, value]) => [name, await value] as const)),
        );
        const response = await app.send(to, {
          method: "POST",
          body: new URLSearchParams(settled).toString(),
          headers: { ...formType, ...more },
        });
        expect(response.headers.get("location")).toBeNull();
        const body = await response.text();
        expect(response.status).not.toBe(500);
        for (const [jwt] of body.matchAll(/eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+/g)) {
          signed += 1;
          expect(to).toBe("/token");
          const [, part = ""] = jwt.split(".");
          const { aud } = JSON.parse(Buffer.from(part, "base64url").toString());
          const { payload } = await app.claimsOf(jwt, aud);
          expect(Object.keys(admitted)).toContain(payload.aud);
          expect(payload.sub).toBe(admitted[aud]);
          expect(payload.username).toMatch(/^[A-Za-z0-9-]+:\d+$/);
          expect(payload.groups).toEqual([]);
          expect(payload.exp).toBeGreaterThan(payload.iat ?? Number.POSITIVE_INFINITY);
        }
      }),
      { numRuns: 1_500 },
    );
    // Otherwise the property would say nothing.
    expect(signed).toBeGreaterThan(10);
  });
});
