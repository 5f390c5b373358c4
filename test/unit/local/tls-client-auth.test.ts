import { createHash, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { issueCertificate, makeAuthority } from "../../../src/local/certificates/issue.ts";
import { tlsClientAuthOf } from "../../../src/local/tls-client-auth.ts";

const validity = { notBefore: new Date("2026-01-02T03:04:05Z"), notAfter: new Date("2027-11-22T19:39:00Z") };
const authority = await makeAuthority(validity);
const client = new X509Certificate((await issueCertificate(authority, "prod-eu", "client", validity)).certificate);
const authorityCertificate = new X509Certificate(authority.certificate);

it("without a certificate every field holds Cloudflare's placeholder", () => {
  // Node reports an error then, too.
  const auth = tlsClientAuthOf({
    certificate: undefined,
    authorized: false,
    authorizationError: "UNABLE_TO_GET_ISSUER_CERT",
  });
  const { certPresented, certVerified, certRevoked, certRFC9440TooLarge, certChainRFC9440TooLarge, ...rest } = auth;
  expect({ certPresented, certVerified, certRevoked }).toEqual({
    certPresented: "0",
    certVerified: "NONE",
    certRevoked: "0",
  });
  expect({ certRFC9440TooLarge, certChainRFC9440TooLarge }).toEqual({
    certRFC9440TooLarge: false,
    certChainRFC9440TooLarge: false,
  });
  expect(Object.values(rest)).toEqual(Array.from({ length: 16 }, () => ""));
});

it("a verified certificate fills in all 21 fields in Cloudflare's formats", () => {
  const auth = tlsClientAuthOf({ certificate: client, authorized: true, authorizationError: null });
  expect(Object.keys(auth)).toHaveLength(21);
  expect(auth).toMatchObject({
    certPresented: "1",
    certVerified: "SUCCESS",
    certRevoked: "0",
    certSubjectDN: "CN=prod-eu",
    certSubjectDNRFC2253: "CN=prod-eu",
    certSubjectDNLegacy: "/CN=prod-eu",
    certIssuerDN: "CN=octogate local authority",
    certNotBefore: "Jan  2 03:04:05 2026 GMT",
    certNotAfter: "Nov 22 19:39:00 2027 GMT",
    certFingerprintSHA256: createHash("sha256").update(client.raw).digest("hex"),
    certFingerprintSHA1: createHash("sha1").update(client.raw).digest("hex"),
    certSerial: client.serialNumber,
    certRFC9440: `:${client.raw.toString("base64")}:`,
    certRFC9440TooLarge: false,
  });
});

it("the key identifiers are the certificate's own and its authority's", () => {
  const own = tlsClientAuthOf({ certificate: client, authorized: true, authorizationError: null });
  const issuer = tlsClientAuthOf({ certificate: authorityCertificate, authorized: true, authorizationError: null });
  expect(own.certSKI).toMatch(/^[0-9A-F]{40}$/);
  expect(own.certIssuerSKI).toBe(issuer.certSKI);
  expect(own.certSKI).not.toBe(own.certIssuerSKI);
});

it("a certificate over 10 KiB is left out and said to be too large", async () => {
  const { certificate: large } = await issueCertificate(authority, "x".repeat(9000), "client", validity);
  const auth = tlsClientAuthOf({ certificate: new X509Certificate(large), authorized: true, authorizationError: null });
  expect(auth.certRFC9440).toBe("");
  expect(auth.certRFC9440TooLarge).toBe(true);
});

describe("a certificate that was not verified", () => {
  it.each([
    ["CERT_HAS_EXPIRED", "FAILED:certificate has expired"],
    ["CERT_NOT_YET_VALID", "FAILED:certificate is not yet valid"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "FAILED:self signed certificate"],
    ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "FAILED:unable to get local issuer certificate"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "FAILED:unable to verify the first certificate"],
    ["INVALID_PURPOSE", "FAILED"],
    ["SOMETHING_NEW", "FAILED"],
    [null, "FAILED"],
  ])("%s is called %j", (authorizationError, certVerified) => {
    const auth = tlsClientAuthOf({ certificate: client, authorized: false, authorizationError });
    expect(auth).toMatchObject({ certPresented: "1", certVerified });
  });
});
