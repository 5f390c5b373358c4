import { createHash, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { issueCertificate, makeAuthority } from "../../../../src/local/certificates.ts";
import { type Peer, tlsClientAuthOf } from "../../../../src/local/edge/server.ts";

const validity = { notBefore: new Date("2026-01-02T03:04:05Z"), notAfter: new Date("2027-11-22T19:39:00Z") };
const authority = await makeAuthority(validity);
const client = new X509Certificate((await issueCertificate(authority, "prod-eu", "client", validity)).certificate);

function peer(certificate: X509Certificate | undefined, authorizationError: string | null): Peer {
  return {
    getPeerX509Certificate: () => certificate,
    authorized: authorizationError === null,
    // Typed as an Error, but Node sets OpenSSL's code.
    authorizationError: authorizationError as unknown as Error,
  };
}

it("without a certificate every field has the placeholder that Cloudflare sends", () => {
  // Node reports an error then, too.
  expect(tlsClientAuthOf(peer(undefined, "UNABLE_TO_GET_ISSUER_CERT"))).toEqual({
    certPresented: "0",
    certVerified: "NONE",
    certRevoked: "0",
    certFingerprintSHA256: "",
    certNotAfter: "",
  });
});

it("a verified certificate fills in every field in the format that Cloudflare uses", () => {
  expect(tlsClientAuthOf(peer(client, null))).toEqual({
    certPresented: "1",
    certVerified: "SUCCESS",
    certRevoked: "0",
    certFingerprintSHA256: createHash("sha256").update(client.raw).digest("hex"),
    certNotAfter: "Nov 22 19:39:00 2027 GMT",
  });
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
    ["", "FAILED"],
  ])("with OpenSSL's code %j is %j", (authorizationError, certVerified) => {
    expect(tlsClientAuthOf(peer(client, authorizationError))).toMatchObject({ certPresented: "1", certVerified });
  });
});
