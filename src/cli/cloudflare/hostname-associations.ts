// For which hostnames Cloudflare asks for a client certificate of the managed authority. The call replaces the whole list, so it is read, changed and put back.
import type { CloudflareClient } from "./client.ts";
import { askCloudflare } from "./failures.ts";
import { permissions } from "./permissions.ts";
import type { Zone } from "./zone.ts";

export async function readAssociatedHostnames(client: CloudflareClient, zone: Zone): Promise<readonly string[]> {
  const answer = await askCloudflare("reading the hostname associations", permissions.clientCertificates, () =>
    client.certificateAuthorities.hostnameAssociations.get({ zone_id: zone.id }),
  );
  // Null where there are none: the SDK's type says otherwise of the answer as a whole.
  return answer?.hostnames ?? [];
}

/** Reads the list once more: somebody may have changed it since it was looked at. */
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
