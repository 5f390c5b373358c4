// The managed authority: signs the key of a request, and decides everything else itself.
import "reflect-metadata";
import { createPrivateKey } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { type Identity, issueCertificate } from "../../../src/local/certificates.ts";

const day = 24 * 60 * 60 * 1000;
const algorithm = { name: "ECDSA", namedCurve: "P-256" } as const;

/** @returns PEM, or null if the request is none, or its signature is wrong */
export async function signRequest(authority: Identity, csr: string, validityDays: number): Promise<string | null> {
  try {
    const request = new Pkcs10CertificateRequest(csr);
    if (!(await request.verify())) return null;
    const certificate = await X509CertificateGenerator.create({
      subject: request.subjectName,
      publicKey: request.publicKey,
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + validityDays * day),
      ...issuer(authority),
      extensions: [
        await SubjectKeyIdentifierExtension.create(request.publicKey),
        authorityKeyIdentifier(authority),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
      ],
    });
    return certificate.toString("pem");
  } catch {
    return null;
  }
}

/** The edge's own certificate for a hostname, from the same authority so that a test has one to trust. */
export async function serverCertificate(
  authority: Identity,
  hostname: string,
  ...others: readonly string[]
): Promise<Identity> {
  const validity = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + day) };
  const { privateKey } = await issueCertificate(authority, hostname, "server", validity);
  const publicKey = await publicKeyOf(privateKey);
  const certificate = await X509CertificateGenerator.create({
    subject: `CN=${hostname}`,
    publicKey,
    ...validity,
    ...issuer(authority),
    extensions: [
      authorityKeyIdentifier(authority),
      new SubjectAlternativeNameExtension([hostname, ...others].map((value) => ({ type: "dns", value }))),
    ],
  });
  return { certificate: certificate.toString("pem"), privateKey };
}

async function publicKeyOf(privateKey: string) {
  const { createPublicKey } = await import("node:crypto");
  return createPublicKey(privateKey).toCryptoKey(algorithm, true, ["verify"]);
}

function issuer(authority: Identity) {
  return {
    issuer: new X509Certificate(authority.certificate).subjectName,
    signingKey: createPrivateKey(authority.privateKey).toCryptoKey(algorithm, false, ["sign"]),
  };
}

function authorityKeyIdentifier(authority: Identity): AuthorityKeyIdentifierExtension {
  const keyId = new X509Certificate(authority.certificate).getExtension(SubjectKeyIdentifierExtension)?.keyId;
  if (keyId === undefined) throw new Error("the authority's certificate has no key identifier");
  return new AuthorityKeyIdentifierExtension(keyId);
}
