import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isRedirectUri } from "../../../../src/worker/config/redirect-uri.ts";

describe("a redirect URI may be", () => {
  test.each([
    "https://headlamp.acme.test/oidc-callback",
    "https://acme.test",
    "https://acme.test/",
    "https://acme.test:8443/oauth2/callback",
    "https://acme.test/callback?tenant=1",
    "https://localhost:9000/callback",
    "https://auth.cloud.google/signin-callback/locations/global/workforcePools/POOL/providers/PROVIDER",
    "https://xn--bcher-kva.test/cb",
    "http://localhost",
    "http://localhost:8000",
    "http://localhost/auth/callback",
    "http://127.0.0.1:18000/",
    "http://[::1]:8000/callback",
    `https://acme.test/${"a".repeat(494)}`,
  ])("%s", (text) => {
    expect(isRedirectUri(text)).toBe(true);
  });
});

describe("a redirect URI must not", () => {
  test.each([
    ["be plain http to another machine", "http://headlamp.acme.test/oidc-callback"],
    ["be plain http to a name that begins like this machine's", "http://localhost.acme.test/"],
    ["be plain http to an address beside loopback", "http://128.0.0.1/"],
    ["have upper case in its scheme", "HTTPS://acme.test/cb"],
    ["have upper case in its host", "https://Acme.test/cb"],
    ["have a dot behind its host", "https://acme.test./cb"],
    ["have a fragment", "https://acme.test/cb#x"],
    ["have an empty fragment", "https://acme.test/cb#"],
    ["have a user", "https://user@acme.test/cb"],
    ["have a user and a password", "https://user:word@acme.test/cb"],
    ["have an empty user", "https://@acme.test/cb"],
    ["have a backslash, which browsers take for a slash", "https://acme.test\\@evil.test/cb"],
    ["have a wildcard as its host", "https://*.acme.test/cb"],
    ["have a wildcard in its path", "https://acme.test/*"],
    ["have the port that goes without saying", "https://acme.test:443/cb"],
    ["have a way up in its path", "https://acme.test/a/../cb"],
    ["have an encoded way up in its path", "https://acme.test/a/%2e%2e/cb"],
    ["lack its slashes", "https:acme.test/cb"],
    ["have too many slashes", "https:///acme.test/cb"],
    ["be relative", "/cb"],
    ["lack its scheme", "//acme.test/cb"],
    ["be of another scheme", "com.acme.app://cb"],
    ["run code", "javascript:alert(1)//"],
    ["be data", "data:text/html,x"],
    ["have a blank", "https://acme.test/c b"],
    ["have a line's end", "https://acme.test/cb\n"],
    ["have a tab that browsers drop", "https://ac\tme.test/cb"],
    ["have letters beyond ASCII", "https://acme.test/\u00fc"],
    ["have a host beyond ASCII", "https://b\u00fccher.test/cb"],
    ["be a placeholder", "https://<host>/cb"],
    ["have an address in another spelling", "http://127.1/cb"],
    ["have an address as one number", "http://2130706433/cb"],
    ["be empty", ""],
    ["have more than 512 characters", `https://acme.test/${"a".repeat(495)}`],
  ])("%s: %s", (_, text) => {
    expect(isRedirectUri(text)).toBe(false);
  });
});

test("all that is taken leads to the host that it shows, and to no other", () => {
  const part = fc.string({ unit: fc.constantFrom(..."ab.:/@\\#?%*[]1 \t"), maxLength: 12 });
  fc.assert(
    fc.property(
      fc.constantFrom("https://", "http://", "https:", "http://localhost"),
      part,
      part,
      (start, one, other) => {
        const text = start + one + other;
        if (!isRedirectUri(text)) return;
        const [, host] = /^https?:\/\/([^/?]+)(?:[/?]|$)/.exec(text) ?? [];
        expect(new URL(text).host).toBe(host);
        expect(new URL(text).href.replace(/\/$/, "")).toBe(text.replace(/\/$/, ""));
      },
    ),
    { numRuns: 5000 },
  );
});
