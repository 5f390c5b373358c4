// The zone that a hostname lies in, and the permissions of the API token in it.
import { cliError } from "../command.ts";
import {
  askCloudflare,
  type CloudflareClient,
  nullOn,
  type Permission,
  permissions,
  requiredPermissions,
  tokensPage,
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
    const found = await askCloudflare(`looking up the zone ${name}`, permissions.zone, async () => {
      try {
        return await client.zones.list({ name });
      } catch (error) {
        // 400 is the answer to what has not the form of a token: codes 6003 and 6111.
        if ((await nullOn(refusals, () => Promise.reject(error))) === null) await refuseBadToken(client, true);
        throw error;
      }
    });
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
  await refuseBadToken(client, false);
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

const refusals = [400, 401, 403];

/**
 * Throws where the token itself is wrong. Cloudflare knows an account's own token elsewhere, and not here.
 *
 * @param isRefusedElsewhere whether Cloudflare has refused the token already: then one that it does not know here is
 *   wrong
 */
async function refuseBadToken(client: CloudflareClient, isRefusedElsewhere: boolean): Promise<void> {
  const verified = await askCloudflare("verifying the API token", permissions.zone, () =>
    nullOn(refusals, () => client.user.tokens.verify()),
  );
  if (verified?.status === "active" || (verified === null && !isRefusedElsewhere)) return;
  throw cliError(
    "CLOUDFLARE_API_TOKEN",
    verified === null
      ? "Cloudflare does not know this token: it is mistyped, expired or revoked"
      : `is ${verified.status}`,
    `make another at ${tokensPage}, with “${permissions.zone}” among its permissions`,
  );
}

/** Cloudflare no longer documents this list in a zone, but still sends it, perhaps with other names than these. */
const editNames: readonly [name: string, permission: Permission][] = [
  ["ssl", permissions.clientCertificates],
  ["waf", permissions.firewall],
];

/**
 * Cloudflare cannot tell what a token may do, short of a call that needs a permission of its own. So the cheapest read
 * for each permission is tried. A permission that is not found missing here is named by the call that Cloudflare
 * refuses later.
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
  return requiredPermissions.filter((permission) => unreadable.includes(permission));
}

/** @returns the permissions with which the token may only read, as the zone says: a doubt, no certainty */
export function findReadOnlyPermissions({ permissions: told }: Zone): Permission[] {
  return editNames
    .filter(([name]) => told.includes(`#${name}:read`) && !told.includes(`#${name}:edit`))
    .map(([, permission]) => permission);
}

async function isAllowed(permission: Permission, read: () => PromiseLike<unknown>): Promise<boolean> {
  // A zone without custom rules has no entry point, which is as good an answer as any.
  const allowed = () => nullOn([404], read).then(() => true);
  const found = await askCloudflare(`looking whether the token has “${permission}”`, permission, () =>
    nullOn([401, 403], allowed),
  );
  return found !== null;
}
