// What exists already.
// setup looks at everything that it may have to change first. So it can say what it will do, and does only what is
// missing.
import { inspectPair, type PairState } from "../../certificates/obtain.ts";
import { ClusterFolder, currentPair, kubeconfigFile, rotationStage } from "../../certificates/pair-files.ts";
import { type CloudflareClient, connectToCloudflare } from "../../cloudflare/api.ts";
import { findBotProtection } from "../../cloudflare/bot-protection.ts";
import { type ClientCertificate, listClientCertificates } from "../../cloudflare/client-certificates.ts";
import { type Firewall, readFirewall } from "../../cloudflare/firewall-rule.ts";
import { readAssociatedHostnames } from "../../cloudflare/hostname-associations.ts";
import { findAddressRecords, listWorkerRoutes, routeAt, type WorkerRoute } from "../../cloudflare/hostname-use.ts";
import { kvNamespaceTitle, listKvNamespaces } from "../../cloudflare/kv-namespace.ts";
import {
  type CustomDomain,
  type DeployedWorker,
  listCustomDomains,
  readDeployedWorker,
} from "../../cloudflare/worker-script.ts";
import { findMissingPermissions, findZone, type Zone } from "../../cloudflare/zone.ts";
import type { DeploymentFile } from "../../config-file/clusters.ts";
import type { Context } from "../../context.ts";
import { reviewPath } from "../../deployment/verify.ts";
import { CliError, cliError, type Diagnostic, error } from "../../diagnostics.ts";
import type { SetupRequest } from "./written.ts";

export interface Existing {
  readonly client: CloudflareClient;
  readonly zone: Zone;
  readonly folder: ClusterFolder;
  readonly certificates: readonly ClientCertificate[];
  readonly pair: PairState;
  readonly hasKubeconfig: boolean;
  readonly associatedHostnames: readonly string[];
  readonly firewall: Firewall;
  /** The id of the namespace with the name that setup gives; null: none. */
  readonly kvNamespaceId: string | null;
  readonly deployed: DeployedWorker | null;
  readonly domains: readonly CustomDomain[];
  readonly addressRecords: readonly string[];
  /** The route that would get the reviews first; null: none. */
  readonly route: WorkerRoute | null;
  readonly botWarnings: readonly Diagnostic[];
}

/** @throws CliError if the token may not do something that setup does, or Cloudflare does not answer */
export async function inspect(
  deployment: DeploymentFile,
  { hostname, clusterName, variable }: Pick<SetupRequest, "hostname" | "clusterName" | "variable">,
  context: Context,
): Promise<Existing> {
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
    kvNamespaceId: namespaces.find(({ title }) => title === kvNamespaceTitle(workerName))?.id ?? null,
    deployed,
    domains,
    addressRecords,
    route: routeAt(routes, `${hostname}${reviewPath}`),
    botWarnings,
  };
}
