// The zone's certificates, listed with patience: one that was signed a moment ago is missing from the list for a while.
// Without this a command would take a good certificate for another zone's, sign a second one for the same key, or leave
// an active one behind.
import { createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { fingerprintOrNull } from "../../node/certificates.ts";
import type { CloudflareClient } from "../cloudflare/api.ts";
import { type ClientCertificate, isOfKey, listClientCertificates } from "../cloudflare/client-certificates.ts";
import { type Clock, lookAgain } from "../cloudflare/patience.ts";
import type { Zone } from "../cloudflare/zone.ts";
import { type Diagnostic, warning } from "../command.ts";
import type { ClusterFolder } from "./pair-files.ts";

export interface SettledList {
  readonly certificates: readonly ClientCertificate[];
  /** Fingerprints that were looked for, and are not in the list. */
  readonly missing: readonly string[];
}

/** What has to be in the list, unless it is of another zone or of another authority. */
export interface Expected {
  /** Folders whose pairs of files are looked for. */
  readonly folders: readonly ClusterFolder[];
  /** Fingerprints that are looked for besides. */
  readonly fingerprints?: readonly string[];
  /** When those were signed at the latest, in milliseconds. Left out: just now. */
  readonly since?: number;
}

interface ExpectedCertificate {
  readonly isIt: (certificate: ClientCertificate) => boolean;
  /** Null: known by its key alone. */
  readonly fingerprint: string | null;
  readonly since: number;
}

/**
 * Lists the zone's certificates until those that are expected are among them, or must have been by now. A key without a
 * certificate may have one that was signed while the answer got lost, so that is looked for, too. What a file names was
 * signed before the file was written, so nothing waits for a certificate whose file has been there for long.
 */
export async function listSettled(
  { client, zone }: { readonly client: CloudflareClient; readonly zone: Zone },
  { folders, fingerprints = [], since = Number.POSITIVE_INFINITY }: Expected,
  clock: Clock,
): Promise<SettledList> {
  const inFolders = (await Promise.all(folders.map(expectedIn))).flat();
  const inFiles = new Set(inFolders.map(({ fingerprint }) => fingerprint));
  const others = fingerprints.filter((fingerprint) => !inFiles.has(fingerprint));
  const expected = [...inFolders, ...others.map((fingerprint) => expectedCertificate(fingerprint, since))];
  const missingFrom = (certificates: readonly ClientCertificate[]) =>
    expected.filter(({ isIt }) => !certificates.some(isIt));
  const found = await listClientCertificates(client, zone);
  const certificates = await lookAgain(clock, {
    found,
    look: () => listClientCertificates(client, zone),
    isThere: (list) => missingFrom(list).length === 0,
    until: () => "Cloudflare lists a client certificate that may have been signed a moment ago",
    since: Math.max(...missingFrom(found).map((one) => one.since)),
  });
  const missing = missingFrom(certificates).flatMap(({ fingerprint }) => fingerprint ?? []);
  return { certificates, missing: [...new Set(missing)] };
}

function expectedCertificate(fingerprint: string, since: number): ExpectedCertificate {
  return { isIt: (certificate) => certificate.fingerprint === fingerprint, fingerprint, since };
}

/** Clocks differ, and an authority may let a certificate begin some time before it signs. */
const maxBackdatedMs = 24 * 60 * 60 * 1000;

async function expectedIn(folder: ClusterFolder): Promise<ExpectedCertificate[]> {
  const expected: ExpectedCertificate[] = [];
  for (const pair of await folder.pairs()) {
    const { key, certificate } = await folder.read(pair);
    const fingerprint = fingerprintOrNull(certificate ?? "");
    const publicKey = certificate === null && key !== null ? publicKeyOf(key) : null;
    if (certificate !== null && fingerprint !== null) {
      const beganAt = Date.parse(new X509Certificate(certificate).validFrom);
      const writtenAt = (await folder.writtenAt(pair)) ?? 0;
      expected.push(expectedCertificate(fingerprint, Math.min(writtenAt, beganAt + maxBackdatedMs)));
    } else if (publicKey !== null) {
      const isIt = (one: ClientCertificate) => isOfKey(one, publicKey);
      expected.push({ isIt, fingerprint: null, since: (await folder.askedAt(pair)) ?? 0 });
    }
  }
  return expected;
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

/** @returns the public half of a private key, or null for what is none */
export function publicKeyOf(key: string): KeyObject | null {
  try {
    return createPublicKey(key);
  } catch {
    return null;
  }
}
