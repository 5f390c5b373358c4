// What a request to a hostname meets before the Worker: DNS records, routes of other Workers, and bot protection, which
// answers programs with a page for people to click on. kube-apiserver is a program, and cannot.
import { type Diagnostic, warning } from "../command.ts";
import { askCloudflare, type CloudflareClient, listAll, nullOn, type Permission, permissions } from "./api.ts";
import type { Zone } from "./zone.ts";

/** A route runs before the Worker of a custom domain: "*.acme.dev/*" would get every review, with the token in it. */
export interface WorkerRoute {
  readonly pattern: string;
  /** The Worker's name; null: no Worker runs there, which makes an exception. */
  readonly script: string | null;
}

export function listWorkerRoutes(client: CloudflareClient, zone: Zone): Promise<WorkerRoute[]> {
  return askCloudflare("listing Workers' routes", permissions.routes, async () => {
    const routes = await listAll(client.workers.routes.list({ zone_id: zone.id }), ({ id }) => id);
    return routes.map(({ pattern, script }) => ({ pattern, script: script || null }));
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

export interface BotProtection {
  /** What would, or could, stop kube-apiserver before it gets to the Worker. */
  readonly warnings: readonly Diagnostic[];
  /** What could, but does not as long as a request in kube-apiserver's form gets through. */
  readonly doubts: readonly Diagnostic[];
}

/** Changes nothing: whether to turn bot protection off for the zone is the operator's decision. */
export async function findBotProtection(
  client: CloudflareClient,
  zone: Zone,
  hostname: string,
): Promise<BotProtection> {
  const zone_id = zone.id;
  const [bots, level, browserCheck] = await Promise.all([
    askCloudflare("reading the bot settings", permissions.botProtection, () =>
      nullOn(notAllowed, () => client.botManagement.get({ zone_id })),
    ),
    askCloudflare("reading the security level", permissions.zoneSettings, () =>
      nullOn(notAllowed, () => client.zones.settings.get("security_level", { zone_id })),
    ),
    askCloudflare("reading whether Browser Integrity Check is on", permissions.zoneSettings, () =>
      nullOn(notAllowed, () => client.zones.settings.get("browser_check", { zone_id })),
    ),
  ]);
  const warnings: Diagnostic[] = [];
  if (bots === null) warnings.push(unknown(zone, "Bot Fight Mode", permissions.botProtection));
  else warnings.push(...botWarnings(zone, bots, hostname));
  if (level === null) warnings.push(unknown(zone, "Under Attack mode", permissions.zoneSettings));
  else if ("value" in level && level.value === "under_attack") {
    const message = "Under Attack mode is on: every request gets a page to click on, kube-apiserver's too";
    const hint = `add a configuration rule with a lower security level for ${hostname}, or turn it off`;
    warnings.push(warning(zone.name, message, hint));
  }
  const isChecked = browserCheck !== null && "value" in browserCheck && browserCheck.value === "on";
  return { warnings, doubts: isChecked ? [browserCheckDoubt(zone, hostname)] : [] };
}

const notAllowed = [401, 403];

/**
 * On in every new zone. It goes by the user agent: https://developers.cloudflare.com/waf/tools/browser-integrity-check/
 */
function browserCheckDoubt(zone: Zone, hostname: string): Diagnostic {
  const message =
    "Browser Integrity Check is on: it refuses unusual user agents (error 1010), perhaps kube-apiserver's (Go-http-client/2.0)";
  const hint = `if it does, turn it off for ${hostname} by a configuration rule, or skip it by a custom rule`;
  return warning(zone.name, message, hint);
}

type BotSettings = Awaited<ReturnType<CloudflareClient["botManagement"]["get"]>>;

function botWarnings(zone: Zone, settings: BotSettings, hostname: string): Diagnostic[] {
  const found: Diagnostic[] = [];
  if ("fight_mode" in settings && settings.fight_mode) {
    const message =
      "Bot Fight Mode is on, for the whole zone: it may challenge kube-apiserver, and no custom rule skips it";
    const hint =
      "turn it off (Security, Settings), or allow kube-apiserver's addresses by an IP Access rule: custom rules, Octogate's too, do not run for them then, and the Worker alone checks the certificate";
    found.push(warning(zone.name, message, hint));
  }
  const challenged = [
    "sbfm_definitely_automated" in settings ? settings.sbfm_definitely_automated : undefined,
    "sbfm_likely_automated" in settings ? settings.sbfm_likely_automated : undefined,
  ];
  if (challenged.some((action) => action === "block" || action === "managed_challenge")) {
    const message = "Super Bot Fight Mode stops automated traffic, which kube-apiserver is";
    const hint = `add a custom rule that skips Super Bot Fight Mode where http.host eq "${hostname}"`;
    found.push(warning(zone.name, message, hint));
  }
  return found;
}

function unknown(zone: Zone, what: string, permission: Permission): Diagnostic {
  const message = `whether ${what} would stop kube-apiserver could not be looked up`;
  return warning(zone.name, message, `give the API token “${permission}”, or look yourself`);
}
