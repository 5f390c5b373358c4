// Issues the X.509 certificates (RFC 5280) of a local edge: its own authority, its server and its clients. All keys are
// P-256: small, and every TLS stack takes them.

// @peculiar/x509 reads decorators' metadata while it is loaded: without this polyfill before it, it throws.
import "reflect-metadata";
import { createPrivateKey, KeyObject, type webcrypto } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

export interface Identity {
  /** PEM */
  readonly certificate: string;
  /** PEM, PKCS #8 */
  readonly privateKey: string;
}

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export type Purpose = "authority" | "server" | "client";

const keyAlgorithm = { name: "ECDSA", namedCurve: "P-256" } as const;

/** The name of every authority. A verifier tells two of them apart by their key identifiers. */
const authorityName = "octogate local authority";

interface Issuer {
  readonly name: Name;
  readonly privateKey: webcrypto.CryptoKey;
  /** As the issuer's own certificate states it, in hex. */
  readonly keyIdentifier: string;
}

/** Makes a certificate authority: a key, and a certificate that it signs itself. */
export async function makeAuthority(validity: Validity): Promise<Identity> {
  const keys = await newKeys();
  const name = nameOf(authorityName);
  const { keyId: keyIdentifier } = await SubjectKeyIdentifierExtension.create(keys.publicKey);
  const issuer = { name, privateKey: keys.privateKey, keyIdentifier };
  return signIdentity(issuer, { name, keys }, "authority", validity);
}

/**
 * Makes a key and has the authority sign a certificate for it.
 *
 * @param authority as `makeAuthority` made it
 * @param commonName the subject's name
 */
export async function issueCertificate(
  authority: Identity,
  commonName: string,
  purpose: Purpose,
  validity: Validity,
): Promise<Identity> {
  const subject = { name: nameOf(commonName), keys: await newKeys() };
  return signIdentity(issuerOf(authority), subject, purpose, validity);
}

function issuerOf(authority: Identity): Issuer {
  const certificate = new X509Certificate(authority.certificate);
  // There are several ways to derive a key identifier (RFC 7093), and verifiers compare what both certificates state.
  // So the authority's identifier is read, not derived again.
  const keyIdentifier = certificate.getExtension(SubjectKeyIdentifierExtension)?.keyId;
  if (keyIdentifier === undefined) throw new Error("the authority's certificate has no key identifier");
  const privateKey = createPrivateKey(authority.privateKey).toCryptoKey(keyAlgorithm, false, ["sign"]);
  return { name: certificate.subjectName, privateKey, keyIdentifier };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(keyAlgorithm, true, ["sign", "verify"]);
}

/** As an object, which the library does not parse: a name may have commas, quotes and line breaks. */
function nameOf(commonName: string): Name {
  return new Name([{ CN: [{ utf8String: commonName }] }]);
}

async function signIdentity(
  issuer: Issuer,
  subject: { readonly name: Name; readonly keys: webcrypto.CryptoKeyPair },
  purpose: Purpose,
  validity: Validity,
): Promise<Identity> {
  const certificate = await X509CertificateGenerator.create({
    subject: subject.name,
    issuer: issuer.name,
    ...validity,
    publicKey: subject.keys.publicKey,
    signingKey: issuer.privateKey,
    extensions: [
      await SubjectKeyIdentifierExtension.create(subject.keys.publicKey),
      new AuthorityKeyIdentifierExtension(issuer.keyIdentifier),
      ...purposeExtensions(purpose),
    ],
  });
  return {
    // The library's PEM has no line break at its end.
    certificate: `${certificate.toString("pem")}\n`,
    privateKey: KeyObject.from(subject.keys.privateKey).export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function purposeExtensions(purpose: Purpose): Extension[] {
  switch (purpose) {
    case "authority":
      return [
        // It signs end entities only: path length 0.
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      ];
    case "server":
      return [
        ...endEntityExtensions(ExtendedKeyUsage.serverAuth),
        // Go and browsers look for the host here alone, never in the common name.
        new SubjectAlternativeNameExtension([
          { type: "dns", value: "localhost" },
          { type: "ip", value: "127.0.0.1" },
          { type: "ip", value: "::1" },
        ]),
      ];
    case "client":
      return endEntityExtensions(ExtendedKeyUsage.clientAuth);
  }
}

function endEntityExtensions(usage: ExtendedKeyUsage): Extension[] {
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([usage]),
  ];
}
