import { describe, expect, test } from "vitest";
import type { ClusterConfig } from "../../../../src/worker/config/config.ts";
import { identifyCaller } from "../../../../src/worker/http/client-certificate.ts";
import { cfOf, noCertificate, policyOf, productionFingerprint, startOfTests } from "../support.ts";

const cluster = (name: string, ...fingerprints: string[]): ClusterConfig => ({
  name,
  fingerprints,
  policy: { ok: true, value: policyOf() },
});
const stagingFingerprint = "b2".repeat(32);
const production = cluster("production", productionFingerprint, "c3".repeat(32));
const staging = cluster("staging", stagingFingerprint);
const clusters = [production, staging];

const identify = (cf: unknown) => identifyCaller(cf, clusters, startOfTests);

describe("a certificate that is presented, verified, not revoked and listed", () => {
  test("names its cluster", () => {
    expect(identify(cfOf())).toMatchObject({ kind: "cluster", cluster: production });
    expect(identify(cfOf({ certFingerprintSHA256: "c3".repeat(32) }))).toMatchObject({ cluster: production });
    expect(identify(cfOf({ certFingerprintSHA256: stagingFingerprint }))).toMatchObject({ cluster: staging });
  });

  test("may have its fingerprint in upper case and with colons", () => {
    const withColons = productionFingerprint.toUpperCase().replace(/..(?=.)/g, "$&:");
    expect(identify(cfOf({ certFingerprintSHA256: withColons }))).toMatchObject({ cluster: production });
  });

  test.each([
    ["Dec 20 10:00:00 2026 GMT", 30],
    ["Dec 20 09:59:59 2026 GMT", 29],
    ["Nov 20 10:00:00 2026 GMT", 0],
    ["Nov 20 09:59:59 2026 GMT", -1],
    ["Dec  2 10:00:00 2026 GMT", 12],
    ["", null],
    ["soon", null],
  ])("that ends at %j has %j whole days left", (certNotAfter, certificateDaysLeft) => {
    expect(identify(cfOf({ certNotAfter }))).toMatchObject({ kind: "cluster", certificateDaysLeft });
  });
});

describe("a caller is refused", () => {
  // Each row is right but for one value, so that each condition is needed by itself.
  test.each([
    ["certPresented", "0", "CertificateMissing", "no client certificate was presented"],
    ["certPresented", "", "CertificateMissing", "no client certificate was presented"],
    ["certPresented", "true", "CertificateMissing", "no client certificate was presented"],
    [
      "certVerified",
      "NONE",
      "CertificateNotVerified",
      `the client certificate ${productionFingerprint} is not verified: NONE`,
    ],
    [
      "certVerified",
      "FAILED",
      "CertificateNotVerified",
      `the client certificate ${productionFingerprint} is not verified: FAILED`,
    ],
    [
      "certVerified",
      "FAILED:certificate has expired",
      "CertificateNotVerified",
      `the client certificate ${productionFingerprint} is not verified: FAILED:certificate has expired`,
    ],
    [
      "certVerified",
      "success",
      "CertificateNotVerified",
      `the client certificate ${productionFingerprint} is not verified: success`,
    ],
    ["certVerified", "", "CertificateNotVerified", `the client certificate ${productionFingerprint} is not verified: `],
    ["certRevoked", "1", "CertificateRevoked", `the client certificate ${productionFingerprint} is revoked`],
    ["certRevoked", "", "CertificateRevoked", `the client certificate ${productionFingerprint} is revoked`],
    ["certFingerprintSHA256", "", "CertificateMissing", "the client certificate has no SHA-256 fingerprint"],
    [
      "certFingerprintSHA256",
      "a1".repeat(20),
      "CertificateMissing",
      "the client certificate has no SHA-256 fingerprint",
    ],
    [
      "certFingerprintSHA256",
      `${productionFingerprint}a1`,
      "CertificateMissing",
      "the client certificate has no SHA-256 fingerprint",
    ],
    [
      "certFingerprintSHA256",
      "d4".repeat(32),
      "CertificateNotListed",
      `the client certificate ${"d4".repeat(32)} belongs to no cluster: client_certificates does not list it`,
    ],
  ])("whose %s is %j: %s", (field, value, refusal, message) => {
    expect(identify(cfOf({ [field]: value }))).toEqual({ kind: "refused", refusal, message });
  });

  test.each(["certPresented", "certVerified", "certRevoked", "certFingerprintSHA256", "certNotAfter"])(
    "whose %s is missing or no string",
    (field) => {
      for (const value of [undefined, null, 1, 0, true, false, ["1"], {}]) {
        expect(identify(cfOf({ [field]: value }))).toMatchObject({ kind: "refused" });
      }
    },
  );

  test.each([
    undefined,
    null,
    "cf",
    1,
    true,
    [],
    {},
    { tlsClientAuth: null },
    { tlsClientAuth: "1" },
    { tlsClientAuth: {} },
  ])("whose cf is %j", (cf) => {
    expect(identify(cf)).toEqual({
      kind: "refused",
      refusal: "NotMutualTls",
      message: "no client certificate: the request did not come through mutual TLS",
    });
  });

  test("without a certificate, as Cloudflare fills in the fields then", () => {
    expect(identify(noCertificate)).toMatchObject({ kind: "refused", refusal: "CertificateMissing" });
  });

  test("where no cluster is configured", () => {
    expect(identifyCaller(cfOf(), [], startOfTests)).toMatchObject({ kind: "refused" });
  });

  test("and what it says of the certificate cannot forge lines of the log or fill it", () => {
    const refused = identify(cfOf({ certVerified: `FAILED\n{"verdict":"authenticated"}\u0007${"x".repeat(1000)}` }));
    const message = refused.kind === "refused" ? refused.message : "";
    expect(message).toMatch(/^[\x20-\x7e]{1,250}$/);
    expect(message).toContain("FAILEDverdict:authenticatedxxx");
  });
});
