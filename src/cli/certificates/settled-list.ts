// The zone's certificates, listed with patience: one that was signed a moment ago is missing from the list for a while.
// Without this a command would take a good certificate for another zone's, sign a second one for the same key, or leave
// an active one behind.
import { createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { fingerprintOrNull } from "../../node/certificates.ts";
import type { CloudflareClient } from "../cloudflare/api.ts";
import { type ClientCertificate, listClientCertificates } from "../cloudflare/client-certificates.ts";
import { type Clock, lookAgain } from "../cloudflare/patience.ts";
import type { Zone } from "../cloudflare/zone.ts";
import { type Diagnostic, warning } from "../command.ts";
import type { ClusterFolder } from "./pair-files.ts";

export interface SettledList {
  readonly certificates: readonly ClientCertificate[];
  /** Fingerprints that were looked for, and are not in the list. */
  readonly missing: readonly string[];
}

/**
 * Lists the zone's certificates until those that are expected are among them, or must have been by now. A key without a
 * certificate may have one that was signed while the answer got lost, so that is looked for, too.
 *
 * @param folders whose pairs of files are looked for
 * @param fingerprints that are looked for besides
 */
export async function listSettled(
  { client, zone }: { readonly client: CloudflareClient; readonly zone: Zone },
  { folders, fingerprints = [] }: { folders: readonly ClusterFolder[]; fingerprints?: readonly string[] },
  clock: Clock,
): Promise<SettledList> {
  const pairs = (await Promise.all(folders.map(readPairs))).flat();
  const expected = new Set(fingerprints);
  const keys: KeyObject[] = [];
  for (const { key, certificate } of pairs) {
    const fingerprint = fingerprintOrNull(certificate ?? "");
    if (fingerprint !== null) expected.add(fingerprint);
    const publicKey = certificate === null && key !== null ? publicKeyOf(key) : null;
    if (publicKey !== null) keys.push(publicKey);
  }
  const missingFrom = (certificates: readonly ClientCertificate[]) =>
    [...expected].filter((fingerprint) => !certificates.some((one) => one.fingerprint === fingerprint));
  const certificates = await lookAgain(clock, {
    found: await listClientCertificates(client, zone),
    look: () => listClientCertificates(client, zone),
    isThere: (found) => missingFrom(found).length === 0 && keys.every((key) => found.some((one) => isOf(one, key))),
    until: () => "Cloudflare lists a client certificate that may have been signed a moment ago",
  });
  return { certificates, missing: missingFrom(certificates) };
}

/** @returns one warning for each certificate that the cluster has, and Cloudflare does not list: it stays active */
export function leftBehind(missing: readonly string[]): Diagnostic[] {
  return missing.map((fingerprint) =>
    warning(
      `client certificate ${fingerprint}`,
      "is not in Cloudflare's list for the zone, and so is not revoked",
      "if it was signed a moment ago, revoke it in the dashboard in some minutes: SSL/TLS, Client Certificates",
    ),
  );
}

async function readPairs(folder: ClusterFolder) {
  const names = await folder.pairs();
  return Promise.all(names.map((name) => folder.read(name)));
}

function isOf({ certificate }: ClientCertificate, key: KeyObject): boolean {
  return new X509Certificate(certificate).publicKey.equals(key);
}

/** @returns the public half of a private key, or null for what is none */
export function publicKeyOf(key: string): KeyObject | null {
  try {
    return createPublicKey(key);
  } catch {
    return null;
  }
}
