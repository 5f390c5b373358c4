// The certificates that clusters list, in wrangler.toml and in the deployment.
// The firewall rule lets in the authorities of exactly those: there is one for the account, until Cloudflare renews it.
import type { ClientCertificate } from "../cloudflare/client-certificates.ts";
import { firewallExpression, isAsWanted, readFirewall, writeFirewallRule } from "../cloudflare/firewall-rule.ts";
import { type Context, cliError } from "../command.ts";
import { asDeployment, listedFingerprints } from "../config-file/clusters.ts";
import { addFingerprint, applyEdits, removeFingerprint } from "../config-file/edits.ts";
import { type ConfigFile, saveConfigFile } from "../config-file/file.ts";
import {
  deployIfNeeded,
  isDeployed,
  type Removal,
  readDeployed,
  refuseToLockOut,
  type Session,
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

/** Lists one more certificate, and deploys. @param certificates of the zone */
export async function acceptCertificate(
  session: Session,
  context: Context,
  { variable, certificate }: { variable: string; certificate: ClientCertificate },
  certificates: readonly ClientCertificate[],
): Promise<void> {
  const { deployment } = session;
  await correctFirewall(session, certificates, deployment, certificate);
  const text = applyEdits(deployment, addFingerprint(deployment, variable, certificate.fingerprint));
  const written = asDeployment(await saveConfigFile(deployment, text));
  await deployIfNeeded(written, context, session);
}

/**
 * Takes a certificate off the list, and deploys: from then on the Worker refuses it, also where Cloudflare verifies it.
 */
export async function stopAccepting(
  session: Session,
  context: Context,
  { variable, fingerprint }: { variable: string; fingerprint: string },
  certificates: readonly ClientCertificate[],
): Promise<void> {
  const { deployment } = session;
  const text = applyEdits(deployment, removeFingerprint(deployment, variable, fingerprint));
  const written = asDeployment(await saveConfigFile(deployment, text));
  await deployIfNeeded(written, context, session, { variable, fingerprint });
  await correctFirewall(session, certificates, written, null);
}

async function correctFirewall(
  { client, zone, hostname }: Session,
  certificates: readonly ClientCertificate[],
  file: ConfigFile,
  added: ClientCertificate | null,
): Promise<void> {
  const expression = await wantedExpression(hostname, certificates, file, added);
  const firewall = await readFirewall(client, zone, hostname);
  if (expression === null || isAsWanted(firewall, expression)) return;
  await writeFirewallRule(client, zone, { firewall, hostname, expression });
}

/**
 * @param certificates of the zone
 * @param added a certificate that is about to be listed
 * @returns the rule's expression, or null while there is no certificate
 */
export async function wantedExpression(
  hostname: string,
  certificates: readonly ClientCertificate[],
  file: ConfigFile,
  added: ClientCertificate | null = null,
): Promise<string | null> {
  const listed = listedFingerprints(file);
  const used = certificates.filter(({ fingerprint, status }) => listed.has(fingerprint) && status === "active");
  const issuers = await Promise.all([...used, ...(added === null ? [] : [added])].map(issuerOf));
  return issuers.length === 0 ? null : firewallExpression(hostname, issuers);
}

async function issuerOf({ certificate, fingerprint }: ClientCertificate): Promise<string> {
  const issuer = await issuerKeyIdentifierOf(certificate);
  if (issuer !== null) return issuer;
  throw cliError(
    `client certificate ${fingerprint}`,
    "does not say which key signed it: no firewall rule can tell it from another authority's",
  );
}
