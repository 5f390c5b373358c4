// Client certificates that Cloudflare's managed authority has signed.
// The list is one of the zone, and so is the list of the hostnames at which Cloudflare asks for such a certificate. The
// authority may sign for other zones and accounts too.
import { type KeyObject, X509Certificate } from "node:crypto";
import { fingerprintOf } from "../../node/certificates.ts";
import { cliError } from "../command.ts";
import { askCloudflare, type CloudflareClient, listAll, permissions } from "./api.ts";
import type { Zone } from "./zone.ts";

export interface ClientCertificate {
  readonly id: string;
  /** PEM, with the line break that a file ends with. */
  readonly certificate: string;
  /** SHA-256, 64 lowercase hex digits. */
  readonly fingerprint: string;
  readonly commonName: string;
  readonly status: "active" | "pending_reactivation" | "pending_revocation" | "revoked";
  readonly expiresAt: Date;
}

type ListedCertificate = Awaited<ReturnType<CloudflareClient["clientCertificates"]["get"]>>;

/** @returns every certificate of the zone, the revoked ones too */
export function listClientCertificates(client: CloudflareClient, zone: Zone): Promise<ClientCertificate[]> {
  return askCloudflare("listing client certificates", permissions.clientCertificates, async () => {
    const listed = await listAll(client.clientCertificates.list({ zone_id: zone.id, status: "all", per_page: 50 }));
    return listed.map(read);
  });
}

/** Has the managed authority sign a certificate for the request's key. */
export function signClientCertificate(
  client: CloudflareClient,
  zone: Zone,
  request: { readonly certificateRequest: string; readonly validityDays: number },
): Promise<ClientCertificate> {
  return askCloudflare("having the client certificate signed", permissions.clientCertificates, async () =>
    read(
      await client.clientCertificates.create({
        zone_id: zone.id,
        csr: request.certificateRequest,
        validity_days: request.validityDays,
      }),
    ),
  );
}

/** Cloudflare revokes it a while later; until then it says "pending_revocation". */
export async function revokeClientCertificate(client: CloudflareClient, zone: Zone, id: string): Promise<void> {
  await askCloudflare("revoking the client certificate", permissions.clientCertificates, () =>
    client.clientCertificates.delete(id, { zone_id: zone.id }),
  );
}

/** @returns the active certificate of this key: a second one would be one more to look after */
export function findByKey(
  certificates: readonly ClientCertificate[],
  publicKey: KeyObject,
): ClientCertificate | undefined {
  return certificates.find(
    ({ status, certificate }) => status === "active" && new X509Certificate(certificate).publicKey.equals(publicKey),
  );
}

function read({ id, certificate, common_name, status }: ListedCertificate): ClientCertificate {
  if (id === undefined || certificate === undefined || status === undefined) {
    throw cliError("Cloudflare, client certificates", "answered without the certificate's id, text or status");
  }
  const parsed = new X509Certificate(certificate);
  return {
    id,
    certificate: `${certificate.trim()}\n`,
    fingerprint: fingerprintOf(parsed),
    commonName: common_name ?? "",
    status,
    expiresAt: parsed.validToDate,
  };
}

export async function readAssociatedHostnames(client: CloudflareClient, zone: Zone): Promise<readonly string[]> {
  const answer = await askCloudflare("reading the hostname associations", permissions.clientCertificates, () =>
    client.certificateAuthorities.hostnameAssociations.get({ zone_id: zone.id }),
  );
  // Null where there are none: the SDK's type says otherwise of the answer as a whole.
  return answer?.hostnames ?? [];
}

/** Reads the list once more: it may have changed since. */
export async function associateHostname(client: CloudflareClient, zone: Zone, hostname: string): Promise<void> {
  const hostnames = await readAssociatedHostnames(client, zone);
  if (!hostnames.includes(hostname)) await replace(client, zone, [...hostnames, hostname]);
}

/** Leaves every other hostname where it is. */
export async function dissociateHostname(client: CloudflareClient, zone: Zone, hostname: string): Promise<void> {
  const hostnames = await readAssociatedHostnames(client, zone);
  const others = hostnames.filter((other) => other !== hostname);
  if (others.length < hostnames.length) await replace(client, zone, others);
}

/** A call replaces the whole list, so the list is read, changed and put back. */
async function replace(client: CloudflareClient, zone: Zone, hostnames: string[]): Promise<void> {
  await askCloudflare("writing the hostname associations", permissions.clientCertificates, () =>
    client.certificateAuthorities.hostnameAssociations.update({ zone_id: zone.id, hostnames }),
  );
}
