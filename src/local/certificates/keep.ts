// Certificates in the state folder: made on the first start and kept. They are replaced when they expire soon, are
// damaged or were issued by another authority.
import { createPrivateKey, X509Certificate } from "node:crypto";
import { fingerprintOf } from "../../node/certificates.ts";
import { readIfThere, writePrivately, writePublicly } from "../../node/files.ts";
import type { IdentityFiles, StateFolder } from "../state-folder.ts";
import { type Identity, issueCertificate, makeAuthority, type Purpose, type Validity } from "./issue.ts";

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
 * @param now the current time in milliseconds
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
