// Which certificates a cluster lists, in wrangler.toml and in what is deployed. The firewall rule lets in the authorities of exactly those.
import type { ClientCertificate } from "../cloudflare/client-certificates.ts";
import { isAsWanted, readFirewall, writeFirewallRule } from "../cloudflare/firewall-rule.ts";
import { readDeployedWorker } from "../cloudflare/worker-script.ts";
import type { Context } from "../context.ts";
import { deployIfNeeded, isDeployed, type Removal, refuseToLockOut } from "../deployment/deployed.ts";
import { type DeploymentFile, saveDeployment } from "../deployment/deployment-file.ts";
import type { Session } from "../deployment/session.ts";
import { StepFailure } from "../step-failure.ts";
import { addFingerprint, readCluster, removeFingerprint } from "../wrangler-toml/deployment-edits.ts";
import { wantedExpression } from "./issuers.ts";

/** @throws StepFailure if the cluster was never set up */
export function requireCluster({ text, path }: DeploymentFile, variable: string, clusterName: string): string[] {
  const cluster = readCluster(text, variable);
  if (cluster !== null && cluster.fingerprints.length > 0) return [...cluster.fingerprints];
  throw new StepFailure({
    where: `${path}: ${variable}`,
    message: `${clusterName} has no certificate yet`,
    cure: `run octogate setup --cluster ${clusterName} first`,
  });
}

/**
 * Before anything is changed: what is deployed next has to keep everything else that is deployed.
 *
 * @returns whether what stands in wrangler.toml is deployed
 */
export async function compareWithDeployed(
  { deployment, client, zone }: Session,
  removed: Removal | null = null,
): Promise<boolean> {
  const deployed = await readDeployedWorker(client, zone.accountId, deployment.workerName);
  refuseToLockOut(deployment, deployed, removed);
  return isDeployed(deployment, deployed);
}

/**
 * Lists one more certificate, and deploys.
 *
 * @param certificates of the zone
 */
export async function acceptCertificate(
  session: Session,
  context: Context,
  { variable, certificate }: { variable: string; certificate: ClientCertificate },
  certificates: readonly ClientCertificate[],
): Promise<void> {
  const { deployment } = session;
  await mendFirewall(session, certificates, deployment.text, certificate);
  const written = await saveDeployment(deployment, addFingerprint(deployment.text, variable, certificate.fingerprint));
  await deployIfNeeded(written, context, session);
}

/** Takes a certificate off the list, and deploys: from then on the Worker refuses it, whatever Cloudflare thinks of it. */
export async function stopAccepting(
  session: Session,
  context: Context,
  { variable, fingerprint }: { variable: string; fingerprint: string },
  certificates: readonly ClientCertificate[],
): Promise<void> {
  const { deployment } = session;
  const written = await saveDeployment(deployment, removeFingerprint(deployment.text, variable, fingerprint));
  await deployIfNeeded(written, context, session, { variable, fingerprint });
  await mendFirewall(session, certificates, written.text, null);
}

async function mendFirewall(
  { client, zone, hostname }: Session,
  certificates: readonly ClientCertificate[],
  text: string,
  added: ClientCertificate | null,
): Promise<void> {
  const expression = await wantedExpression(hostname, certificates, text, added);
  const firewall = await readFirewall(client, zone, hostname);
  if (expression === null || isAsWanted(firewall, expression)) return;
  await writeFirewallRule(client, zone, { firewall, hostname, expression });
}
