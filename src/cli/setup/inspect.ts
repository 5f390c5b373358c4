// What is there already: everything that setup may have to change is looked at first, so that it can say what it will do, and do only what is missing.
import { type ClusterFolder, clusterFolder, kubeconfigFile } from "../certificates/cluster-folder.ts";
import { inspectPair, type PairState } from "../certificates/obtain.ts";
import { currentPair, rotationStage } from "../certificates/rotation.ts";
import { type BotWarning, findBotProtection } from "../cloudflare/bot-protection.ts";
import { type CloudflareClient, connectToCloudflare } from "../cloudflare/client.ts";
import { type ClientCertificate, listClientCertificates } from "../cloudflare/client-certificates.ts";
import { findAddressRecords } from "../cloudflare/dns-records.ts";
import { type Firewall, readFirewall } from "../cloudflare/firewall-rule.ts";
import { readAssociatedHostnames } from "../cloudflare/hostname-associations.ts";
import { kvNamespaceTitle, listKvNamespaces } from "../cloudflare/kv-namespace.ts";
import { findMissingPermissions } from "../cloudflare/permissions.ts";
import { listWorkerRoutes, routeAt, type WorkerRoute } from "../cloudflare/worker-routes.ts";
import {
  type CustomDomain,
  type DeployedWorker,
  listCustomDomains,
  readDeployedWorker,
} from "../cloudflare/worker-script.ts";
import { findZone, type Zone } from "../cloudflare/zone.ts";
import type { Context } from "../context.ts";
import type { DeploymentFile } from "../deployment/deployment-file.ts";
import { reviewPath } from "../edge/verify.ts";
import { StepFailure } from "../step-failure.ts";

export interface Findings {
  readonly client: CloudflareClient;
  readonly zone: Zone;
  readonly folder: ClusterFolder;
  readonly certificates: readonly ClientCertificate[];
  readonly pair: PairState;
  readonly hasKubeconfig: boolean;
  readonly associatedHostnames: readonly string[];
  readonly firewall: Firewall;
  /** Of the name that setup gives; null: none. */
  readonly kvNamespaceId: string | null;
  readonly deployed: DeployedWorker | null;
  readonly domains: readonly CustomDomain[];
  readonly addressRecords: readonly string[];
  /** The route that would get the reviews first; null: none. */
  readonly route: WorkerRoute | null;
  readonly botWarnings: readonly BotWarning[];
}

/** @throws StepFailure if the token may not do something that setup does, or Cloudflare does not answer */
export async function inspect(
  deployment: DeploymentFile,
  { hostname, clusterName }: { hostname: string; clusterName: string },
  context: Context,
): Promise<Findings> {
  const client = await connectToCloudflare(context);
  const zone = await findZone(client, hostname);
  const missing = await findMissingPermissions(client, zone);
  if (missing.length > 0) {
    const cure = "https://dash.cloudflare.com/profile/api-tokens → the token → Edit";
    const [first, ...others] = missing.map((permission) => ({
      where: "CLOUDFLARE_API_TOKEN",
      message: `lacks the permission “${permission}”`,
      cure,
    }));
    if (first !== undefined) throw new StepFailure(first, ...others);
  }

  const { accountId } = zone;
  const { workerName } = deployment;
  const [
    certificates,
    associatedHostnames,
    firewall,
    namespaces,
    deployed,
    domains,
    addressRecords,
    routes,
    botWarnings,
  ] = await Promise.all([
    listClientCertificates(client, zone),
    readAssociatedHostnames(client, zone),
    readFirewall(client, zone, hostname),
    listKvNamespaces(client, accountId),
    readDeployedWorker(client, accountId, workerName),
    listCustomDomains(client, accountId),
    findAddressRecords(client, zone, hostname),
    listWorkerRoutes(client, zone),
    findBotProtection(client, zone, hostname),
  ]);
  const folder = clusterFolder(deployment.folder, clusterName);
  if ((await rotationStage(folder)) === "switching") {
    const cure = `run octogate certificate rotate --cluster ${clusterName} again: it goes on from where it stopped`;
    throw new StepFailure({ where: folder.name, message: "a rotation stopped while its files changed places", cure });
  }
  return {
    client,
    zone,
    folder,
    certificates,
    pair: await inspectPair(folder, currentPair, certificates),
    hasKubeconfig: await folder.hasFile(kubeconfigFile),
    associatedHostnames,
    firewall,
    kvNamespaceId: namespaces.find(({ title }) => title === kvNamespaceTitle(workerName))?.id ?? null,
    deployed,
    domains,
    addressRecords,
    route: routeAt(routes, `${hostname}${reviewPath}`),
    botWarnings,
  };
}
