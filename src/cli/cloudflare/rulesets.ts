// The zone's rules of one phase, and the one rule among them with a name of ours: all others stay as they are.
import type { BlockRule } from "cloudflare/resources/rulesets/rules";
import { askCloudflare, type CloudflareClient, nullOn, permissions } from "./api.ts";
import type { Zone } from "./zone.ts";

/** The phases that this command has a rule in, with what Cloudflare calls their rules. */
export const phases = {
  http_request_firewall_custom: "custom rule",
  http_ratelimit: "rate-limiting rule",
} as const;

export type Phase = keyof typeof phases;

export interface PhaseRules {
  /** Null: the zone has no rules of this phase yet, and no place for them. */
  readonly rulesetId: string | null;
  readonly rules: readonly FoundRule[];
}

interface FoundRule {
  readonly id?: string;
  readonly ref?: string;
  readonly expression?: string;
  readonly action?: string;
  readonly enabled?: boolean;
}

/** A rule with all its fields: those that are left out of an edit go. */
export type WrittenRule = Required<Pick<BlockRule, "ref" | "description" | "action" | "enabled" | "expression">> &
  Pick<BlockRule, "action_parameters" | "ratelimit">;

/** @returns the rule's own name, which stays when it is edited */
export function ruleRef(hostname: string): string {
  return `octogate_${hostname.replaceAll(".", "_")}`;
}

export async function readRules(client: CloudflareClient, zone: Zone, phase: Phase): Promise<PhaseRules> {
  const ruleset = await askCloudflare(`reading the ${phases[phase]}s`, permissions.firewall, () =>
    nullOn([404], () => client.rulesets.phases.get(phase, { zone_id: zone.id })),
  );
  const { id: rulesetId = null, rules = [] } = ruleset ?? {};
  return { rulesetId, rules };
}

interface Place {
  readonly phase: Phase;
  readonly rulesetId: string | null;
  /** Null: the rule is not there yet. */
  readonly ruleId: string | null;
  /** Before all others; left out: where it is, or behind all others. */
  readonly isFirst?: boolean;
}

/** Adds the rule, or corrects it; others keep their order. @throws the SDK's error */
export async function writeRule(
  client: CloudflareClient,
  zone: Zone,
  { phase, rulesetId, ruleId, isFirst = false }: Place,
  rule: WrittenRule,
): Promise<void> {
  const zone_id = zone.id;
  const place = isFirst ? { position: { index: 1 } } : {};
  if (rulesetId === null) {
    // Made, not put: if there is one by now, this fails instead of replacing it.
    await client.rulesets.create({ zone_id, kind: "zone", phase, name: "default", rules: [rule] });
  } else if (ruleId === null) {
    await client.rulesets.rules.create(rulesetId, { zone_id, ...rule, ...place });
  } else {
    await client.rulesets.rules.edit(ruleId, { ruleset_id: rulesetId, zone_id, ...rule, ...place });
  }
}

export async function deleteRule(
  client: CloudflareClient,
  zone: Zone,
  phase: Phase,
  { rulesetId, ruleId }: { readonly rulesetId: string; readonly ruleId: string },
): Promise<void> {
  await askCloudflare(`deleting the ${phases[phase]}`, permissions.firewall, () =>
    client.rulesets.rules.delete(ruleId, { ruleset_id: rulesetId, zone_id: zone.id }),
  );
}
