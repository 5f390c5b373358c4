// The certificates that clusters list: in wrangler.toml, in the deployment and in the firewall rule.
// A certificate comes into the rule before it is deployed, and goes out of it afterwards: at every moment the rule lets
// through at least what the Worker accepts.
import { type ClientCertificate, isUsable } from "../cloudflare/client-certificates.ts";
import {
  admittedBy,
  type Firewall,
  firewallExpression,
  fits,
  hasOwnForm,
  isAsWanted,
  readFirewall,
  writeFirewallRule,
} from "../cloudflare/firewall-rule.ts";
import { ruleRef } from "../cloudflare/rulesets.ts";
import { type Context, cliError, type Diagnostic, error, warning } from "../command.ts";
import { asDeployment, listedFingerprints } from "../config-file/clusters.ts";
import { addFingerprint, removeFingerprint } from "../config-file/edits.ts";
import { type ConfigFile, saveConfigFile } from "../config-file/file.ts";
import { applyEdits } from "../config-file/toml-edits.ts";
import {
  deployIfNeeded,
  isDeployed,
  type Removal,
  readDeployed,
  refuseToLockOut,
  type Session,
  type WebhookSession,
} from "../deployment/state.ts";
import { issuerKeyIdentifierOf } from "./obtain.ts";

/**
 * Before anything is changed: what is deployed next has to keep everything else that is deployed.
 *
 * @returns whether what wrangler.toml says is deployed
 */
export async function compareWithDeployed(
  { deployment, client, zone, clock }: Session,
  removed: Removal | null = null,
): Promise<boolean> {
  const deployed = await readDeployed(client, zone.accountId, deployment.workerName, clock);
  refuseToLockOut(deployment, deployed, removed);
  return isDeployed(deployment, deployed);
}

/**
 * Lists one more certificate, and deploys.
 *
 * @param certificates of the zone
 * @returns what the operator should know of the firewall rule
 */
export async function acceptCertificate(
  session: WebhookSession,
  context: Context,
  { variable, certificate }: { variable: string; certificate: ClientCertificate },
  certificates: readonly ClientCertificate[],
): Promise<readonly Diagnostic[]> {
  const { deployment, hostname } = session;
  const before = await correctFirewall(session, { file: deployment, certificates, added: certificate });
  const text = applyEdits(deployment, addFingerprint(deployment, variable, certificate.fingerprint));
  const written = asDeployment(await saveConfigFile(deployment, text));
  await deployIfNeeded(written, context, session, { certificates });
  // Of two clones that wrote the rule at one moment, the later one may have dropped what the other had added.
  const after = await correctFirewall(session, { file: written, certificates, added: certificate });
  return ruleDiagnostics(hostname, before, after);
}

/**
 * Takes a certificate off the list, and deploys: from then on the Worker refuses it, also where Cloudflare verifies it.
 * The firewall rule still names it, so that a run after a break knows whose it was.
 *
 * @returns the changed file
 */
export async function stopAccepting(
  session: Session,
  context: Context,
  removed: { readonly variable: string; readonly fingerprint: string },
  certificates: readonly ClientCertificate[],
): Promise<ConfigFile> {
  const { deployment } = session;
  const text = applyEdits(deployment, removeFingerprint(deployment, removed.variable, removed.fingerprint));
  const written = asDeployment(await saveConfigFile(deployment, text));
  await deployIfNeeded(written, context, session, { certificates, removed });
  return written;
}

/**
 * @param change what is about to be listed, and what was taken off the list
 * @returns the rule as it is now; null while there is no certificate
 */
export async function correctFirewall(
  { client, zone, hostname, clock }: Pick<WebhookSession, "client" | "zone" | "hostname" | "clock">,
  change: RuleChange,
): Promise<WantedRule | null> {
  // Read just before: another clone may have added a certificate meanwhile.
  const firewall = await readFirewall(client, zone, hostname);
  const wanted = await wantedRule(hostname, firewall, change);
  if (wanted === null || isAsWanted(firewall, wanted.expression)) return wanted;
  if (!hasOwnForm(hostname, firewall)) {
    const name = ruleRef(hostname);
    clock.terminal.note(
      `  the custom rule ${name} is written anew; it was changed by hand: ${firewall.rule?.expression}`,
    );
  }
  await writeFirewallRule(client, zone, { firewall, hostname, expression: wanted.expression });
  return wanted;
}

/**
 * @param before the rule before this command deployed
 * @param after the rule afterwards
 * @returns what the operator should know of it
 */
export function ruleDiagnostics(hostname: string, before: WantedRule | null, after: WantedRule | null): Diagnostic[] {
  const subject = `the custom rule ${ruleRef(hostname)}`;
  const diagnostics = (after?.unlisted ?? []).map((fingerprint) => {
    const message = `lets the certificate ${fingerprint} through, which no cluster here lists: the Worker refuses it`;
    if (before?.unlisted.includes(fingerprint)) return warning(subject, message);
    // Deployments have no versions to compare: the later of two at once replaces the other's.
    return error(
      subject,
      `another clone added the certificate ${fingerprint} while this command ran, and the deployment from here may lack it`,
      "bring both files to the same state, and run that clone's command again",
    );
  });
  if (after?.isByAuthority !== true) return diagnostics;
  const message = "names authorities, for the certificates are too many: it lets through what else those have signed";
  return [...diagnostics, warning(subject, message, "octogate certificate list shows which are no longer used")];
}

export interface RuleChange {
  readonly file: ConfigFile;
  /** Of the zone. */
  readonly certificates: readonly ClientCertificate[];
  /** About to be listed. */
  readonly added?: ClientCertificate | null;
  /** How many certificates are still to be signed and listed. */
  readonly coming?: number;
  /** Fingerprints that no cluster lists any more. */
  readonly removed?: readonly string[];
}

/**
 * Before a certificate is signed that no rule could name.
 *
 * @throws CliError if one more is too many
 */
export async function refuseFullRule(
  { client, zone, hostname }: Pick<WebhookSession, "client" | "zone" | "hostname">,
  change: RuleChange,
): Promise<void> {
  await wantedRule(hostname, await readFirewall(client, zone, hostname), { ...change, coming: 1 });
}

export interface WantedRule {
  readonly expression: string;
  /** Fingerprints in the rule that no cluster of the file lists. They stay: the Worker refuses them, if it has to. */
  readonly unlisted: readonly string[];
  /** Fingerprints that the rule names for nothing: Cloudflare has revoked them, and no cluster lists them. */
  readonly ended: readonly string[];
  /** Authorities that the rule names no more: the listed certificates are named themselves. */
  readonly authorities: readonly string[];
  /** Whether the rule names authorities, because the certificates are too many for it. */
  readonly isByAuthority: boolean;
}

/**
 * Everything that some cluster lists, and everything else that the rule lets through already: a certificate of another
 * authority, or one that another clone is just adding. Only what was removed on purpose, or what Cloudflare has
 * revoked, goes.
 *
 * @returns null while there is no certificate
 */
export async function wantedRule(
  hostname: string,
  firewall: Firewall,
  { file, certificates, added = null, coming = 0, removed = [] }: RuleChange,
): Promise<WantedRule | null> {
  const listed = listedFingerprints(file);
  const isRevoked = (fingerprint: string) =>
    certificates.some((one) => one.fingerprint === fingerprint && !isUsable(one));
  const isKept = (fingerprint: string) => !listed.has(fingerprint) && !removed.includes(fingerprint);
  const inRule = admittedBy(firewall).fingerprints.filter(isKept);
  const ended = inRule.filter(isRevoked);
  const unlisted = inRule.filter((fingerprint) => !isRevoked(fingerprint) && fingerprint !== added?.fingerprint);
  const fingerprints = [
    ...[...listed.keys()].filter((fingerprint) => !removed.includes(fingerprint)),
    ...(added === null ? [] : [added.fingerprint]),
    ...unlisted,
    ...Array.from({ length: coming }, (_, at) => at.toString(16).padStart(64, "0")),
  ];
  if (fingerprints.length === 0) return null;
  const named = { fingerprints, issuers: [] };
  if (fits(hostname, named)) {
    const authorities = admittedBy(firewall).issuers;
    return { expression: firewallExpression(hostname, named), unlisted, ended, authorities, isByAuthority: false };
  }
  // Too many: those of this zone by their authorities, and those of others as they are.
  const known = [...certificates, ...(added === null ? [] : [added])];
  const ofThisZone = known.filter(({ fingerprint }) => fingerprints.includes(fingerprint));
  const others = fingerprints.filter((fingerprint) => !known.some((one) => one.fingerprint === fingerprint));
  const issuers = await Promise.all(ofThisZone.map(issuerOf));
  const byAuthority = { fingerprints: others, issuers };
  if (!fits(hostname, byAuthority)) {
    throw cliError(
      hostname,
      `${fingerprints.length} client certificates are more than a firewall rule can name`,
      "octogate certificate revoke takes those away that are no longer used",
    );
  }
  const expression = firewallExpression(hostname, byAuthority);
  const authorities = admittedBy(firewall).issuers.filter((issuer) => !issuers.includes(issuer));
  return { expression, unlisted, ended, authorities, isByAuthority: true };
}

async function issuerOf({ certificate, fingerprint }: ClientCertificate): Promise<string> {
  const issuer = await issuerKeyIdentifierOf(certificate);
  if (issuer !== null) return issuer;
  throw cliError(
    `client certificate ${fingerprint}`,
    "does not say which key signed it: no firewall rule can tell it from another authority's",
  );
}
