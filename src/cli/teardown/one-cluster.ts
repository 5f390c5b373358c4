// Takes one cluster out of a deployment that others go on using. The table goes last of what says which certificates were its own, so that a break leaves nothing behind.
import { clusterFolder } from "../certificates/cluster-folder.ts";
import { listClientCertificates } from "../cloudflare/client-certificates.ts";
import { readDeployedWorker } from "../cloudflare/worker-script.ts";
import { askForConsent, type ChangeOptions } from "../consent.ts";
import type { Context } from "../context.ts";
import { deployIfNeeded, refuseForeignClusters } from "../deployment/deployed.ts";
import { saveDeployment } from "../deployment/deployment-file.ts";
import type { Session } from "../deployment/session.ts";
import { done, failed, type Report } from "../report.ts";
import { clusterVariablesIn, readCluster, removeCluster } from "../wrangler-toml/deployment-edits.ts";
import { findClusterCertificates, removeFiles, revokeAll } from "./cluster-certificates.ts";

export async function tearDownCluster(
  session: Session,
  { clusterName, variable }: { clusterName: string; variable: string },
  options: ChangeOptions,
  context: Context,
): Promise<Report> {
  const { deployment, client, zone } = session;
  const { path, text, workerName } = deployment;
  const others = clusterVariablesIn(text).filter((other) => other !== variable);
  if (others.length === 0) {
    const cure = "octogate teardown --everything takes the whole deployment down";
    return failed({ where: path, message: `${clusterName} is the only cluster of this deployment`, cure });
  }
  const deployed = await readDeployedWorker(client, zone.accountId, workerName);
  refuseForeignClusters(deployment, deployed, variable);
  const folder = clusterFolder(deployment.folder, clusterName);
  const listed = readCluster(text, variable);
  const certificates = await findClusterCertificates(
    folder,
    listed?.fingerprints ?? [],
    await listClientCertificates(client, zone),
  );

  const isDeployedStill = deployed !== null && variable in deployed.variables;
  const pairs = await folder.pairs();
  const changes = [
    ...certificates.map(({ fingerprint, commonName }) => `revoke the certificate ${fingerprint} (${commonName})`),
    ...(listed === null && !isDeployedStill ? [] : [`take [vars.${variable}] out of ${path}, and deploy`]),
    ...(pairs.length === 0 ? [] : [`remove the keys and certificates in ${folder.name}: ${pairs.join(", ")}`]),
  ];
  if (changes.length === 0) return done([`There is nothing of ${clusterName}.`], { changed: false });
  const consent = await askForConsent(context, changes, options);
  if (consent.kind === "stop") return consent.report;

  await revokeAll(session, certificates);
  const written = await saveDeployment(deployment, removeCluster(text, variable));
  await deployIfNeeded(written, context, session);
  await removeFiles(folder);
  return done([`${clusterName} is gone; ${others.length} other clusters go on.`], { changed: true, changes });
}
