// The zone that a hostname lies in, and whether the token is any good.
import { StepFailure } from "../step-failure.ts";
import type { CloudflareClient } from "./client.ts";
import { askCloudflare, isStatus } from "./failures.ts";
import { permissions } from "./permissions.ts";

export interface Zone {
  readonly id: string;
  readonly name: string;
  readonly accountId: string;
  /** "free", "pro", "business", "enterprise", or another that Cloudflare has thought of since. */
  readonly plan: string;
  /** What Cloudflare says that the token may do with the zone, such as "#ssl:edit"; empty where it says nothing. */
  readonly permissions: readonly string[];
}

/** @throws StepFailure if no active zone that the token can see has this hostname */
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
  throw new StepFailure({
    where: hostname,
    message: why ?? "lies in no zone that the API token can see",
    cure: `choose a hostname of a zone of yours, and let the token see it (“${permissions.zone}”, zone resources)`,
  });
}

/** From the longest to the shortest: a subdomain may be a zone of its own. */
function possibleZonesOf(hostname: string): string[] {
  const labels = hostname.split(".");
  return labels.slice(0, -1).map((_, index) => labels.slice(index).join("."));
}

/** Says so where the token itself is what is wrong. A token that an account owns is unknown here, and passes. */
async function refuseBadToken(client: CloudflareClient): Promise<void> {
  const status = await askCloudflare("verifying the API token", permissions.zone, async () => {
    try {
      return (await client.user.tokens.verify()).status;
    } catch (error) {
      if (isStatus(error, 401) || isStatus(error, 403) || isStatus(error, 400)) return null;
      throw error;
    }
  });
  if (status === null || status === "active") return;
  throw new StepFailure({
    where: "CLOUDFLARE_API_TOKEN",
    message: `is ${status}`,
    cure: "make another at https://dash.cloudflare.com/profile/api-tokens",
  });
}
