// Other Workers' routes. They run before the Worker of a custom domain: one such as "*.acme.dev/*" would get every review, with the token in it.
import type { CloudflareClient } from "./client.ts";
import { askCloudflare } from "./failures.ts";
import { permissions } from "./permissions.ts";
import type { Zone } from "./zone.ts";

export interface WorkerRoute {
  readonly pattern: string;
  /** The Worker's name; null: none runs there, which is how an exception is made. */
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

/** @returns the route that decides about an address, without its scheme: of those that match the most specific one, or null */
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
