import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isAllowedRedirect, isLoopback, withParameters } from "../../../../src/worker/sign-in/redirect-uri.ts";
import { argocd, client, production } from "./support/provider.ts";

describe("a cluster", () => {
  test.each([
    "http://localhost:8000",
    "http://localhost:18000/",
    "http://127.0.0.1:1",
    "http://[::1]:65535/",
    "http://localhost",
    "https://headlamp.example.com/oidc-callback",
  ])("may be sent to %s", (redirectUri) => {
    expect(isAllowedRedirect(production, redirectUri)).toBe(true);
  });

  test.each([
    "https://headlamp.example.com/oidc-callback/",
    "https://headlamp.example.com/oidc-callback?x=1",
    "https://headlamp.example.com:443/oidc-callback",
    "https://headlamp.example.com./oidc-callback",
    "https://HEADLAMP.example.com/oidc-callback",
    "http://headlamp.example.com/oidc-callback",
    "https://headlamp.example.com/oidc-callback#",
    "https://headlamp.example.com@evil.example/oidc-callback",
    "https:headlamp.example.com/oidc-callback",
    "https://headlamp.example.com\\@evil.example/oidc-callback",
    "https://headlamp.example.com/%6fidc-callback",
    "https://localhost:8000",
    "HTTP://localhost:8000",
    "http://LOCALHOST:8000",
    "http://localhost.:8000",
    "http://localhost:8000/other",
    "http://localhost:8000/?x=1",
    "http://localhost:8000#x",
    "http://localhost:08000",
    "http://localhost:0",
    "http://localhost:65536",
    "http://localhost:8000@evil.example",
    "http://user@localhost:8000",
    "http://localhost.evil.example:8000",
    "http://127.0.0.2:8000",
    "http://127.1:8000",
    "http://0.0.0.0:8000",
    "http://[::ffff:127.0.0.1]:8000",
    "http://[0:0:0:0:0:0:0:1]:8000",
    "http://localhost:8000 ",
    " http://localhost:8000",
    "http://localhost:8000\n",
    "urn:ietf:wg:oauth:2.0:oob",
    "javascript:alert(1)",
    "",
  ])("may not be sent to %j", (redirectUri) => {
    expect(isAllowedRedirect(production, redirectUri)).toBe(false);
  });
});

describe("an application", () => {
  test("takes a listed loopback address at every port, and no other path", () => {
    expect(isAllowedRedirect(argocd, "http://localhost:8085/auth/callback")).toBe(true);
    expect(isAllowedRedirect(argocd, "http://localhost/auth/callback")).toBe(true);
    expect(isAllowedRedirect(argocd, "http://localhost:8085")).toBe(false);
    expect(isAllowedRedirect(argocd, "http://127.0.0.1:8085/auth/callback")).toBe(false);
  });

  test("takes only the listed port where one is listed", () => {
    const one = client("one", { kind: "application", redirectUris: ["http://localhost:8085/auth/callback"] });
    expect(isAllowedRedirect(one, "http://localhost:8085/auth/callback")).toBe(true);
    expect(isAllowedRedirect(one, "http://localhost:8086/auth/callback")).toBe(false);
  });
});

test("what a cluster takes without listing it, an URL parser takes for loopback, too", () => {
  const parts = [
    "http://",
    "https://",
    "localhost",
    "127.0.0.1",
    "[::1]",
    "evil.example",
    ":",
    "8000",
    "/",
    "@",
    "\\",
    ".",
  ];
  const text = fc.array(fc.oneof(fc.constantFrom(...parts), fc.string({ maxLength: 2 })), { maxLength: 6 });
  fc.assert(
    fc.property(
      text.map((all) => `http://localhost${all.join("")}`),
      (uri) => {
        if (!isAllowedRedirect(production, uri)) return;
        expect(isLoopback(uri)).toBe(true);
        const { protocol, hostname, username, search, hash } = new URL(uri);
        expect([protocol, hostname, username + search + hash]).toEqual(["http:", "localhost", ""]);
      },
    ),
    { numRuns: 2000 },
  );
});

test("parameters go behind those that an address has already", () => {
  expect(withParameters("https://a.example/x?y=1", { state: "a b&c", code: null })).toBe(
    "https://a.example/x?y=1&state=a+b%26c",
  );
});
