// An authority in the state folder that was made by other code.

// @peculiar/x509 needs it to be there before it is loaded.
import "reflect-metadata";
import { KeyObject, X509Certificate } from "node:crypto";
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { expect, it } from "vitest";
import { issueCertificate } from "../../../src/local/certificates.ts";

const validity = { notBefore: new Date("2026-01-02T03:04:05Z"), notAfter: new Date("2027-01-02T03:04:05Z") };

it("an authority whose identifier was made in another way issues certificates that chain to it", async () => {
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const made = await X509CertificateGenerator.createSelfSigned({
    name: "CN=other",
    keys,
    ...validity,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      new SubjectKeyIdentifierExtension("0102"),
    ],
  });
  const privateKey = KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" }).toString();
  const identity = { certificate: made.toString("pem"), privateKey };

  const authority = new X509Certificate(identity.certificate);
  const issued = new X509Certificate((await issueCertificate(identity, "name", "client", validity)).certificate);
  expect(issued.checkIssued(authority)).toBe(true);
  expect(issued.verify(authority.publicKey)).toBe(true);
});
