// Issues the X.509 certificates (RFC 5280) of a local edge: an authority of its own, one server and its clients. P-256
// throughout: small, and every TLS stack takes it.

// @peculiar/x509 wires its parts up with decorators' metadata as it is loaded: without this polyfill before it, it throws.
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

/** What an authority is called. Two of them differ in their key identifiers, by which a verifier tells them apart. */
const authorityName = "octogate local authority";

interface Issuer {
  readonly name: Name;
  readonly privateKey: webcrypto.CryptoKey;
  /** As the issuer's own certificate states it, in hex. */
  readonly keyIdentifier: string;
}

/** Makes a certificate authority. */
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
 * @param commonName whose certificate it is
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
  // There are several ways to make an identifier of a key (RFC 7093): verifiers compare what both certificates state,
  // so the authority's is read, not made again.
  const keyIdentifier = certificate.getExtension(SubjectKeyIdentifierExtension)?.keyId;
  if (keyIdentifier === undefined) throw new Error("the authority's certificate has no key identifier");
  const privateKey = createPrivateKey(authority.privateKey).toCryptoKey(keyAlgorithm, false, ["sign"]);
  return { name: certificate.subjectName, privateKey, keyIdentifier };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(keyAlgorithm, true, ["sign", "verify"]);
}

/** As an object, of which nothing is parsed: a name may hold commas, quotes and line breaks. */
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
    // The library ends a PEM without the line break that a file's last line has.
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
