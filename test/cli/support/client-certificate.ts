// A cluster's client certificate and its key in a folder, as `octogate setup` leaves them.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Identity, issueCertificate, makeAuthority } from "../../../src/local/certificates.ts";

const day = 24 * 60 * 60 * 1000;
const validity = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + day) };
const authority = await makeAuthority(validity);

/** Makes a pair and writes it. @param folder made if it is missing */
export async function writeClientCertificate(folder: string): Promise<Identity> {
  const identity = await issueCertificate(authority, "production", "client", validity);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "client.crt"), identity.certificate);
  await writeFile(join(folder, "client.key"), identity.privateKey, { mode: 0o600 });
  return identity;
}
