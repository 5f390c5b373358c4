// The end of a whole deployment: what setup made, known by its own names, and nothing else.
// wrangler.toml says what that was, so it is put back last.
import { clusterNameOf } from "../../../worker/config/config.ts";
import type { Claim } from "../../certificates/ownership.ts";
import { ClusterFolder } from "../../certificates/pair-files.ts";
import { listClientCertificates } from "../../cloudflare/client-certificates.ts";
import { deleteFirewallRule, type Firewall, firewallRuleRef, readFirewall } from "../../cloudflare/firewall-rule.ts";
import { dissociateHostname, readAssociatedHostnames } from "../../cloudflare/hostname-associations.ts";
import { deleteKvNamespace, kvNamespaceTitle, listKvNamespaces } from "../../cloudflare/kv-namespace.ts";
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
import { findOwn, type Own, removeFiles, revokeAll } from "./cluster-certificates.ts";

interface Remains {
  /** Null: the hostname does not lead to this Worker. */
  readonly domain: CustomDomain | null;
  readonly hasWorker: boolean;
  /** Null: the hostname leads to another Worker, and the rule is that one's. */
  readonly firewall: Firewall | null;
  readonly isAssociated: boolean;
  readonly claim: Claim;
  readonly clusters: readonly { readonly folder: ClusterFolder; readonly own: Own }[];
  /** What is not this deployment's, and stays. */
  readonly left: readonly string[];
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
  const stays = remains.left.map((what) => `This stays: ${what}.`);
  for (const line of stays) context.terminal.note(line);
  const consent = await askForConsent(context, changes, options);
  if (consent.kind === "stop") return consent.result;

  const { good } = context.terminal.style;
  const step = async (what: string, work: () => Promise<unknown>) => {
    await work();
    context.terminal.note(`${good("✓")} ${what}`);
  };
  const { domain, hasWorker, firewall, isAssociated, claim, clusters, kvNamespaceId } = remains;
  const certificates = clusters.flatMap(({ own }) => own.certificates);
  if (domain !== null) {
    await step(`${hostname} leads nowhere`, () => detachCustomDomain(client, accountId, domain.id));
  }
  if (hasWorker) await step(`the Worker ${workerName} is deleted`, () => deleteWorker(client, accountId, workerName));
  if (firewall !== null && firewall.rule !== null) {
    await step("the custom rule is deleted", () => deleteFirewallRule(client, zone, firewall));
  }
  if (isAssociated) {
    await step("client certificates are not asked for any more", () => dissociateHostname(client, zone, hostname));
  }
  if (certificates.length > 0)
    await step("the certificates are revoked", () => revokeAll(session, claim, certificates));
  if (kvNamespaceId !== null) {
    await step("the KV namespace is deleted", () => deleteKvNamespace(client, accountId, kvNamespaceId));
  }
  for (const { folder, own } of clusters) await removeFiles(folder, own);
  await step(`${path} has its placeholders back`, () => saveConfigFile(deployment, restoredText(session, remains)));
  return done(["The deployment is gone.", ...stays], { changed: true, changes, left: remains.left });
}

async function inspect({ deployment, client, zone, hostname }: Session): Promise<Remains> {
  const { accountId } = zone;
  const { workerName } = deployment;
  const variables = clusterVariablesIn(deployment);
  const claim = { file: deployment, certificates: await listClientCertificates(client, zone), variables };
  const clusters = await Promise.all(
    variables.map(async (variable) => {
      const folder = new ClusterFolder(deployment.folder, clusterNameOf(variable));
      return { folder, own: await findOwn(folder, readCluster(deployment, variable)?.fingerprints ?? [], claim) };
    }),
  );
  const [domains, deployed, firewall, hostnames, namespaces] = await Promise.all([
    listCustomDomains(client, accountId),
    readDeployedWorker(client, accountId, workerName),
    readFirewall(client, zone, hostname),
    readAssociatedHostnames(client, zone),
    listKvNamespaces(client, accountId),
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
  // The same hostname, set up from another clone under another name: rule and association guard that Worker now.
  const heir = domains.find((domain) => domain.hostname === hostname && domain.service !== workerName);
  const isAssociated = hostnames.includes(hostname);
  const left = clusters.flatMap(({ own }) => own.left);
  if (heir !== undefined && (firewall.rule !== null || isAssociated)) {
    left.push(`the custom rule and the association of ${hostname}: it leads to the Worker ${heir.service}`);
  }
  // A namespace of another name is the operator's own, put into wrangler.toml by hand.
  const kvNamespace = namespaces.find(
    ({ id, title }) => id === kvNamespaceIdIn(deployment) && title === kvNamespaceTitle(workerName),
  );
  return {
    domain: domains.find((domain) => domain.hostname === hostname && domain.service === workerName) ?? null,
    hasWorker: deployed !== null,
    firewall: heir === undefined ? firewall : null,
    isAssociated: heir === undefined && isAssociated,
    claim,
    clusters,
    left,
    kvNamespaceId: kvNamespace?.id ?? null,
    variables,
  };
}

function changesFor({ deployment, hostname }: Session, remains: Remains): string[] {
  const { domain, hasWorker, firewall, isAssociated, clusters, kvNamespaceId, variables } = remains;
  const certificates = clusters.flatMap(({ own }) => own.certificates);
  const names = variables.map(clusterNameOf).join(", ");
  return [
    ...(domain === null ? [] : [`detach ${hostname}: users can no longer sign in to ${names}`]),
    ...(hasWorker ? [`delete the Worker ${deployment.workerName} and its secret`] : []),
    ...(firewall === null || firewall.rule === null ? [] : [`delete the custom rule ${firewallRuleRef(hostname)}`]),
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
