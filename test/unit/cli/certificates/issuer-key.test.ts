// The key identifier by which a firewall rule tells one authority from another.

// @peculiar/x509 needs it to be there before it is loaded.
import "reflect-metadata";
import { AuthorityKeyIdentifierExtension, type Extension, X509CertificateGenerator } from "@peculiar/x509";
import { expect, test } from "vitest";
import { issuerKeyIdentifierOf } from "../../../../src/cli/certificates/obtain.ts";

/** @returns PEM */
async function certificateWith(extensions: Extension[]): Promise<string> {
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  return (await X509CertificateGenerator.createSelfSigned({ name: "CN=other", keys, extensions })).toString("pem");
}

test("is read as the certificate states it, in uppercase hex", async () => {
  const certificate = await certificateWith([new AuthorityKeyIdentifierExtension("a0b0c0")]);
  expect(await issuerKeyIdentifierOf(certificate)).toBe("A0B0C0");
});

test.each([
  ["states none", []],
  ["names its authority by a serial number", [new AuthorityKeyIdentifierExtension({ name: [], serialNumber: "05" })]],
])("is none where the certificate %s", async (_what, extensions) => {
  expect(await issuerKeyIdentifierOf(await certificateWith(extensions))).toBeNull();
});
