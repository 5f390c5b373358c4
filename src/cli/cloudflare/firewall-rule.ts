// The one custom rule of a hostname.
// It blocks requests without one of the listed client certificates, valid and unrevoked, before the Worker runs. It is
// known by its own `ref`; all other rules stay as they are. It does not run for addresses that an IP Access rule
// allows: the Worker checks the certificate by itself.
import { askCloudflare, type CloudflareClient, permissions } from "./api.ts";
import { deleteRule, readRules, ruleRef, writeRule } from "./rulesets.ts";
import type { Zone } from "./zone.ts";

const phase = "http_request_firewall_custom";

export interface Firewall {
  /** Null: the zone has no custom rules yet, and no place for them. */
  readonly rulesetId: string | null;
  readonly ruleCount: number;
  /** Null: not there. */
  readonly rule: BlockingRule | null;
}

interface BlockingRule {
  readonly id: string;
  readonly expression: string;
  readonly isBlocking: boolean;
  /** Whether no rule before it lets requests skip it. */
  readonly isReached: boolean;
}

/** By Cloudflare's documentation. For other plans Cloudflare itself says when there are too many. */
const maxRulesByPlan: Readonly<Record<string, number>> = { free: 5, pro: 20, business: 100, enterprise: 1000 };

/** Which certificates the rule lets through. */
export interface Admitted {
  /** SHA-256, 64 lowercase hex digits each. */
  readonly fingerprints: readonly string[];
  /** Key identifiers of whole authorities, uppercase hex. Only where the fingerprints do not fit. */
  readonly issuers: readonly string[];
}

/** By Cloudflare's documentation (Ruleset Engine, limits): characters of an expression. */
const maxExpressionLength = 4096;

/** Whether the rule can name so many certificates: some 58. */
export function fits(hostname: string, admitted: Admitted): boolean {
  return firewallExpression(hostname, admitted).length <= maxExpressionLength;
}

/**
 * "Verified" alone is true for a revoked certificate, and for every other certificate of an authority that the account
 * trusts: Cloudflare does not promise that its managed authority signs for one account alone. So the rule names the
 * certificates themselves, as the Worker does. The language compares letter by letter, and a client may write the host
 * in any case (https://developers.cloudflare.com/ruleset-engine/rules-language/functions/#lower).
 */
export function firewallExpression(hostname: string, { fingerprints, issuers }: Admitted): string {
  const inList = (field: string, values: readonly string[]) =>
    values.length === 0 ? [] : [`cf.tls_client_auth.${field} in {${listOf(values)}}`];
  const known = [...inList("cert_fingerprint_sha256", fingerprints), ...inList("cert_issuer_ski", issuers)];
  const wrong = [
    "not cf.tls_client_auth.cert_verified",
    "cf.tls_client_auth.cert_revoked",
    known.length === 1 ? `not ${known[0]}` : `not (${known.join(" or ")})`,
  ];
  return `(lower(http.host) eq "${hostname}" and (${wrong.join(" or ")}))`;
}

function listOf(values: readonly string[]): string {
  return [...new Set(values)]
    .sort()
    .map((value) => `"${value}"`)
    .join(" ");
}

/** @returns the fingerprints and authorities that a rule names, in whatever form it is written */
export function admittedBy({ rule }: Firewall): Admitted {
  const expression = rule?.expression ?? "";
  const valuesOf = (pattern: RegExp) => Array.from(expression.matchAll(pattern), ([, value = ""]) => value);
  return {
    fingerprints: valuesOf(/"([0-9a-f]{64})"/gi).map((value) => value.toLowerCase()),
    issuers: valuesOf(/"([0-9a-f]{40})"/gi).map((value) => value.toUpperCase()),
  };
}

export async function readFirewall(client: CloudflareClient, zone: Zone, hostname: string): Promise<Firewall> {
  const { rulesetId, rules } = await readRules(client, zone, phase);
  const at = rules.findIndex(({ ref }) => ref === ruleRef(hostname));
  const { id, expression = "", action, enabled } = rules[at] ?? {};
  if (id === undefined) return { rulesetId, ruleCount: rules.length, rule: null };
  const isReached = !rules.slice(0, at).some((other) => other.action === "skip" && other.enabled !== false);
  const rule = { id, expression, isBlocking: action === "block" && enabled === true, isReached };
  return { rulesetId, ruleCount: rules.length, rule };
}

/** Whether one more rule fits, as far as the plan's limit is known. */
export function isFull({ rule, ruleCount }: Firewall, { plan }: Zone): boolean {
  const max = maxRulesByPlan[plan];
  return rule === null && max !== undefined && ruleCount >= max;
}

/** Whether the rule has the words that this command writes, whatever certificates it names. */
export function hasOwnForm(hostname: string, firewall: Firewall): boolean {
  const { rule } = firewall;
  return rule === null || rule.expression === firewallExpression(hostname, admittedBy(firewall));
}

export function isAsWanted({ rule }: Firewall, expression: string): boolean {
  return rule?.isBlocking === true && rule.isReached && rule.expression === expression;
}

/**
 * Adds the rule, or corrects it; others keep their order behind it: a rule that skips the rest must not come before.
 */
export async function writeFirewallRule(
  client: CloudflareClient,
  zone: Zone,
  { firewall, hostname, expression }: { firewall: Firewall; hostname: string; expression: string },
): Promise<void> {
  const { rulesetId, rule } = firewall;
  const place = { phase, rulesetId, ruleId: rule?.id ?? null, isFirst: rule?.isReached !== true } as const;
  await askCloudflare("writing the custom rule", permissions.firewall, () =>
    writeRule(client, zone, place, {
      ref: ruleRef(hostname),
      description: `octogate: ${hostname} is for client certificates only`,
      action: "block",
      enabled: true,
      expression,
      ...blockAnswer(zone),
    }),
  );
}

export async function deleteFirewallRule(
  client: CloudflareClient,
  zone: Zone,
  { rulesetId, rule }: Firewall,
): Promise<void> {
  if (rulesetId !== null && rule !== null) await deleteRule(client, zone, phase, { rulesetId, ruleId: rule.id });
}

/** Custom answers need a paid plan; without one kube-apiserver gets a page in HTML, with the same status. */
function blockAnswer({ plan }: Zone) {
  if (plan === "free" || plan === "") return {};
  const content = JSON.stringify({
    kind: "Status",
    apiVersion: "v1",
    status: "Failure",
    message: "no valid client certificate: blocked before it came to Octogate",
    reason: "Forbidden",
    code: 403,
  });
  return { action_parameters: { response: { content, content_type: "application/json", status_code: 403 } } };
}
