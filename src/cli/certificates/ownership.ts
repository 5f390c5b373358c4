// The owner of a client certificate: which cluster it speaks for.
// Everything that revokes a certificate, or removes its files, asks here first. A file's place says nothing: a copy of
// another cluster's pair may lie in the folder.
import { fingerprintOrNull } from "../../node/certificates.ts";
import { clusterNameOf } from "../../worker/config/config.ts";
import { type ClientCertificate, findByKey, revokeClientCertificate } from "../cloudflare/client-certificates.ts";
import { cliError } from "../command.ts";
import { clusterVariablesIn, readCluster } from "../config-file/clusters.ts";
import type { ConfigFile } from "../config-file/file.ts";
import type { Session } from "../deployment/state.ts";
import { type ClusterFolder, currentPair, kubeconfigFile, nextPair, previousPair } from "./pair-files.ts";
import { listSettled, publicKeyOf, type SettledList } from "./settled-list.ts";

/** X.509 allows 64 characters (RFC 5280, ub-common-name). */
const maxCommonNameLength = 64;

/**
 * @param pair the name of a pair beside the one that is rotated
 * @returns the certificate's name in Cloudflare's list
 */
export function commonNameFor(clusterName: string, pair?: string): string {
  return ["octogate", clusterName, pair]
    .filter((part) => part !== undefined)
    .join(" ")
    .slice(0, maxCommonNameLength);
}

/** The clusters that a command is about, and what tells whose a certificate is. */
export interface Claim {
  readonly file: ConfigFile;
  /** Of the zone. */
  readonly certificates: readonly ClientCertificate[];
  /** The variables of the clusters. */
  readonly variables: readonly string[];
}

/**
 * Lists the certificates with patience.
 *
 * @param variables of the clusters that a command is about
 * @param expected what has to be in the list
 */
export async function readClaim(
  session: Session,
  variables: readonly string[],
  expected: Parameters<typeof listSettled>[1],
): Promise<Claim & SettledList> {
  return { ...(await listSettled(session, expected, session.clock)), file: session.deployment, variables };
}

/**
 * The tables of wrangler.toml decide. Of a certificate that no table lists, the name decides that setup, rotate and
 * issue have it signed with: an earlier run may have stopped after it took the certificate off the list.
 *
 * @returns the variables of the clusters that own a certificate: none, one, or several that list it
 */
export function ownersOf(
  fingerprint: string,
  { file, certificates }: Pick<Claim, "file" | "certificates">,
): readonly string[] {
  const variables = clusterVariablesIn(file);
  const listing = variables.filter((variable) => readCluster(file, variable)?.fingerprints.includes(fingerprint));
  if (listing.length > 0) return listing;
  const known = certificates.find((certificate) => certificate.fingerprint === fingerprint);
  return known === undefined ? [] : variables.filter((variable) => isNamedFor(clusterNameOf(variable), known));
}

/** Whether a certificate is of these clusters, and of no other. */
export function isOwn(fingerprint: string, claim: Claim): boolean {
  const { file, certificates, variables } = claim;
  const owners = ownersOf(fingerprint, claim);
  if (owners.length > 0) return owners.every((owner) => variables.includes(owner));
  // The table of a cluster that is being taken down may be gone already.
  const known = certificates.find((certificate) => certificate.fingerprint === fingerprint);
  return (
    known !== undefined &&
    variables.some((variable) => !(variable in file.settings.vars) && isNamedFor(clusterNameOf(variable), known))
  );
}

/** @returns "production's", or words for a certificate that no cluster of the file owns */
export function describeOwner(fingerprint: string, claim: Pick<Claim, "file" | "certificates">): string {
  const owners = ownersOf(fingerprint, claim).map((variable) => `${clusterNameOf(variable)}'s`);
  return owners.length === 0 ? "of no cluster here" : owners.join(" and ");
}

/**
 * Has Cloudflare revoke a certificate. No other code does.
 *
 * @throws CliError if it is another cluster's: that cluster would be cut off
 */
export async function revokeOwn(
  { client, zone }: Pick<Session, "client" | "zone">,
  claim: Claim,
  { id, fingerprint }: ClientCertificate,
): Promise<void> {
  if (!isOwn(fingerprint, claim)) {
    throw cliError(fingerprint, `is ${describeOwner(fingerprint, claim)}: it is not revoked`);
  }
  await revokeClientCertificate(client, zone, id);
}

/** A name that was cut may be another cluster's too. */
function isNamedFor(clusterName: string, { commonName }: ClientCertificate): boolean {
  const own = commonNameFor(clusterName);
  return own.length < maxCommonNameLength && (commonName === own || commonName.startsWith(`${own} `));
}

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

/** @returns the fingerprint of a pair's certificate, or null; of a key alone, that of the certificate signed for it */
function certificateOf(
  { key, certificate }: { readonly key: string | null; readonly certificate: string | null },
  known: readonly ClientCertificate[],
): string | null {
  if (certificate !== null) return fingerprintOrNull(certificate);
  const publicKey = key === null ? null : publicKeyOf(key);
  return publicKey === null ? null : (findByKey(known, publicKey)?.fingerprint ?? null);
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
