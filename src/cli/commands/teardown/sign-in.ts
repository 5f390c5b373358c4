// What teardown takes away of the sign-in hostname: what setup made there, known by its own names.
import * as v from "valibot";
import { allowEntrySchema, isForWorkflows } from "../../../worker/config/entries.ts";
import { deleteRateLimit, type RateLimit, readRateLimit } from "../../cloudflare/rate-limit-rule.ts";
import { ruleRef } from "../../cloudflare/rulesets.ts";
import {
  type CustomDomain,
  type DeployedWorker,
  detachCustomDomain,
  listCustomDomains,
} from "../../cloudflare/worker-script.ts";
import { signingKeyNames } from "../../config-file/check/stand-in-secrets.ts";
import { isTable, stringsIn } from "../../config-file/clusters.ts";
import { oauthClientSecretsName, type Session, signingKeysIn } from "../../deployment/state.ts";

export interface SignInRemains {
  readonly hostname: string;
  /** Null: it does not lead to this Worker. */
  readonly domain: CustomDomain | null;
  /** Null: it guards another Worker now. */
  readonly rateLimit: RateLimit | null;
  /** What is there and stays. */
  readonly left: readonly string[];
  /** What [secrets] required is not to name any more. */
  readonly secrets: readonly string[];
  /** Whether a table that stays names workflows, whose tokens' audience begins with ISSUER_URL. */
  readonly keepsIssuer: boolean;
}

/**
 * @param removed the variables whose tables go
 * @param domains of the account, where they were read already
 * @returns null where no person signs in
 */
export async function inspectSignIn(
  { deployment, client, zone }: Session,
  removed: readonly string[],
  domains?: readonly CustomDomain[],
): Promise<SignInRemains | null> {
  const { signInHostname: hostname, workerName, settings } = deployment;
  if (hostname === null) return null;
  const rateLimit = await readRateLimit(client, zone, hostname);
  const at = (domains ?? (await listCustomDomains(client, zone.accountId))).find((one) => one.hostname === hostname);
  const isOurs = at === undefined || at.service === workerName;
  const guarded = `the rate-limiting rule ${ruleRef(hostname)}: ${hostname} leads to the Worker ${at?.service}`;
  // Apps whose tokens people bring themselves have their secrets there, too.
  const hasOtherApps = Object.values(settings.vars).some(
    (table) => isTable(table) && stringsIn(table, "oauth_clients").length > 0,
  );
  const keepsIssuer = Object.entries(settings.vars).some(
    ([name, table]) => !removed.includes(name) && stringsIn(table, "allow").some(namesWorkflows),
  );
  return {
    hostname,
    domain: at !== undefined && isOurs ? at : null,
    rateLimit: isOurs ? rateLimit : null,
    left: [
      ...(isOurs || rateLimit.rule === null ? [] : [guarded]),
      ...(keepsIssuer ? ["ISSUER_URL, which begins the audience of workflows' tokens"] : []),
    ],
    keepsIssuer,
    secrets: [...signingKeyNames(settings), ...(hasOtherApps ? [] : [oauthClientSecretsName])],
  };
}

function namesWorkflows(entry: string): boolean {
  const parsed = v.safeParse(allowEntrySchema, entry);
  return parsed.success && isForWorkflows(parsed.output);
}

/** @returns one sentence each */
export function signInChanges({ hostname, domain, rateLimit }: SignInRemains): string[] {
  return [
    ...(domain === null ? [] : [`detach ${hostname}: users can no longer sign in with the browser`]),
    ...(rateLimit === null || rateLimit.rule === null ? [] : [`delete the rate-limiting rule ${ruleRef(hostname)}`]),
  ];
}

/** The rule goes last: it guards the hostname for as long as that leads to the Worker. */
export async function removeSignIn(
  { client, zone }: Session,
  { domain, rateLimit }: Pick<SignInRemains, "domain" | "rateLimit">,
): Promise<void> {
  if (domain !== null) await detachCustomDomain(client, zone.accountId, domain.id);
  if (rateLimit !== null) await deleteRateLimit(client, zone, rateLimit);
}

/** They go with the Worker alone: a later setup finds the key, and never replaces it. */
export function secretsLeft(deployed: DeployedWorker | null): string[] {
  const names = [oauthClientSecretsName, ...signingKeysIn(deployed)];
  return names.filter((name) => deployed?.secrets.includes(name)).map((name) => `the Worker's secret ${name}`);
}
