// Certificates as files, issued as the local edge's are, but by an authority of their own.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { issueCertificate, makeAuthority, type Purpose } from "../../../src/local/certificates.ts";
import { fingerprintOf } from "../../../src/node/certificates.ts";

const dayMs = 24 * 60 * 60 * 1000;

export interface CertificateFiles {
  /** Path of a PEM file. */
  readonly certificate: string;
  /** Path of a PEM file. */
  readonly key: string;
  /** SHA-256, 64 lowercase hex digits: how Octogate names it. */
  readonly fingerprint: string;
}

export interface FileAuthority {
  /** Path of a PEM file. */
  readonly certificate: string;
  /** Path of a PEM file. */
  readonly key: string;
  /** @param commonName also the name of the files */
  issue(commonName: string, purpose: Purpose): Promise<CertificateFiles>;
}

/** Makes an authority whose certificates are written into a folder and are good for this test run. */
export async function makeFileAuthority(folder: string): Promise<FileAuthority> {
  const validity = { notBefore: new Date(Date.now() - dayMs), notAfter: new Date(Date.now() + dayMs) };
  const authority = await makeAuthority(validity);
  const certificate = join(folder, "authority.crt");
  const key = join(folder, "authority.key");
  await writeFile(certificate, authority.certificate);
  await writeFile(key, authority.privateKey, { mode: 0o600 });
  return {
    certificate,
    key,
    async issue(commonName, purpose) {
      const identity = await issueCertificate(authority, commonName, purpose, validity);
      const files = { certificate: join(folder, `${commonName}.crt`), key: join(folder, `${commonName}.key`) };
      await writeFile(files.certificate, identity.certificate);
      await writeFile(files.key, identity.privateKey, { mode: 0o600 });
      return { ...files, fingerprint: fingerprintOf(identity.certificate) };
    },
  };
}
