// The owner of a client certificate: which cluster it speaks for.
// Everything that revokes a certificate, or removes its files, asks here first. A file's place says nothing: a copy of
// another cluster's pair may lie in the folder.
import { fingerprintOrNull } from "../../node/certificates.ts";
import { clusterNameOf } from "../../worker/config/config.ts";
import {
  type ClientCertificate,
  isOfKey,
  isUsable,
  revokeClientCertificate,
} from "../cloudflare/client-certificates.ts";
import { cliError } from "../command.ts";
import { clusterVariablesIn, readCluster } from "../config-file/clusters.ts";
import type { ConfigFile } from "../config-file/file.ts";
import type { Session } from "../deployment/state.ts";
import { type ClusterFolder, kubeconfigFile, reservedPairs } from "./pair-files.ts";
import { type Expected, listSettled, publicKeyOf, type SettledList } from "./settled-list.ts";

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

/** What may be destroyed besides what the tables list. */
export interface ProvenClaim extends Claim {
  /** Fingerprints that another deployment does not know: their keys lie here, or this hostname's rule names them. */
  readonly proven: ReadonlySet<string>;
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
  expected: Expected,
): Promise<ProvenClaim & SettledList> {
  const settled = await listSettled(session, expected, session.clock);
  const proven = await findHeld(expected.folders, settled.certificates);
  return { ...settled, file: session.deployment, variables, proven };
}

/**
 * @param folders of the clusters that a command is about
 * @returns the fingerprints of all certificates whose keys lie there, each under the name that it was signed for
 */
export async function findHeld(
  folders: readonly ClusterFolder[],
  certificates: readonly ClientCertificate[],
): Promise<ReadonlySet<string>> {
  const held = new Set<string>();
  for (const folder of folders) {
    for (const pair of await folder.pairs()) {
      const { key } = await folder.read(pair);
      for (const certificate of certificatesOfKey(key, certificates)) {
        // A pair that was copied here from another deployment has another name there.
        const isInItsPlace =
          reservedPairs.includes(pair) || certificate.commonName === commonNameFor(folder.clusterName, pair);
        if (isInItsPlace) held.add(certificate.fingerprint);
      }
    }
  }
  return held;
}

/** An answer that got lost may have left more than one. */
function certificatesOfKey(key: string | null, known: readonly ClientCertificate[]): readonly ClientCertificate[] {
  const publicKey = key === null ? null : publicKeyOf(key);
  return publicKey === null ? [] : known.filter((one) => isOfKey(one, publicKey));
}

/** @returns the variables of the clusters whose tables list a certificate */
function listingOf(fingerprint: string, file: ConfigFile): readonly string[] {
  return clusterVariablesIn(file).filter((variable) => readCluster(file, variable)?.fingerprints.includes(fingerprint));
}

/**
 * The tables of wrangler.toml decide. Of a certificate that no table lists, the name speaks that setup, rotate and
 * issue have it signed with. It proves nothing: another deployment in the zone may have a cluster of the same name.
 *
 * @returns the variables of the clusters that own a certificate: none, one, or several that list it
 */
export function ownersOf(
  fingerprint: string,
  { file, certificates }: Pick<Claim, "file" | "certificates">,
): readonly string[] {
  const listing = listingOf(fingerprint, file);
  if (listing.length > 0) return listing;
  const known = certificates.find((certificate) => certificate.fingerprint === fingerprint);
  if (known === undefined) return [];
  return clusterVariablesIn(file).filter((variable) => isNamedFor(clusterNameOf(variable), known));
}

/**
 * Whether a certificate is of these clusters, and of no other: their tables list it and no other does. Or none lists
 * it, its name is theirs, and it is proven. An earlier run may have stopped after it took the certificate off the list.
 * Where Cloudflare has revoked it already the name suffices, for there is nothing to be lost.
 */
export function isOwn(fingerprint: string, claim: ProvenClaim): boolean {
  const { file, certificates, variables, proven } = claim;
  const listing = listingOf(fingerprint, file);
  if (listing.length > 0) return listing.every((owner) => variables.includes(owner));
  const known = certificates.find((certificate) => certificate.fingerprint === fingerprint);
  if (known === undefined || !isNamedForAny(variables, known)) return false;
  return proven.has(fingerprint) || !isUsable(known);
}

/** Whether a certificate that no table lists has the name of one of these clusters. */
export function isOwnByName(fingerprint: string, { file, certificates, variables }: Claim): boolean {
  const known = certificates.find((certificate) => certificate.fingerprint === fingerprint);
  return known !== undefined && listingOf(fingerprint, file).length === 0 && isNamedForAny(variables, known);
}

/** @returns "production's", or words for a certificate that no cluster of the file owns */
export function describeOwner(fingerprint: string, claim: Pick<Claim, "file" | "certificates">): string {
  const owners = ownersOf(fingerprint, claim).map((variable) => `${clusterNameOf(variable)}'s`);
  if (owners.length === 0) return "of no cluster here";
  const isListed = listingOf(fingerprint, claim.file).length > 0;
  return isListed ? owners.join(" and ") : `${owners.join(" and ")} by its name alone, and no table lists it`;
}

/**
 * Has Cloudflare revoke a certificate. No other code does, but for one that a command had signed itself just now.
 *
 * @throws CliError if it is another cluster's: that cluster would be cut off
 */
export async function revokeOwn(
  { client, zone }: Pick<Session, "client" | "zone">,
  claim: ProvenClaim,
  { id, fingerprint }: ClientCertificate,
): Promise<void> {
  if (!isOwn(fingerprint, claim)) {
    throw cliError(fingerprint, `is ${describeOwner(fingerprint, claim)}: it is not revoked`);
  }
  await revokeClientCertificate(client, zone, id);
}

/** A name that was cut may be another cluster's too. */
function isNamedFor(clusterName: string, { commonName }: Pick<ClientCertificate, "commonName">): boolean {
  const own = commonNameFor(clusterName);
  return own.length < maxCommonNameLength && (commonName === own || commonName.startsWith(`${own} `));
}

function isNamedForAny(variables: readonly string[], certificate: ClientCertificate): boolean {
  return variables.some((variable) => isNamedFor(clusterNameOf(variable), certificate));
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
export async function findOwn(folder: ClusterFolder, listed: readonly string[], claim: ProvenClaim): Promise<Own> {
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
    for (const certificate of ofPair(files, claim)) add(certificate);
    const fingerprint =
      files.certificate === null
        ? (certificatesOfKey(files.key, claim.certificates)[0]?.fingerprint ?? null)
        : fingerprintOrNull(files.certificate);
    const isUnanswered = fingerprint === null && files.certificate === null && reservedPairs.includes(pair);
    if (isUnanswered || (fingerprint !== null && isOwn(fingerprint, claim))) {
      pairs.push(pair);
      continue;
    }
    const owner = fingerprint === null ? "of no cluster here" : describeOwner(fingerprint, claim);
    left.push(`${folder.name}/${pair}.*: its certificate is ${owner}`);
  }
  const named = active.filter(({ id, commonName, fingerprint }) => {
    const isOfFolder = isNamedFor(folder.clusterName, { commonName });
    return isOfFolder && !found.has(id) && isOwnByName(fingerprint, claim);
  });
  for (const { fingerprint, commonName } of named) {
    left.push(
      `the certificate ${fingerprint} (${commonName}): no table lists it and its key is not here, so it may be another deployment's`,
    );
  }
  const others = await folder.others();
  left.push(...others.map((name) => `${folder.name}/${name}: octogate did not make it there`));
  if (await folder.isLink()) {
    const elsewhere = `everything in ${folder.name}: it is a link to another place`;
    return { certificates: [...found.values()], pairs: [], removesKubeconfig: false, left: [...left, elsewhere] };
  }
  return { certificates: [...found.values()], pairs, removesKubeconfig: folder.hasFile(kubeconfigFile), left };
}

/** @returns the active certificates of a pair: the one in its file, and all others of its key */
export function ofPair(
  { key, certificate }: { readonly key: string | null; readonly certificate: string | null },
  claim: ProvenClaim,
): readonly ClientCertificate[] {
  const fingerprint = fingerprintOrNull(certificate ?? "");
  const ofKey = certificatesOfKey(key, claim.certificates);
  return claim.certificates.filter(
    (one) =>
      one.status === "active" &&
      (one.fingerprint === fingerprint || ofKey.includes(one)) &&
      isOwn(one.fingerprint, claim),
  );
}

export async function revokeAll(
  session: Session,
  claim: ProvenClaim,
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
