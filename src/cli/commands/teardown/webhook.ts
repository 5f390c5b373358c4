// What teardown takes away of the clusters' hostname: what setup made there, known by its own names.
import { deleteFirewallRule, type Firewall, readFirewall } from "../../cloudflare/firewall-rule.ts";
import { dissociateHostname, readAssociatedHostnames } from "../../cloudflare/hostname-associations.ts";
import { ruleRef } from "../../cloudflare/rulesets.ts";
import { type CustomDomain, detachCustomDomain } from "../../cloudflare/worker-script.ts";
import type { Context } from "../../command.ts";
import type { Session } from "../../deployment/state.ts";

export interface WebhookRemains {
  readonly hostname: string;
  /** Null: it does not lead to this Worker. */
  readonly domain: CustomDomain | null;
  /** Null: the rule guards another Worker now. */
  readonly firewall: Firewall | null;
  readonly isAssociated: boolean;
  /** Whether no other Worker has it by now. */
  readonly isOurs: boolean;
  /** What is there and stays. */
  readonly left: readonly string[];
}

/** @returns null where no cluster asks for reviews */
export async function inspectWebhook(
  { deployment: { hostname, workerName }, client, zone }: Session,
  domains: readonly CustomDomain[],
): Promise<WebhookRemains | null> {
  if (hostname === null) return null;
  const [firewall, hostnames] = await Promise.all([
    readFirewall(client, zone, hostname),
    readAssociatedHostnames(client, zone),
  ]);
  const domain = domains.find((one) => one.hostname === hostname) ?? null;
  // The same hostname, set up from another clone under another name: rule and association guard that Worker now.
  const isOurs = domain === null || domain.service === workerName;
  const isAssociated = hostnames.includes(hostname);
  const isGuarded = firewall.rule !== null || isAssociated;
  return {
    hostname,
    domain: isOurs ? domain : null,
    firewall: isOurs ? firewall : null,
    isAssociated: isOurs && isAssociated,
    isOurs,
    left:
      isOurs || !isGuarded
        ? []
        : [`the custom rule and the association of ${hostname}: it leads to the Worker ${domain?.service}`],
  };
}

/** @param names of the clusters that ask there @returns one sentence each */
export function webhookChanges({ hostname, domain, firewall, isAssociated }: WebhookRemains, names: string): string[] {
  return [
    ...(domain === null ? [] : [`detach ${hostname}: users can no longer sign in to ${names}`]),
    ...(firewall === null || firewall.rule === null ? [] : [`delete the custom rule ${ruleRef(hostname)}`]),
    ...(isAssociated ? [`ask no more for client certificates at ${hostname} (hostname association)`] : []),
  ];
}

/** The rule goes after the domain: it guards the hostname for as long as that leads to the Worker. */
export async function removeWebhook(
  session: Session,
  { hostname, domain, firewall, isOurs }: WebhookRemains,
  context: Context,
): Promise<void> {
  const { client, zone, openedAt } = session;
  if (domain !== null) await detachCustomDomain(client, zone.accountId, domain.id);
  if (firewall !== null && firewall.rule !== null) await deleteFirewallRule(client, zone, firewall);
  // Also where it does not seem to be there: an earlier command may have added it a moment before this one.
  if (isOurs) await dissociateHostname(client, zone, hostname, context, openedAt);
}
