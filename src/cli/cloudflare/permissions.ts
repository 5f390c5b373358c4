// What the API token has to be allowed, in the dashboard's own words, and how to find out what it lacks without changing anything.
import type { CloudflareClient } from "./client.ts";
import { askCloudflare, isStatus } from "./failures.ts";
import type { Zone } from "./zone.ts";

export const permissions = {
  zone: "Zone · Zone · Read",
  clientCertificates: "Zone · SSL and Certificates · Edit",
  firewall: "Zone · Zone WAF · Edit",
  routes: "Zone · Workers Routes · Edit",
  dns: "Zone · DNS · Read",
  workers: "Account · Workers Scripts · Edit",
  kv: "Account · Workers KV Storage · Edit",
  botProtection: "Zone · Bot Management · Read",
  zoneSettings: "Zone · Zone Settings · Read",
} as const;

export type Permission = (typeof permissions)[keyof typeof permissions];

/** The last two are for a warning only: setup works without them. */
export const requiredPermissions: readonly Permission[] = [
  permissions.zone,
  permissions.clientCertificates,
  permissions.firewall,
  permissions.routes,
  permissions.dns,
  permissions.workers,
  permissions.kv,
];

/** Cloudflare no longer documents this list of the zone's, but still sends it: only what it says clearly counts. */
const editNames: readonly [name: string, permission: Permission][] = [
  ["ssl", permissions.clientCertificates],
  ["waf", permissions.firewall],
];

/**
 * No call says what a token may do, short of one that needs a permission of its own. So each permission's cheapest read is tried; and where the zone says
 * that the token may only read, that is believed. What slips through is named by the call that is refused.
 *
 * @returns those that are missing
 */
export async function findMissingPermissions(client: CloudflareClient, zone: Zone): Promise<Permission[]> {
  const { id: zone_id, accountId: account_id } = zone;
  const reads: readonly [Permission, () => PromiseLike<unknown>][] = [
    [permissions.clientCertificates, () => client.clientCertificates.list({ zone_id, per_page: 5 })],
    [permissions.firewall, () => client.rulesets.phases.get("http_request_firewall_custom", { zone_id })],
    [permissions.routes, () => client.workers.routes.list({ zone_id })],
    [permissions.dns, () => client.dns.records.list({ zone_id, per_page: 5 })],
    [permissions.workers, () => client.workers.domains.list({ account_id, zone_id })],
    [permissions.kv, () => client.kv.namespaces.list({ account_id, per_page: 5 })],
  ];
  const unreadable = await Promise.all(
    reads.map(async ([permission, read]) => ((await isAllowed(permission, read)) ? null : permission)),
  );
  const readOnly = editNames
    .filter(([name]) => zone.permissions.includes(`#${name}:read`) && !zone.permissions.includes(`#${name}:edit`))
    .map(([, permission]) => permission);
  const missing = new Set([...unreadable.filter((permission) => permission !== null), ...readOnly]);
  return requiredPermissions.filter((permission) => missing.has(permission));
}

async function isAllowed(permission: Permission, read: () => PromiseLike<unknown>): Promise<boolean> {
  return askCloudflare(`looking whether the token has “${permission}”`, permission, async () => {
    try {
      await read();
      return true;
    } catch (error) {
      // A zone without custom rules has no entry point, which is as good an answer as any.
      if (isStatus(error, 404)) return true;
      if (isStatus(error, 403) || isStatus(error, 401)) return false;
      throw error;
    }
  });
}
