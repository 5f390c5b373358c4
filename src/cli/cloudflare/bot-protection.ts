// Bot protection answers programs with a page for people to click on. kube-apiserver is a program: it can't. This only warns: whether to turn it off for the zone
// is the operator's decision, and nothing of it is changed.
import type { CloudflareClient } from "./client.ts";
import { askCloudflare, isStatus } from "./failures.ts";
import { type Permission, permissions } from "./permissions.ts";
import type { Zone } from "./zone.ts";

export interface BotWarning {
  readonly message: string;
  readonly cure: string;
}

/** @returns what would, or could, stop kube-apiserver before it gets to the Worker */
export async function findBotProtection(client: CloudflareClient, zone: Zone, hostname: string): Promise<BotWarning[]> {
  const [bots, level] = await Promise.all([
    ifAllowed("reading the bot settings", permissions.botProtection, () =>
      client.botManagement.get({ zone_id: zone.id }),
    ),
    ifAllowed("reading the security level", permissions.zoneSettings, () =>
      client.zones.settings.get("security_level", { zone_id: zone.id }),
    ),
  ]);
  const warnings: BotWarning[] = [];
  if (bots === null) warnings.push(unknown("Bot Fight Mode", permissions.botProtection));
  else warnings.push(...botWarnings(bots, hostname));
  if (level === null) warnings.push(unknown("Under Attack mode", permissions.zoneSettings));
  else if ("value" in level && level.value === "under_attack") {
    warnings.push({
      message: "Under Attack mode is on: every request gets a page to click on, kube-apiserver's too",
      cure: `add a configuration rule with a lower security level for ${hostname}, or turn it off`,
    });
  }
  return warnings;
}

type BotSettings = Awaited<ReturnType<CloudflareClient["botManagement"]["get"]>>;

function botWarnings(settings: BotSettings, hostname: string): BotWarning[] {
  const warnings: BotWarning[] = [];
  if ("fight_mode" in settings && settings.fight_mode) {
    warnings.push({
      message: "Bot Fight Mode is on: it may challenge kube-apiserver, and no rule can make an exception from it",
      cure: `turn it off for ${hostname}'s zone (Security, Bots)`,
    });
  }
  const challenged = [
    "sbfm_definitely_automated" in settings ? settings.sbfm_definitely_automated : undefined,
    "sbfm_likely_automated" in settings ? settings.sbfm_likely_automated : undefined,
  ];
  if (challenged.some((action) => action === "block" || action === "managed_challenge")) {
    warnings.push({
      message: "Super Bot Fight Mode stops automated traffic, which kube-apiserver is",
      cure: `add a custom rule that skips Super Bot Fight Mode where http.host eq "${hostname}"`,
    });
  }
  return warnings;
}

function unknown(what: string, permission: Permission): BotWarning {
  return {
    message: `whether ${what} would stop kube-apiserver could not be looked up`,
    cure: `give the API token “${permission}”, or look yourself`,
  };
}

function ifAllowed<T>(what: string, permission: Permission, call: () => PromiseLike<T>): Promise<T | null> {
  return askCloudflare(what, permission, async () => {
    try {
      return await call();
    } catch (error) {
      if (isStatus(error, 403) || isStatus(error, 401)) return null;
      throw error;
    }
  });
}
