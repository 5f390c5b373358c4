// What exists already.
// setup looks at everything that it may have to change first. So it can say what it will do, and does only what is
// missing.
import { inspectPair } from "../../certificates/obtain.ts";
import { ClusterFolder, currentPair, kubeconfigFile, rotationStage } from "../../certificates/pair-files.ts";
import { connectToCloudflare } from "../../cloudflare/api.ts";
import { listClientCertificates, readAssociatedHostnames } from "../../cloudflare/client-certificates.ts";
import { readFirewall } from "../../cloudflare/firewall-rule.ts";
import { findAddressRecords, findBotProtection, listWorkerRoutes, routeAt } from "../../cloudflare/hostname-use.ts";
import {
  kvNamespaceTitle,
  listCustomDomains,
  listKvNamespaces,
  readDeployedWorker,
} from "../../cloudflare/worker-script.ts";
import { findMissingPermissions, findZone } from "../../cloudflare/zone.ts";
import { CliError, type Context, cliError, error } from "../../command.ts";
import type { DeploymentFile } from "../../config-file/clusters.ts";
import { reviewPath } from "../../deployment/verify.ts";

export type Existing = Awaited<ReturnType<typeof inspect>>;

/** @throws CliError if the token may not do something that setup does, or Cloudflare does not answer */
export async function inspect(
  deployment: DeploymentFile,
  { hostname, clusterName, variable }: { hostname: string; clusterName: string; variable: string },
  context: Context,
) {
  const client = await connectToCloudflare(context);
  const zone = await findZone(client, hostname);
  const missing = await findMissingPermissions(client, zone);
  if (missing.length > 0) {
    const hint = "https://dash.cloudflare.com/profile/api-tokens → the token → Edit";
    throw new CliError(
      ...missing.map((permission) => error("CLOUDFLARE_API_TOKEN", `lacks the permission “${permission}”`, hint)),
    );
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
  const folder = new ClusterFolder(deployment.folder, clusterName);
  if ((await rotationStage(folder)) === "switching") {
    const hint = `run octogate certificate rotate --cluster ${clusterName} again: it goes on from where it stopped`;
    throw cliError(folder.name, "a rotation stopped while its files changed places", hint);
  }
  return {
    client,
    zone,
    folder,
    certificates,
    pair: await inspectPair(folder, currentPair, { file: deployment, certificates, variables: [variable] }),
    hasKubeconfig: folder.hasFile(kubeconfigFile),
    associatedHostnames,
    firewall,
    // Of the namespace with the name that setup gives; null: none.
    kvNamespaceId: namespaces.find(({ title }) => title === kvNamespaceTitle(workerName))?.id ?? null,
    deployed,
    domains,
    addressRecords,
    // The one that would get the reviews first; null: none.
    route: routeAt(routes, `${hostname}${reviewPath}`),
    botWarnings,
  };
}
