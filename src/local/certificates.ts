// X.509 certificates (RFC 5280) of the local edge: its own authority, its server and its clients. They are made on the
// first start and kept in the state folder, and replaced when they expire soon, are damaged or were issued by another
// authority. All keys are P-256: small, and every TLS stack takes them.
import { createPrivateKey, KeyObject, type webcrypto, X509Certificate } from "node:crypto";
import { fingerprintOf } from "../node/certificates.ts";
import { readIfThere, writePrivately, writePublicly } from "../node/files.ts";
import type { IdentityFiles, StateFolder } from "./state-folder.ts";
// @peculiar/x509 reads decorators' metadata while it is loaded: without this polyfill before it, it throws.
import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  X509Certificate as ParsedCertificate,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

export interface ClientIdentity extends Identity {
  readonly clusterName: string;
  /** SHA-256 of the certificate, 64 lowercase hex digits. */
  readonly fingerprint: string;
}

export interface EdgeCertificates {
  readonly authority: Identity;
  readonly server: Identity;
  readonly clients: readonly ClientIdentity[];
}

const day = 24 * 60 * 60 * 1000;
const authorityLifeMs = 10 * 365 * day;
/** Apple's TLS refuses server certificates that are valid for longer than 825 days. */
const leafLifeMs = 365 * day;
/** What starts today should not meet an expired certificate soon. */
const renewBeforeMs = 30 * day;
/** For a client in a container or virtual machine whose clock is a little behind. */
const clockToleranceMs = 10 * 60 * 1000;

/**
 * Reads every certificate that the edge needs, and makes those that are missing.
 *
 * @param folder prepared by `prepareStateFolder`
 * @param clusterNames each gets a client certificate
 */
export async function keepCertificates(
  folder: StateFolder,
  clusterNames: readonly string[],
  now: number,
): Promise<EdgeCertificates> {
  const authority = await keep(folder.authority, now, {
    accept: isAuthority,
    make: () => makeAuthority(validFor(authorityLifeMs, now)),
  });
  const leaf = (files: IdentityFiles, commonName: string, purpose: Purpose) =>
    keep(files, now, {
      accept: (certificate) => isIssuedBy(certificate, authority),
      make: () => issueCertificate(authority, commonName, purpose, validFor(leafLifeMs, now)),
    });
  const server = await leaf(folder.server, "localhost", "server");
  const clients: ClientIdentity[] = [];
  for (const clusterName of clusterNames) {
    const client = await leaf(folder.client(clusterName), clusterName, "client");
    clients.push({ ...client, clusterName, fingerprint: fingerprintOf(client.certificate) });
  }
  return { authority, server, clients };
}

function validFor(lifeMs: number, now: number): Validity {
  return { notBefore: new Date(now - clockToleranceMs), notAfter: new Date(now + lifeMs) };
}

async function keep(
  files: IdentityFiles,
  now: number,
  { accept, make }: { accept: (certificate: X509Certificate) => boolean; make: () => Promise<Identity> },
): Promise<Identity> {
  const kept = { certificate: await readIfThere(files.certificate), privateKey: await readIfThere(files.privateKey) };
  if (kept.certificate !== null && kept.privateKey !== null) {
    const identity = { certificate: kept.certificate, privateKey: kept.privateKey };
    if (isUsable(identity, now, accept)) return identity;
  }
  const made = await make();
  await writePrivately(files.privateKey, made.privateKey);
  await writePublicly(files.certificate, made.certificate);
  return made;
}

function isUsable(identity: Identity, now: number, accept: (certificate: X509Certificate) => boolean): boolean {
  try {
    const certificate = new X509Certificate(identity.certificate);
    return (
      certificate.validFromDate.getTime() <= now &&
      certificate.validToDate.getTime() - renewBeforeMs > now &&
      certificate.checkPrivateKey(createPrivateKey(identity.privateKey)) &&
      accept(certificate)
    );
  } catch {
    // A damaged file counts as absent.
    return false;
  }
}

function isAuthority(certificate: X509Certificate): boolean {
  return certificate.ca && certificate.verify(certificate.publicKey);
}

function isIssuedBy(certificate: X509Certificate, authority: Identity): boolean {
  return certificate.verify(new X509Certificate(authority.certificate).publicKey);
}

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

/** Makes a key and has the authority sign a certificate for it. @param commonName the subject's name */
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
  const certificate = new ParsedCertificate(authority.certificate);
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
