// The certificates and files of a cluster that goes: those that its table lists, and those with files in its folder.
// The zone's other certificates are not touched.
import { fingerprintOrNull } from "../../../node/certificates.ts";
import { type ClusterFolder, kubeconfigFile } from "../../certificates/pair-files.ts";
import { publicKeyOf } from "../../certificates/settled-list.ts";
import { type ClientCertificate, findByKey, revokeClientCertificate } from "../../cloudflare/client-certificates.ts";
import type { Session } from "../../deployment/session.ts";

/** @returns the active ones among them */
export async function findClusterCertificates(
  folder: ClusterFolder,
  listed: readonly string[],
  certificates: readonly ClientCertificate[],
): Promise<ClientCertificate[]> {
  const found = new Map<string, ClientCertificate>();
  const active = certificates.filter(({ status }) => status === "active");
  const add = (certificate: ClientCertificate | undefined) => {
    if (certificate !== undefined) found.set(certificate.id, certificate);
  };
  for (const fingerprint of listed) add(active.find((certificate) => certificate.fingerprint === fingerprint));
  for (const pair of await folder.pairs()) {
    const { key, certificate } = await folder.read(pair);
    const fingerprint = fingerprintOrNull(certificate ?? "");
    add(active.find((candidate) => candidate.fingerprint === fingerprint));
    // Signed, but the answer got lost.
    const publicKey = key === null || certificate !== null ? null : publicKeyOf(key);
    if (publicKey !== null) add(findByKey(active, publicKey));
  }
  return [...found.values()];
}

export async function revokeAll({ client, zone }: Session, certificates: readonly ClientCertificate[]): Promise<void> {
  for (const { id } of certificates) await revokeClientCertificate(client, zone, id);
}

/** Removes the pairs, and the folder if nothing else is in it. */
export async function removeFiles(folder: ClusterFolder): Promise<void> {
  for (const pair of await folder.pairs()) await folder.remove(pair);
  await folder.removeFile(kubeconfigFile);
  await folder.removeIfEmpty();
}
