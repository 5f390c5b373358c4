// Whether something else answers at the hostname. wrangler, run without a terminal, takes a hostname over with whatever stood there: a website would be gone.
import type { CloudflareClient } from "./client.ts";
import { askCloudflare } from "./failures.ts";
import { permissions } from "./permissions.ts";
import type { Zone } from "./zone.ts";

const addressTypes: readonly string[] = ["A", "AAAA", "CNAME"];

/** @returns the records that say where the hostname leads, such as "A 192.0.2.7" */
export async function findAddressRecords(client: CloudflareClient, zone: Zone, hostname: string): Promise<string[]> {
  const { result } = await askCloudflare("looking up DNS records", permissions.dns, () =>
    client.dns.records.list({ zone_id: zone.id, name: { exact: hostname } }),
  );
  return result
    .filter(({ type }) => addressTypes.includes(type))
    .map((record) => `${record.type} ${"content" in record ? record.content : ""}`.trim());
}
