// Certificates that others made: a client's may hold anything, and a state folder's authority may be older than this
// code.

// @peculiar/x509 needs it to be there before it is loaded.
import "reflect-metadata";
import { X509Certificate as CheckedCertificate, KeyObject } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { expect, it } from "vitest";
import { type Identity, issueCertificate } from "../../../src/local/certificates/issue.ts";
import { keyIdentifiersOf } from "../../../src/node/key-identifiers.ts";

const validity = { notBefore: new Date("2026-01-02T03:04:05Z"), notAfter: new Date("2027-01-02T03:04:05Z") };
const subjectKeyIdentifier = "2.5.29.14";

async function selfSigned(extensions: Extension[]): Promise<{ der: Uint8Array<ArrayBuffer>; identity: Identity }> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: "CN=other",
    keys,
    ...validity,
    extensions,
  });
  const privateKey = KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" }).toString();
  return {
    der: new Uint8Array(certificate.rawData),
    identity: { certificate: certificate.toString("pem"), privateKey },
  };
}

it("both identifiers are read as they stand, however they were made", async () => {
  const { der } = await selfSigned([
    new SubjectKeyIdentifierExtension("0102"),
    new AuthorityKeyIdentifierExtension("a0b0c0"),
  ]);
  expect(keyIdentifiersOf(der)).toEqual({ subject: "0102", authority: "a0b0c0" });
});

it("a certificate without them has none", async () => {
  expect(keyIdentifiersOf((await selfSigned([])).der)).toEqual({ subject: null, authority: null });
});

it("an authority that is named by its certificate's serial number has no identifier", async () => {
  const { der } = await selfSigned([new AuthorityKeyIdentifierExtension({ name: [], serialNumber: "05" })]);
  expect(keyIdentifiersOf(der)).toEqual({ subject: null, authority: null });
});

it.each([
  ["no DER", [0x04, 0x7f, 0x01]],
  ["of another type", [0x02, 0x01, 0x05]],
  ["empty", []],
  ["nested too deep", Array.from({ length: 1000 }, () => [0x30, 0x80]).flat()],
])("an extension that is %s, which OpenSSL lets through the handshake, counts as not stated", async (_what, bytes) => {
  const { der } = await selfSigned([new Extension(subjectKeyIdentifier, false, new Uint8Array(bytes))]);
  expect(() => new CheckedCertificate(der)).not.toThrow();
  expect(keyIdentifiersOf(der).subject).toBeNull();
});

it("an authority whose identifier was made in another way issues certificates that chain to it", async () => {
  const { identity } = await selfSigned([
    new BasicConstraintsExtension(true, 0, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    new SubjectKeyIdentifierExtension("0102"),
  ]);
  const authority = new CheckedCertificate(identity.certificate);
  const issued = new CheckedCertificate((await issueCertificate(identity, "name", "client", validity)).certificate);
  expect(issued.checkIssued(authority)).toBe(true);
  expect(issued.verify(authority.publicKey)).toBe(true);
});
