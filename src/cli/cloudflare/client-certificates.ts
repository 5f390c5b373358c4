// Client certificates that Cloudflare's managed authority has signed.
// The list is one of the zone. The authority may sign for other zones and accounts too.
import { type KeyObject, X509Certificate } from "node:crypto";
import { fingerprintOf } from "../../node/certificates.ts";
import { cliError } from "../command.ts";
import { askCloudflare, type CloudflareClient, hasErrorCode, listAll, permissions } from "./api.ts";
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

/** Whether Cloudflare verifies it, or will again. */
export function isUsable({ status }: ClientCertificate): boolean {
  return status === "active" || status === "pending_reactivation";
}

type ListedCertificate = Awaited<ReturnType<CloudflareClient["clientCertificates"]["get"]>>;

/** @returns every certificate of the zone, the revoked ones too */
export function listClientCertificates(client: CloudflareClient, zone: Zone): Promise<ClientCertificate[]> {
  return askCloudflare("listing client certificates", permissions.clientCertificates, async () => {
    const parameters = { zone_id: zone.id, status: "all", per_page: 50 } as const;
    const listed = await listAll(client.clientCertificates.list(parameters), ({ id }) => id ?? "");
    return listed.map(read);
  });
}

/**
 * Has the managed authority sign a certificate for the request's key. The request is sent once: Cloudflare signs the
 * same request a second time, also where only the first answer got lost.
 */
export function signClientCertificate(
  client: CloudflareClient,
  zone: Zone,
  request: { readonly certificateRequest: string; readonly validityDays: number },
): Promise<ClientCertificate> {
  return askCloudflare("having the client certificate signed", permissions.clientCertificates, async () =>
    read(
      await client.clientCertificates.create(
        { zone_id: zone.id, csr: request.certificateRequest, validity_days: request.validityDays },
        { maxRetries: 0 },
      ),
    ),
  );
}

/** "already deleted": seen live, github.com/alchemy-run/distilled. */
const alreadyRevoked = 1407;

/** Cloudflare revokes it a while later; until then it says "pending_revocation". One that is revoked is as good. */
export async function revokeClientCertificate(client: CloudflareClient, zone: Zone, id: string): Promise<void> {
  await askCloudflare("revoking the client certificate", permissions.clientCertificates, async () => {
    try {
      await client.clientCertificates.delete(id, { zone_id: zone.id });
    } catch (error) {
      if (!hasErrorCode(error, alreadyRevoked)) throw error;
    }
  });
}

/** @returns the active certificate of this key: a second one would be one more to look after */
export function findByKey(
  certificates: readonly ClientCertificate[],
  publicKey: KeyObject,
): ClientCertificate | undefined {
  return certificates.find((one) => one.status === "active" && isOfKey(one, publicKey));
}

/** Whether it was signed for this key. */
export function isOfKey({ certificate }: ClientCertificate, publicKey: KeyObject): boolean {
  return new X509Certificate(certificate).publicKey.equals(publicKey);
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
