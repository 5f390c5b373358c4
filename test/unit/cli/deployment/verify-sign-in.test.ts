// What the sign-in hostname may answer, and what stands in its place: each fault by itself.
import { describe, expect, test } from "vitest";
import {
  faultInCallback,
  faultInDiscovery,
  faultInKeys,
  faultInPlace,
  faultInReview,
} from "../../../../src/cli/deployment/verify-sign-in.ts";
import type { HttpsResponse } from "../../../../src/node/https.ts";

const issuerUrl = "https://login.acme.dev";
const publicHeaders = {
  "content-type": "application/json",
  "cache-control": "public, max-age=300",
  "access-control-allow-origin": "*",
};
const document = {
  issuer: issuerUrl,
  authorization_endpoint: `${issuerUrl}/authorize`,
  token_endpoint: `${issuerUrl}/token`,
  jwks_uri: `${issuerUrl}/.well-known/jwks.json`,
};
const key = { kty: "RSA", kid: "one", n: "AQ", e: "AQAB", alg: "RS256", use: "sig" };

function answer(status: number, body: unknown, headers: Record<string, string> = publicHeaders): HttpsResponse {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { kind: "answered", status, headers, body: text, durationMs: 1 };
}

const discovery = (change: object = {}, headers = publicHeaders) =>
  faultInDiscovery(answer(200, { ...document, ...change }, headers), issuerUrl);
const keys = (list: unknown, headers = publicHeaders) => faultInKeys(answer(200, { keys: list }, headers));

describe("the discovery document", () => {
  test("is right with this issuer, its own addresses, some minutes of caching and open CORS", () => {
    expect(discovery()).toBeNull();
  });

  test.each([
    ["with another host", "https://login.acme.dev.attacker.test"],
    ["with a slash behind it", "https://login.acme.dev/"],
    ["in capitals", "https://LOGIN.acme.dev"],
  ])("is wrong with the issuer %s: clusters compare letter by letter", (_what, issuer) => {
    expect(discovery({ issuer })?.seen).toContain(`names the issuer ${issuer}`);
  });

  test("is wrong where it leads to another host", () => {
    const jwks_uri = "https://login.acme.dev.attacker.test/keys";
    expect(discovery({ jwks_uri })?.seen).toContain(`leads to ${jwks_uri}`);
  });

  test.each(["", "no-store", "private, max-age=300", "public", "public, max-age=0", "public, max-age=86400"])(
    "is wrong with the Cache-Control “%s”",
    (caching) => {
      expect(discovery({}, { ...publicHeaders, "cache-control": caching })?.seen).toContain(`“${caching}”`);
    },
  );

  test("is wrong where pages of other origins may not read it", () => {
    expect(discovery({}, { ...publicHeaders, "access-control-allow-origin": issuerUrl })?.seen).toContain("CORS");
  });

  test.each([
    [503, { error: "temporarily_unavailable", error_description: "The configuration of this service is wrong" }],
    [200, { issuer: 7 }],
    [200, "<html>parked</html>"],
    [404, { kind: "Status" }],
  ])("is wrong as %i %j", (status, body) => {
    expect(faultInDiscovery(answer(status, body), issuerUrl)?.seen).toContain(`answered ${status}`);
  });
});

describe("the keys", () => {
  test("are right with one public key or more", () => {
    expect(keys([key])).toBeNull();
    expect(keys([key, { ...key, kid: "two" }])).toBeNull();
  });

  test("are wrong where there is none", () => {
    expect(keys([])?.seen).toContain("answered 200");
    expect(keys([{ kty: "RSA" }])?.seen).toContain("answered 200");
  });

  test.each(["d", "p", "q", "dp", "dq", "qi"])("are wrong with %s, which is of the private key", (member) => {
    expect(keys([{ ...key, [member]: "AQ" }])?.seen).toContain("shows a private key");
  });

  test("are wrong without caching", () => {
    expect(keys([key], { ...publicHeaders, "cache-control": "no-store" })?.seen).toContain("Cache-Control");
  });
});

describe("the callback", () => {
  const html = { "content-type": "text/html; charset=utf-8", "content-security-policy": "default-src 'none'" };

  test("is a page of ours", () => {
    expect(faultInCallback(answer(200, "<!doctype html>", html))).toBeNull();
  });

  test("is wrong as another page, or as none", () => {
    expect(faultInCallback(answer(200, "parked", { "content-type": "text/html" }))?.seen).toContain("not a page");
    expect(faultInCallback(answer(404, { kind: "Status" }))?.seen).toContain("answered 404");
  });
});

test.each([200, 401, 403, 500])("a review is refused there with 404, not %i", (status) => {
  expect(faultInReview(answer(404, { kind: "Status" }))).toBeNull();
  expect(faultInReview(answer(status, { kind: "TokenReview" }))?.seen).toContain("not 404");
});

describe("in the place of each document", () => {
  const html = { "content-type": "text/html; charset=UTF-8" };
  const problem = (code: number) => ({ cloudflare_error: true, error_code: code });
  const pageOf = (code: number) => `<!DOCTYPE html><html><span>Error</span> <span>${code}</span></html>`;
  const inPlace: readonly (readonly [string, HttpsResponse, string])[] = [
    ["nothing", { kind: "failed", why: "ENOTFOUND (there is no such name)" }, "cannot be reached: ENOTFOUND"],
    ["a challenge", answer(403, "", { ...html, "cf-mitigated": "challenge" }), "only a browser can pass"],
    ["a redirect", answer(302, "", { location: "https://acme.cloudflareaccess.com/" }), "a redirect (HTTP 302)"],
    ...[1015, 1016, 1020, 1027, 1101, 1102].flatMap((code) => [
      [`${code} as a page`, answer(429, pageOf(code), html), `error code ${code}`] as const,
      [`${code} as JSON`, answer(429, problem(code)), `error code ${code}`] as const,
    ]),
  ];

  test.each(inPlace)("%s is said as such", (_what, response, seen) => {
    const faults = [
      faultInPlace(response),
      faultInDiscovery(response, issuerUrl),
      faultInKeys(response),
      faultInCallback(response),
      faultInReview(response),
    ];
    for (const fault of faults) expect(fault?.seen).toContain(seen);
  });

  test("its own rate-limiting rule is no reason to take it out of that", () => {
    expect(faultInPlace(answer(429, problem(1015)))?.hint).toContain("wait ten seconds");
    expect(faultInPlace(answer(429, problem(1027)))?.hint).toContain("paid plan");
  });

  test("the Worker's own answers are none of these", () => {
    expect(faultInPlace(answer(404, { kind: "Status" }))).toBeNull();
    expect(faultInPlace(answer(503, { error: "temporarily_unavailable" }))).toBeNull();
  });
});
