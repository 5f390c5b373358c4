// The hostnames at which Cloudflare asks for a client certificate of the managed authority.
// A call replaces the whole list, so the list is read, changed and put back.
import { askCloudflare, type CloudflareClient, permissions } from "./api.ts";
import type { Zone } from "./zone.ts";

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
  if (hostnames.includes(hostname)) {
    await replace(
      client,
      zone,
      hostnames.filter((other) => other !== hostname),
    );
  }
}

async function replace(client: CloudflareClient, zone: Zone, hostnames: string[]): Promise<void> {
  await askCloudflare("writing the hostname associations", permissions.clientCertificates, () =>
    client.certificateAuthorities.hostnameAssociations.update({ zone_id: zone.id, hostnames }),
  );
}
