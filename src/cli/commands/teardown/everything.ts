// Takes the whole deployment away. wrangler.toml says what that is, so it is put back last.
import { clusterNameOf, isClientVariable } from "../../../worker/config/config.ts";
import { findOwn, readClaim, removeFiles, revokeAll } from "../../certificates/ownership.ts";
import { ClusterFolder } from "../../certificates/pair-files.ts";
import { leftBehind } from "../../certificates/settled-list.ts";
import { deleteFirewallRule } from "../../cloudflare/firewall-rule.ts";
import { dissociateHostname } from "../../cloudflare/hostname-associations.ts";
import {
  deleteKvNamespace,
  deleteWorker,
  detachCustomDomain,
  findKvNamespace,
  kvNamespaceTitle,
  listCustomDomains,
  readDeployedWorker,
} from "../../cloudflare/worker-script.ts";
import { type CommandResult, type Context, cliError, done } from "../../command.ts";
import {
  asDeployment,
  clusterVariablesIn,
  type DeploymentFile,
  kvNamespaceIdIn,
  readCluster,
} from "../../config-file/clusters.ts";
import {
  clearFingerprints,
  removeKvNamespaceId,
  removePolicy,
  unsetHostname,
  type WrittenPart,
} from "../../config-file/edits.ts";
import { changedAt, saveConfigFile } from "../../config-file/file.ts";
import { removeSignInSettings, removeSigningKeys } from "../../config-file/sign-in-edits.ts";
import { applyEdits, type Edit } from "../../config-file/toml-edits.ts";
import { refuseToLockOut, type Session } from "../../deployment/state.ts";
import { askForConsent, type ChangeOptions } from "../../options.ts";
import { inspectSignIn, removeSignIn, signInChanges } from "./sign-in.ts";
import { inspectWebhook, webhookChanges } from "./webhook.ts";

type Remains = Awaited<ReturnType<typeof inspect>>;

export async function tearDownEverything(
  session: Session,
  options: ChangeOptions,
  context: Context,
): Promise<CommandResult> {
  const { deployment, client, zone, openedAt } = session;
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
  const { webhook, hasWorker, claim, clusters, kvNamespaceId, signIn } = remains;
  const { domain = null, firewall = null } = webhook ?? {};
  let file = deployment;
  const certificates = clusters.flatMap(({ own }) => own.certificates);
  if (domain !== null) {
    await step(`${domain.hostname} leads nowhere`, () => detachCustomDomain(client, accountId, domain.id));
  }
  if (signIn !== null) {
    await step(`${signIn.hostname} leads nowhere, and has no limit`, () => removeSignIn(session, signIn));
  }
  if (hasWorker) await step(`the Worker ${workerName} is deleted`, () => deleteWorker(client, accountId, workerName));
  if (firewall !== null && firewall.rule !== null) {
    await step("the custom rule is deleted", () => deleteFirewallRule(client, zone, firewall));
  }
  if (certificates.length > 0) {
    await step("the certificates are revoked", () => revokeAll(session, claim, certificates));
  }
  if (kvNamespaceId !== null) {
    await step("the KV namespace is deleted", async () => {
      await deleteKvNamespace(client, accountId, kvNamespaceId);
      // At once: a run after a break does not look for what is gone.
      file = asDeployment(await saveConfigFile(file, applyEdits(file, removeKvNamespaceId(file, kvNamespaceId))));
    });
  }
  // Last, and also where it does not seem to be there: an earlier command may have added it a moment before this one.
  if (webhook?.isOurs === true) {
    await step("client certificates are not asked for any more", () =>
      dissociateHostname(client, zone, webhook.hostname, context, openedAt),
    );
  }
  for (const { folder, own } of clusters) await removeFiles(folder, own);
  await step(`${path} has its placeholders back`, () => saveConfigFile(file, restoredText(file, remains)));
  const json = { changed: true, changes, left: remains.left };
  return done(["The deployment is gone.", ...stays], json, leftBehind(claim.missing));
}

async function inspect(session: Session) {
  const { deployment, client, zone, clock } = session;
  const { accountId } = zone;
  const { workerName } = deployment;
  const variables = clusterVariablesIn(deployment);
  const applications = Object.keys(deployment.settings.vars).filter(isClientVariable);
  const [kept, ...otherClusters] = variables;
  const removed = [...otherClusters, ...applications];
  const folders = variables.map((variable) => new ClusterFolder(deployment.folder, clusterNameOf(variable)));
  const listedIn = (variable: string | undefined) =>
    variable === undefined ? [] : (readCluster(deployment, variable)?.fingerprints ?? []);
  const since = await changedAt(deployment);
  const claim = await readClaim(session, variables, { folders, fingerprints: variables.flatMap(listedIn), since });
  const clusters = await Promise.all(
    folders.map(async (folder, at) => ({ folder, own: await findOwn(folder, listedIn(variables[at]), claim) })),
  );
  const kvNamespaceIdInFile = kvNamespaceIdIn(deployment);
  const [domains, deployed, kvNamespace] = await Promise.all([
    listCustomDomains(client, accountId),
    readDeployedWorker(client, accountId, workerName),
    kvNamespaceIdInFile === null ? null : findKvNamespace(client, accountId, { id: kvNamespaceIdInFile, since }, clock),
  ]);
  // Clusters that were added from elsewhere would be cut off without a word, and their certificates would stay valid.
  refuseToLockOut(deployment, deployed);
  const own = [deployment.hostname, deployment.signInHostname];
  const elsewhere = domains.find((domain) => domain.service === workerName && !own.includes(domain.hostname));
  if (elsewhere !== undefined) {
    throw cliError(
      `${deployment.path}: name`,
      `the Worker ${workerName} answers at ${elsewhere.hostname} too: it may be another deployment's`,
      "detach that domain first if it is to go, or take the things that are this deployment's away by hand",
    );
  }
  const webhook = await inspectWebhook(session, domains);
  const signIn = await inspectSignIn(session, removed, domains);
  const left = [...clusters.flatMap((cluster) => cluster.own.left), ...(signIn?.left ?? []), ...(webhook?.left ?? [])];
  // A namespace of another name is the operator's own, put into wrangler.toml by hand.
  const isOurKvNamespace = kvNamespace?.title === kvNamespaceTitle(workerName);
  return {
    // Null: no cluster asks for reviews.
    webhook,
    hasWorker: deployed !== null,
    claim,
    clusters,
    left,
    // Null: no person signs in.
    signIn,
    // Null: none that setup made.
    kvNamespaceId: isOurKvNamespace ? kvNamespace.id : null,
    // Of no namespace: an earlier run has deleted it. Null: none such.
    goneKvNamespaceId: kvNamespace === null ? kvNamespaceIdInFile : null,
    variables,
    // The cluster whose table stays; undefined: there is none.
    kept,
    // The variables whose tables go.
    removed,
  };
}

function changesFor({ deployment }: Session, remains: Remains): string[] {
  const { webhook, hasWorker, clusters, kvNamespaceId, variables, removed, signIn } = remains;
  const certificates = clusters.flatMap(({ own }) => own.certificates);
  const names = variables.map(clusterNameOf).join(", ");
  return [
    ...(webhook === null ? [] : webhookChanges(webhook, names)),
    ...(hasWorker ? [`delete the Worker ${deployment.workerName} and its secrets`] : []),
    ...(signIn === null ? [] : signInChanges(signIn)),
    ...certificates.map(({ fingerprint, commonName }) => `revoke the certificate ${fingerprint} (${commonName})`),
    ...(kvNamespaceId === null ? [] : [`delete the KV namespace ${kvNamespaceId}, with the cached facts in it`]),
    ...(removed.length === 0
      ? []
      : [`take ${removed.map((variable) => `[vars.${variable}]`).join(", ")} out of ${deployment.path}`]),
    ...(names === "" ? [] : [`remove the keys and certificates of ${names}`]),
    `put the placeholders back into ${deployment.path}`,
  ];
}

type InFile = Pick<Remains, "goneKvNamespaceId" | "kept" | "removed" | "signIn" | "webhook">;

/** How each part that commands write into the file is taken out of it again. */
const takenOut: Readonly<Record<WrittenPart, (file: DeploymentFile, remains: InFile) => Edit[]>> = {
  // One cluster's table stays, as the file ships with one, with the operator's own policy in it.
  policies: (file, { kept, removed }) => [
    ...removed.flatMap((variable) => removePolicy(file, variable)),
    ...(kept === undefined ? [] : clearFingerprints(file, kept)),
  ],
  kvNamespace: (file, { goneKvNamespaceId: id }) => (id === null ? [] : removeKvNamespaceId(file, id)),
  hostname: (file, { webhook }) => (webhook === null ? [] : unsetHostname(file, webhook.hostname)),
  signIn: (file, { signIn, kept }) => (signIn === null ? [] : removeSignInSettings(file, { ...signIn, kept })),
  signingKeys: removeSigningKeys,
};

function restoredText(file: DeploymentFile, remains: InFile): string {
  return applyEdits(
    file,
    Object.values(takenOut).flatMap((takeOut) => takeOut(file, remains)),
  );
}
