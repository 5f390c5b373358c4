// The owner of a client certificate: which cluster it speaks for.
// Everything that revokes a certificate, or removes its files, asks here first. A file's place says nothing: a copy of
// another cluster's pair may lie in the folder.
import { clusterNameOf } from "../../worker/config/config.ts";
import { type ClientCertificate, revokeClientCertificate } from "../cloudflare/client-certificates.ts";
import { clusterVariablesIn, readCluster } from "../config-file/clusters.ts";
import type { ConfigFile } from "../config-file/file.ts";
import type { Session } from "../deployment/session.ts";
import { cliError } from "../diagnostics.ts";

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
