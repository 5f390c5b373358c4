// The end of a whole deployment: what setup made, known by its own names, and nothing else.
// wrangler.toml says what that was, so it is put back last.
import { clusterNameOf } from "../../../worker/config/config.ts";
import { ClusterFolder } from "../../certificates/pair-files.ts";
import { leftBehind, listSettled } from "../../certificates/settled-list.ts";
import type { ClientCertificate } from "../../cloudflare/client-certificates.ts";
import { deleteFirewallRule, type Firewall, firewallRuleRef, readFirewall } from "../../cloudflare/firewall-rule.ts";
import { dissociateHostname, readAssociatedHostnames } from "../../cloudflare/hostname-associations.ts";
import { deleteKvNamespace, findKvNamespace, kvNamespaceTitle } from "../../cloudflare/kv-namespace.ts";
import {
  type CustomDomain,
  deleteWorker,
  detachCustomDomain,
  listCustomDomains,
  readDeployedWorker,
} from "../../cloudflare/worker-script.ts";
import { clusterVariablesIn, kvNamespaceIdIn, readCluster } from "../../config-file/clusters.ts";
import {
  applyEdits,
  clearFingerprints,
  removeCluster,
  removeKvNamespaceId,
  unsetHostname,
} from "../../config-file/edits.ts";
import { saveConfigFile } from "../../config-file/file.ts";
import { askForConsent, type ChangeOptions } from "../../consent.ts";
import type { Context } from "../../context.ts";
import type { Session } from "../../deployment/session.ts";
import { refuseToLockOut } from "../../deployment/state.ts";
import { type CommandResult, cliError, done } from "../../diagnostics.ts";
import { findClusterCertificates, removeFiles, revokeAll } from "./cluster-certificates.ts";

interface Remains {
  /** Null: the hostname does not lead to this Worker. */
  readonly domain: CustomDomain | null;
  readonly hasWorker: boolean;
  readonly firewall: Firewall;
  readonly isAssociated: boolean;
  readonly certificates: readonly ClientCertificate[];
  /** Fingerprints of certificates that Cloudflare does not list. */
  readonly missing: readonly string[];
  /** Null: none that setup made. */
  readonly kvNamespaceId: string | null;
  readonly variables: readonly string[];
}

export async function tearDownEverything(
  session: Session,
  options: ChangeOptions,
  context: Context,
): Promise<CommandResult> {
  const { deployment, client, zone, hostname } = session;
  const { accountId } = zone;
  const { workerName, path } = deployment;
  const remains = await inspect(session);
  const changes = changesFor(session, remains);
  const consent = await askForConsent(context, changes, options);
  if (consent.kind === "stop") return consent.result;

  const { good } = context.terminal.style;
  const step = async (what: string, work: () => Promise<unknown>) => {
    await work();
    context.terminal.note(`${good("✓")} ${what}`);
  };
  const { domain, hasWorker, firewall, certificates, kvNamespaceId } = remains;
  if (domain !== null) {
    await step(`${hostname} leads nowhere`, () => detachCustomDomain(client, accountId, domain.id));
  }
  if (hasWorker) await step(`the Worker ${workerName} is deleted`, () => deleteWorker(client, accountId, workerName));
  if (firewall.rule !== null) {
    await step("the custom rule is deleted", () => deleteFirewallRule(client, zone, firewall));
  }
  if (certificates.length > 0) await step("the certificates are revoked", () => revokeAll(session, certificates));
  if (kvNamespaceId !== null) {
    await step("the KV namespace is deleted", () => deleteKvNamespace(client, accountId, kvNamespaceId));
  }
  // Also where it does not seem to be there: an earlier command may have added it a moment ago.
  await step("client certificates are not asked for any more", () =>
    dissociateHostname(client, zone, hostname, context),
  );
  for (const variable of remains.variables) {
    await removeFiles(new ClusterFolder(deployment.folder, clusterNameOf(variable)));
  }
  await step(`${path} has its placeholders back`, () => saveConfigFile(deployment, restoredText(session, remains)));
  return done(["The deployment is gone."], { changed: true, changes }, leftBehind(remains.missing));
}

async function inspect({ deployment, client, zone, hostname, clock }: Session): Promise<Remains> {
  const { accountId } = zone;
  const { workerName } = deployment;
  const variables = clusterVariablesIn(deployment);
  const clusters = variables.map((variable) => ({
    folder: new ClusterFolder(deployment.folder, clusterNameOf(variable)),
    fingerprints: readCluster(deployment, variable)?.fingerprints ?? [],
  }));
  const folders = clusters.map(({ folder }) => folder);
  const fingerprints = clusters.flatMap((cluster) => cluster.fingerprints);
  const settled = await listSettled({ client, zone }, { folders, fingerprints }, clock);
  const certificates = await Promise.all(
    clusters.map((cluster) => findClusterCertificates(cluster.folder, cluster.fingerprints, settled.certificates)),
  );
  const [domains, deployed, firewall, hostnames, kvNamespace] = await Promise.all([
    listCustomDomains(client, accountId),
    readDeployedWorker(client, accountId, workerName),
    readFirewall(client, zone, hostname),
    readAssociatedHostnames(client, zone),
    findKvNamespace(client, accountId, kvNamespaceIdIn(deployment), clock),
  ]);
  // Clusters that were added from elsewhere would be cut off without a word, and their certificates would stay valid.
  refuseToLockOut(deployment, deployed);
  const elsewhere = domains.find((domain) => domain.service === workerName && domain.hostname !== hostname);
  if (elsewhere !== undefined) {
    throw cliError(
      `${deployment.path}: name`,
      `the Worker ${workerName} answers at ${elsewhere.hostname} too: it may be another deployment's`,
      "detach that domain first if it is to go, or take the things that are this deployment's away by hand",
    );
  }
  // A namespace of another name is the operator's own, put into wrangler.toml by hand.
  const isOurs = kvNamespace?.title === kvNamespaceTitle(workerName);
  return {
    domain: domains.find((domain) => domain.hostname === hostname && domain.service === workerName) ?? null,
    hasWorker: deployed !== null,
    firewall,
    isAssociated: hostnames.includes(hostname),
    certificates: certificates.flat(),
    missing: settled.missing,
    kvNamespaceId: isOurs ? kvNamespace.id : null,
    variables,
  };
}

function changesFor({ deployment, hostname }: Session, remains: Remains): string[] {
  const { domain, hasWorker, firewall, isAssociated, certificates, kvNamespaceId, variables } = remains;
  const names = variables.map(clusterNameOf).join(", ");
  return [
    ...(domain === null ? [] : [`detach ${hostname}: users can no longer sign in to ${names}`]),
    ...(hasWorker ? [`delete the Worker ${deployment.workerName} and its secret`] : []),
    ...(firewall.rule === null ? [] : [`delete the custom rule ${firewallRuleRef(hostname)}`]),
    ...(isAssociated ? [`ask no more for client certificates at ${hostname} (hostname association)`] : []),
    ...certificates.map(({ fingerprint, commonName }) => `revoke the certificate ${fingerprint} (${commonName})`),
    ...(kvNamespaceId === null ? [] : [`delete the KV namespace ${kvNamespaceId}, with the cached facts in it`]),
    `remove the keys and certificates of ${names}, and put the placeholders back into ${deployment.path}`,
  ];
}

/** One cluster's table stays, as the file ships with one, with the operator's own policy in it. */
function restoredText({ deployment, hostname }: Session, { kvNamespaceId, variables }: Remains): string {
  const [first, ...others] = variables;
  return applyEdits(deployment, [
    ...others.flatMap((variable) => removeCluster(deployment, variable)),
    ...(first === undefined ? [] : clearFingerprints(deployment, first)),
    ...(kvNamespaceId === null ? [] : removeKvNamespaceId(deployment, kvNamespaceId)),
    ...unsetHostname(deployment, hostname),
  ]);
}
