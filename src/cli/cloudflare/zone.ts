// The zone that a hostname lies in, and the permissions of the API token in it.
import { cliError } from "../command.ts";
import {
  askCloudflare,
  type CloudflareClient,
  nullOn,
  type Permission,
  permissions,
  requiredPermissions,
} from "./api.ts";

export interface Zone {
  readonly id: string;
  readonly name: string;
  readonly accountId: string;
  /** "free", "pro", "business", "enterprise", or a newer one. */
  readonly plan: string;
  /** What Cloudflare says that the token may do with the zone, such as "#ssl:edit"; empty where it says nothing. */
  readonly permissions: readonly string[];
}

/** @throws CliError if no active zone that the token can see has this hostname */
export async function findZone(client: CloudflareClient, hostname: string): Promise<Zone> {
  const inactive: string[] = [];
  for (const name of possibleZonesOf(hostname)) {
    const found = await askCloudflare(`looking up the zone ${name}`, permissions.zone, () =>
      client.zones.list({ name }),
    );
    for (const zone of found.result) {
      if (zone.name !== name) continue;
      if (zone.status !== "active" || zone.paused) {
        inactive.push(name);
        continue;
      }
      return {
        id: zone.id,
        name: zone.name,
        accountId: zone.account.id ?? "",
        plan: zone.plan?.legacy_id ?? "",
        permissions: zone.permissions ?? [],
      };
    }
  }
  await refuseBadToken(client);
  const why = inactive.length > 0 ? `the zone ${inactive.join(", ")} is not active at Cloudflare` : null;
  throw cliError(
    hostname,
    why ?? "lies in no zone that the API token can see",
    `choose a hostname of a zone of yours, and let the token see it (“${permissions.zone}”, zone resources)`,
  );
}

/** From the longest to the shortest: a subdomain may be a zone of its own. */
function possibleZonesOf(hostname: string): string[] {
  const labels = hostname.split(".");
  return labels.slice(0, -1).map((_, index) => labels.slice(index).join("."));
}

/** Throws where the token itself is wrong. Cloudflare does not know an account's own token here: such a one passes. */
async function refuseBadToken(client: CloudflareClient): Promise<void> {
  const verified = await askCloudflare("verifying the API token", permissions.zone, () =>
    nullOn([400, 401, 403], () => client.user.tokens.verify()),
  );
  if (verified === null || verified.status === "active") return;
  throw cliError(
    "CLOUDFLARE_API_TOKEN",
    `is ${verified.status}`,
    "make another at https://dash.cloudflare.com/profile/api-tokens",
  );
}

/** Cloudflare no longer documents this list in a zone, but still sends it: only what it says clearly counts. */
const editNames: readonly [name: string, permission: Permission][] = [
  ["ssl", permissions.clientCertificates],
  ["waf", permissions.firewall],
];

/**
 * Cloudflare cannot tell what a token may do, short of a call that needs a permission of its own. So the cheapest read
 * for each permission is tried, and where the zone says that the token may only read, that counts. A permission that is
 * not found missing here is named by the call that Cloudflare refuses later.
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
  // A zone without custom rules has no entry point, which is as good an answer as any.
  const allowed = () => nullOn([404], read).then(() => true);
  const found = await askCloudflare(`looking whether the token has “${permission}”`, permission, () =>
    nullOn([401, 403], allowed),
  );
  return found !== null;
}
