// The one rate-limiting rule of the sign-in hostname.
// That hostname is open to everybody, and its requests count with those of the webhook: this rule stops an address
// before a request is counted, where the Worker's own limits come too late.
import { askCloudflare, type CloudflareClient, permissions, refusalOf } from "./api.ts";
import { deleteRule, readRules, ruleRef, writeRule } from "./rulesets.ts";
import type { Zone } from "./zone.ts";

const phase = "http_ratelimit";

export interface RateLimit {
  /** Null: the zone has no rate-limiting rules yet, and no place for them. */
  readonly rulesetId: string | null;
  readonly ruleCount: number;
  /** Null: not there. */
  readonly rule: { readonly id: string; readonly expression: string; readonly isBlocking: boolean } | null;
}

/**
 * By Cloudflare's documentation (WAF, rate limiting rules, availability). For other plans Cloudflare itself says when
 * there are too many.
 */
const maxRulesByPlan: Readonly<Record<string, number>> = { free: 1, pro: 2, business: 5 };

/**
 * By address, and by data centre, which Cloudflare demands. The free plan has this period and this duration alone: "not
 * entitled to use the period 60, can only use a period among [10]" (github.com/ma-r-s/crossplay, 106). A browser's
 * sign-in takes some ten requests and a refresh one, so an office behind one address can begin ten sign-ins a second.
 */
export const signInLimit = {
  characteristics: ["cf.colo.id", "ip.src"],
  period: 10,
  requests_per_period: 100,
  mitigation_timeout: 10,
};

export async function readRateLimit(client: CloudflareClient, zone: Zone, hostname: string): Promise<RateLimit> {
  const { rulesetId, rules } = await readRules(client, zone, phase);
  const { id, expression = "", action, enabled } = rules.find(({ ref }) => ref === ruleRef(hostname)) ?? {};
  const rule = id === undefined ? null : { id, expression, isBlocking: action === "block" && enabled === true };
  return { rulesetId, ruleCount: rules.length, rule };
}

/** Whether no more rule fits, as far as the plan's limit is known. */
export function hasNoRoom({ rule, ruleCount }: RateLimit, { plan }: Zone): boolean {
  const max = maxRulesByPlan[plan];
  return rule === null && max !== undefined && ruleCount >= max;
}

/** Whether it limits all requests to the hostname; how many in which time is the operator's, once it is there. */
export function isLimiting({ rule }: RateLimit, hostname: string): boolean {
  return rule?.isBlocking === true && rule.expression === expressionFor(hostname);
}

/**
 * A client may write the host in any case. By Cloudflare's documentation the free plan has no host in these
 * expressions; zones of the free plan have been seen to take it (github.com/ma-r-s/crossplay, 106).
 */
function expressionFor(hostname: string): string {
  return `(lower(http.host) eq "${hostname}")`;
}

/**
 * Adds the rule, or corrects it, unless it is there as it should be.
 *
 * @returns why Cloudflare takes no such rule, in its own words; null: it is there
 */
export async function limitRequests(client: CloudflareClient, zone: Zone, hostname: string): Promise<string | null> {
  const found = await readRateLimit(client, zone, hostname);
  if (isLimiting(found, hostname)) return null;
  const { rulesetId, rule } = found;
  const place = { phase, rulesetId, ruleId: rule?.id ?? null } as const;
  const refusal = await askCloudflare("writing the rate-limiting rule", permissions.firewall, () =>
    refusalOf(() =>
      writeRule(client, zone, place, {
        ref: ruleRef(hostname),
        description: `octogate: requests to ${hostname} from one address`,
        action: "block",
        enabled: true,
        expression: expressionFor(hostname),
        ratelimit: signInLimit,
      }),
    ),
  );
  // Where the answer to the first request got lost, the SDK's second one is refused: one rule fits, and it is there.
  return refusal === null || isLimiting(await readRateLimit(client, zone, hostname), hostname) ? null : refusal;
}

export async function deleteRateLimit(
  client: CloudflareClient,
  zone: Zone,
  { rulesetId, rule }: RateLimit,
): Promise<void> {
  if (rulesetId !== null && rule !== null) await deleteRule(client, zone, phase, { rulesetId, ruleId: rule.id });
}
