// What exists already.
// setup looks at everything that it may have to change first. So it can say what it will do, and does only what is
// missing.
import { inspectPair } from "../../certificates/obtain.ts";
import { ClusterFolder, currentPair, kubeconfigFile, rotationStage } from "../../certificates/pair-files.ts";
import { listSettled } from "../../certificates/settled-list.ts";
import { connectToCloudflare, tokensPage } from "../../cloudflare/api.ts";
import { readFirewall } from "../../cloudflare/firewall-rule.ts";
import { readAssociatedHostnames } from "../../cloudflare/hostname-associations.ts";
import { findAddressRecords, findBotProtection, listWorkerRoutes, routeAt } from "../../cloudflare/hostname-use.ts";
import { kvNamespaceTitle, listCustomDomains, listKvNamespaces } from "../../cloudflare/worker-script.ts";
import { findMissingPermissions, findReadOnlyPermissions, findZone } from "../../cloudflare/zone.ts";
import { CliError, type Context, cliError, error, warning } from "../../command.ts";
import type { DeploymentFile } from "../../config-file/clusters.ts";
import { readDeployed, signInSecretsOf } from "../../deployment/state.ts";
import { reviewPath } from "../../deployment/verify.ts";
import type { SetupRequest } from "./request.ts";
import { inspectSignIn } from "./sign-in-plan.ts";

export type Existing = Awaited<ReturnType<typeof inspect>>;

/** @throws CliError if the token may not do something that setup does, or Cloudflare does not answer */
export async function inspect(
  deployment: DeploymentFile,
  { hostname, clusterName, variable, signIn }: SetupRequest,
  context: Context,
) {
  const client = await connectToCloudflare(context);
  const address = hostname ?? deployment.hostname ?? signIn?.hostname;
  if (address === undefined) throw new Error("a deployment without a hostname");
  const zone = await findZone(client, address);
  const missing = await findMissingPermissions(client, zone);
  const hint = `${tokensPage} → the token → Edit`;
  if (missing.length > 0) {
    throw new CliError(
      ...missing.map((permission) => error("CLOUDFLARE_API_TOKEN", `lacks the permission “${permission}”`, hint)),
    );
  }
  const readOnly = findReadOnlyPermissions(zone).map((permission) =>
    warning("CLOUDFLARE_API_TOKEN", `may lack “${permission}”: the zone names the right to read alone`, hint),
  );

  const { accountId } = zone;
  const { workerName } = deployment;
  const folder = new ClusterFolder(deployment.folder, clusterName);
  // Its permissions are wished for, not needed: where they are missing, nothing waits for long.
  const impatient = await connectToCloudflare(context, 2_000);
  const [
    { certificates },
    associatedHostnames,
    firewall,
    namespaces,
    deployed,
    domains,
    addressRecords,
    routes,
    botProtection,
  ] = await Promise.all([
    listSettled({ client, zone }, { folders: [folder] }, context),
    readAssociatedHostnames(client, zone),
    hostname === null ? null : readFirewall(client, zone, hostname),
    listKvNamespaces(client, accountId),
    readDeployed(client, accountId, workerName, context, signIn === null ? undefined : signInSecretsOf),
    listCustomDomains(client, accountId),
    hostname === null ? [] : findAddressRecords(client, zone, hostname),
    listWorkerRoutes(client, zone),
    findBotProtection(impatient, zone, address),
  ]);
  if ((await rotationStage(folder)) === "switching") {
    throw cliError(
      folder.name,
      "a rotation stopped while its files changed places",
      `run octogate certificate rotate --cluster ${clusterName} again: it goes on from where it stopped`,
    );
  }
  return {
    client,
    zone,
    folder,
    certificates,
    // Null: this cluster asks for no reviews.
    webhook:
      hostname === null || firewall === null
        ? null
        : {
            hostname,
            firewall,
            addressRecords,
            pair: await inspectPair(folder, currentPair, { file: deployment, certificates, variables: [variable] }),
            hasKubeconfig: folder.hasFile(kubeconfigFile),
            // The one that would get the reviews first; null: none.
            route: routeAt(routes, `${hostname}${reviewPath}`),
          },
    associatedHostnames,
    // Of the namespace with the name that setup gives; null: none.
    kvNamespaceId: namespaces.find(({ title }) => title === kvNamespaceTitle(workerName))?.id ?? null,
    deployed,
    domains,
    // Null: no person signs in.
    signIn: signIn === null ? null : await inspectSignIn(client, zone, signIn.hostname, routes),
    // What may keep it from working, and keeps nothing from being tried.
    warnings: [...readOnly, ...botProtection.warnings],
    // What a verification from outside disproves.
    doubts: botProtection.doubts,
  };
}
