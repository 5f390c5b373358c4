// The certificates and files of a cluster that goes, and what is left because it is not the cluster's own.
import { createPublicKey, type KeyObject } from "node:crypto";
import { fingerprintOrNull } from "../../../node/certificates.ts";
import { type Claim, describeOwner, isOwn, revokeOwn } from "../../certificates/ownership.ts";
import {
  type ClusterFolder,
  currentPair,
  kubeconfigFile,
  nextPair,
  previousPair,
} from "../../certificates/pair-files.ts";
import { type ClientCertificate, findByKey } from "../../cloudflare/client-certificates.ts";
import type { Session } from "../../deployment/session.ts";

export interface Own {
  /** The active ones, to be revoked. */
  readonly certificates: readonly ClientCertificate[];
  /** The pairs of files to be removed. */
  readonly pairs: readonly string[];
  readonly removesKubeconfig: boolean;
  /** What stays, with the reason: one line each. */
  readonly left: readonly string[];
}

/** @param listed the fingerprints in the table of the folder's cluster */
export async function findOwn(folder: ClusterFolder, listed: readonly string[], claim: Claim): Promise<Own> {
  const active = claim.certificates.filter(({ status }) => status === "active");
  const found = new Map<string, ClientCertificate>();
  const left: string[] = [];
  const add = (certificate: ClientCertificate | undefined) => {
    if (certificate !== undefined) found.set(certificate.id, certificate);
  };
  for (const fingerprint of listed) {
    const certificate = active.find((candidate) => candidate.fingerprint === fingerprint);
    if (certificate === undefined || isOwn(fingerprint, claim)) add(certificate);
    else left.push(`the certificate ${fingerprint}: it is ${describeOwner(fingerprint, claim)}`);
  }
  const pairs: string[] = [];
  for (const pair of await folder.pairs()) {
    const files = await folder.read(pair);
    const certificate = certificateOf(files, claim.certificates);
    const isUnanswered = certificate === null && files.certificate === null && ownRequests.includes(pair);
    if (!isUnanswered && (certificate === null || !isOwn(certificate, claim))) {
      const owner = certificate === null ? "of no cluster here" : describeOwner(certificate, claim);
      left.push(`${folder.name}/${pair}.*: its certificate is ${owner}`);
      continue;
    }
    add(active.find((candidate) => candidate.fingerprint === certificate));
    pairs.push(pair);
  }
  const others = await folder.others();
  left.push(...others.map((name) => `${folder.name}/${name}: octogate did not make it there`));
  if (await folder.isLink()) {
    const elsewhere = `everything in ${folder.name}: it is a link to another place`;
    return { certificates: [...found.values()], pairs: [], removesKubeconfig: false, left: [...left, elsewhere] };
  }
  return { certificates: [...found.values()], pairs, removesKubeconfig: folder.hasFile(kubeconfigFile), left };
}

/** A key without a certificate, under one of these names, is a request that Cloudflare never answered. */
const ownRequests: readonly string[] = [currentPair, nextPair, previousPair];

/** @returns the fingerprint of a pair's certificate, or null; of a key alone, of the certificate that was signed for it */
function certificateOf(
  { key, certificate }: { readonly key: string | null; readonly certificate: string | null },
  known: readonly ClientCertificate[],
): string | null {
  if (certificate !== null) return fingerprintOrNull(certificate);
  const publicKey = key === null ? null : readPublicKey(key);
  return publicKey === null ? null : (findByKey(known, publicKey)?.fingerprint ?? null);
}

function readPublicKey(key: string): KeyObject | null {
  try {
    return createPublicKey(key);
  } catch {
    return null;
  }
}

export async function revokeAll(
  session: Session,
  claim: Claim,
  certificates: readonly ClientCertificate[],
): Promise<void> {
  for (const certificate of certificates) await revokeOwn(session, claim, certificate);
}

/** Removes the pairs, and the folder if nothing else is in it. */
export async function removeFiles(folder: ClusterFolder, { pairs, removesKubeconfig }: Own): Promise<void> {
  for (const pair of pairs) await folder.remove(pair);
  if (removesKubeconfig) await folder.removeFile(kubeconfigFile);
  if (!(await folder.isLink())) await folder.removeIfEmpty();
}
