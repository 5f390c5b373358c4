// What else Cloudflare has at a hostname: DNS records, and routes of other Workers.
import { askCloudflare, type CloudflareClient, permissions } from "./api.ts";
import type { Zone } from "./zone.ts";

/** A route runs before the Worker of a custom domain: "*.acme.dev/*" would get every review, with the token in it. */
export interface WorkerRoute {
  readonly pattern: string;
  /** The Worker's name; null: no Worker runs there, which makes an exception. */
  readonly script: string | null;
}

export function listWorkerRoutes(client: CloudflareClient, zone: Zone): Promise<WorkerRoute[]> {
  return askCloudflare("listing Workers' routes", permissions.routes, async () => {
    const routes: WorkerRoute[] = [];
    for await (const { pattern, script } of client.workers.routes.list({ zone_id: zone.id })) {
      routes.push({ pattern, script: script || null });
    }
    return routes;
  });
}

/**
 * @returns the route that decides about an address, without its scheme: of those that match the most specific one, or
 *   null
 */
export function routeAt(routes: readonly WorkerRoute[], address: string): WorkerRoute | null {
  const matching = routes.filter(({ pattern }) => matches(pattern, address));
  return matching.sort((one, other) => specificity(other.pattern) - specificity(one.pattern))[0] ?? null;
}

function matches(pattern: string, address: string): boolean {
  const parts = withoutScheme(pattern)
    .split("*")
    .map((part) => part.replaceAll(/[^a-z0-9]/gi, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(address);
}

/** A hostname without a wildcard wins over any with one, and then the longer pattern. */
function specificity(pattern: string): number {
  const address = withoutScheme(pattern);
  return address.length + (address.startsWith("*") ? 0 : 10_000);
}

function withoutScheme(pattern: string): string {
  return pattern.replace(/^https?:\/\//, "").replace(/^\*:\/\//, "");
}

const addressTypes: readonly string[] = ["A", "AAAA", "CNAME"];

/**
 * wrangler, run without a terminal, takes a hostname over from anything that was there: a website would be gone.
 *
 * @returns the records that say where the hostname leads, such as "A 192.0.2.7"
 */
export async function findAddressRecords(client: CloudflareClient, zone: Zone, hostname: string): Promise<string[]> {
  const { result } = await askCloudflare("looking up DNS records", permissions.dns, () =>
    client.dns.records.list({ zone_id: zone.id, name: { exact: hostname } }),
  );
  return result
    .filter(({ type }) => addressTypes.includes(type))
    .map((record) => `${record.type} ${"content" in record ? record.content : ""}`.trim());
}
