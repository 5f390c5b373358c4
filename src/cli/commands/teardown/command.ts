// `octogate teardown`: undoes what setup made, known by its own names, and nothing else.
// wrangler.toml says what that was, so it is put back last.
import { Command, Option } from "commander";
import { clusterNameOf, clusterVariableName } from "../../../worker/config/config.ts";
import { correctFirewall } from "../../certificates/listed.ts";
import { findOwn, isOwn, readClaim, removeFiles, revokeAll } from "../../certificates/ownership.ts";
import { ClusterFolder } from "../../certificates/pair-files.ts";
import { leftBehind } from "../../certificates/settled-list.ts";
import { deleteFirewallRule, readFirewall } from "../../cloudflare/firewall-rule.ts";
import { dissociateHostname, readAssociatedHostnames } from "../../cloudflare/hostname-associations.ts";
import { ruleRef } from "../../cloudflare/rulesets.ts";
import {
  deleteKvNamespace,
  deleteWorker,
  detachCustomDomain,
  findKvNamespace,
  kvNamespaceTitle,
  listCustomDomains,
  readDeployedWorker,
} from "../../cloudflare/worker-script.ts";
import { type CommandMaker, type CommandResult, type Context, cliError, done } from "../../command.ts";
import {
  asDeployment,
  clientVariablesIn,
  clusterVariablesIn,
  type DeploymentFile,
  kvNamespaceIdIn,
  readCluster,
  unknownCluster,
} from "../../config-file/clusters.ts";
import {
  applyEdits,
  clearFingerprints,
  removeCluster,
  removeKvNamespaceId,
  unsetHostname,
} from "../../config-file/edits.ts";
import { changedAt, saveConfigFile } from "../../config-file/file.ts";
import { removeSignInSettings, removeSigningKeys } from "../../config-file/sign-in-edits.ts";
import {
  deployIfNeeded,
  openSession,
  readDeployed,
  refuseToLockOut,
  type Session,
  signInSecretsOf,
} from "../../deployment/state.ts";
import {
  addOptions,
  askForConsent,
  type ChangeOptions,
  changeOptions,
  clusterOption,
  examples,
} from "../../options.ts";
import { inspectSignIn, removeSignIn, secretsLeft, signInChanges } from "./sign-in.ts";

interface TeardownOptions extends ChangeOptions {
  readonly cluster?: string;
  readonly everything: boolean;
}

export const teardownCommand: CommandMaker = (context, run) =>
  addOptions(
    new Command("teardown"),
    clusterOption().makeOptionMandatory(false),
    new Option("--everything", "the whole deployment, with all its clusters").default(false).conflicts("cluster"),
    ...changeOptions(),
  )
    .description("undoes what setup made: one cluster, or the whole deployment")
    .addHelpText("after", examples("teardown --cluster staging", "teardown --everything --dry-run"))
    .addHelpText("after", "\nTake the flags out of kube-apiserver first: it would wait for answers that never come.")
    .action(async (options: TeardownOptions, command: Command) => {
      const { cluster: clusterName, everything } = options;
      if (clusterName === undefined && !everything) command.error("error: --cluster NAME or --everything is required");
      await run(async () => {
        const session = await openSession(options.config, context);
        return clusterName === undefined
          ? tearDownEverything(session, options, context)
          : tearDownCluster(session, clusterName, options, context);
      });
    });

/**
 * Takes one cluster out of a deployment that others go on using. The table goes last: it says which certificates were
 * the cluster's own, so a break leaves nothing behind.
 */
async function tearDownCluster(
  session: Session,
  clusterName: string,
  options: ChangeOptions,
  context: Context,
): Promise<CommandResult> {
  const { deployment, client, zone } = session;
  const { path, workerName } = deployment;
  const variable = clusterVariableName(clusterName);
  const others = clusterVariablesIn(deployment).filter((other) => other !== variable);
  if (others.length === 0) {
    const hint = "octogate teardown --everything takes the whole deployment down";
    throw cliError(path, `${clusterName} is the only cluster of this deployment`, hint);
  }
  const deployed = await readDeployed(client, zone.accountId, workerName, context, signInSecretsOf);
  const removal = { variable, fingerprint: null };
  refuseToLockOut(deployment, deployed, removal);
  const folder = new ClusterFolder(deployment.folder, clusterName);
  const listed = readCluster(deployment, variable);
  const fingerprints = listed?.fingerprints ?? [];
  const since = await changedAt(deployment);
  const claim = await readClaim(session, [variable], { folders: [folder], fingerprints, since });
  const own = await findOwn(folder, fingerprints, claim);
  const { certificates, pairs, left } = own;
  const removed = [...fingerprints, ...certificates.map(({ fingerprint }) => fingerprint)].filter((fingerprint) =>
    isOwn(fingerprint, claim),
  );

  const rest = Object.fromEntries(Object.entries(deployment.settings.vars).filter(([name]) => name !== variable));
  const isLastClient = variable in deployment.settings.vars && clientVariablesIn(rest).length === 0;
  const signIn = isLastClient ? await inspectSignIn(session, [variable]) : null;
  const isDeployedStill = deployed !== null && variable in deployed.variables;
  const changes = [
    ...certificates.map(({ fingerprint, commonName }) => `revoke the certificate ${fingerprint} (${commonName})`),
    ...(listed === null && !isDeployedStill
      ? []
      : [`take [vars.${variable}] out of ${path} and its certificates out of the custom rule, and deploy`]),
    ...(signIn === null ? [] : signInChanges(signIn)),
    ...(pairs.length === 0 ? [] : [`remove the keys and certificates in ${folder.name}: ${pairs.join(", ")}`]),
    ...((await folder.isRest()) ? [`remove the rest of ${folder.name}`] : []),
  ];
  const kept = [...left, ...(signIn === null ? [] : [...signIn.left, ...secretsLeft(deployed)])];
  const stays = kept.map((what) => `This stays: ${what}.`);
  if (changes.length === 0) {
    const { message, hint } = unknownCluster(deployment, clusterName);
    throw cliError(path, message, hint);
  }
  for (const line of stays) context.terminal.note(line);
  const consent = await askForConsent(context, changes, options);
  if (consent.kind === "stop") return consent.result;

  await revokeAll(session, claim, certificates);
  // Before the table goes, which says what goes out of the rule. These certificates are of no use any more.
  await correctFirewall(session, { file: deployment, certificates: claim.certificates, removed });
  if (signIn !== null) await removeSignIn(session, signIn);
  const text = applyEdits(deployment, [
    ...removeCluster(deployment, variable),
    ...(signIn === null ? [] : removeSignInSettings(deployment, { ...signIn, kept: undefined })),
  ]);
  const written = asDeployment(await saveConfigFile(deployment, text));
  await deployIfNeeded(written, context, session, { certificates: claim.certificates, removed: removal });
  await removeFiles(folder, own);
  const lines = [`${clusterName} is gone; ${others.length} other clusters go on.`, ...stays];
  return done(lines, { changed: true, changes, left: kept }, leftBehind(claim.missing));
}

type Remains = Awaited<ReturnType<typeof inspect>>;

async function tearDownEverything(session: Session, options: ChangeOptions, context: Context): Promise<CommandResult> {
  const { deployment, client, zone, hostname, openedAt } = session;
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
  const { domain, hasWorker, firewall, isOurs, claim, clusters, kvNamespaceId, signIn } = remains;
  let file = deployment;
  const certificates = clusters.flatMap(({ own }) => own.certificates);
  if (domain !== null) {
    await step(`${hostname} leads nowhere`, () => detachCustomDomain(client, accountId, domain.id));
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
  if (isOurs) {
    await step("client certificates are not asked for any more", () =>
      dissociateHostname(client, zone, hostname, context, openedAt),
    );
  }
  for (const { folder, own } of clusters) await removeFiles(folder, own);
  await step(`${path} has its placeholders back`, () => saveConfigFile(file, restoredText(file, session, remains)));
  const json = { changed: true, changes, left: remains.left };
  return done(["The deployment is gone.", ...stays], json, leftBehind(claim.missing));
}

async function inspect(session: Session) {
  const { deployment, client, zone, hostname, clock } = session;
  const { accountId } = zone;
  const { workerName } = deployment;
  const variables = clusterVariablesIn(deployment);
  const folders = variables.map((variable) => new ClusterFolder(deployment.folder, clusterNameOf(variable)));
  const listedIn = (variable: string | undefined) =>
    variable === undefined ? [] : (readCluster(deployment, variable)?.fingerprints ?? []);
  const since = await changedAt(deployment);
  const claim = await readClaim(session, variables, { folders, fingerprints: variables.flatMap(listedIn), since });
  const clusters = await Promise.all(
    folders.map(async (folder, at) => ({ folder, own: await findOwn(folder, listedIn(variables[at]), claim) })),
  );
  const kvNamespaceIdInFile = kvNamespaceIdIn(deployment);
  const [domains, deployed, firewall, hostnames, kvNamespace] = await Promise.all([
    listCustomDomains(client, accountId),
    readDeployedWorker(client, accountId, workerName),
    readFirewall(client, zone, hostname),
    readAssociatedHostnames(client, zone),
    kvNamespaceIdInFile === null ? null : findKvNamespace(client, accountId, { id: kvNamespaceIdInFile, since }, clock),
  ]);
  // Clusters that were added from elsewhere would be cut off without a word, and their certificates would stay valid.
  refuseToLockOut(deployment, deployed);
  const own = [hostname, deployment.signInHostname];
  const elsewhere = domains.find((domain) => domain.service === workerName && !own.includes(domain.hostname));
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
  const signIn = await inspectSignIn(session, variables.slice(1), domains);
  const left = [...clusters.flatMap((cluster) => cluster.own.left), ...(signIn?.left ?? [])];
  if (heir !== undefined && (firewall.rule !== null || isAssociated)) {
    left.push(`the custom rule and the association of ${hostname}: it leads to the Worker ${heir.service}`);
  }
  // A namespace of another name is the operator's own, put into wrangler.toml by hand.
  const isOurKvNamespace = kvNamespace?.title === kvNamespaceTitle(workerName);
  return {
    // Null: the hostname does not lead to this Worker.
    domain: domains.find((domain) => domain.hostname === hostname && domain.service === workerName) ?? null,
    hasWorker: deployed !== null,
    // Null: the rule is another Worker's.
    firewall: heir === undefined ? firewall : null,
    isAssociated: heir === undefined && isAssociated,
    isOurs: heir === undefined,
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
  };
}

function changesFor({ deployment, hostname }: Session, remains: Remains): string[] {
  const { domain, hasWorker, firewall, isAssociated, clusters, kvNamespaceId, variables, signIn } = remains;
  const certificates = clusters.flatMap(({ own }) => own.certificates);
  const names = variables.map(clusterNameOf).join(", ");
  return [
    ...(domain === null ? [] : [`detach ${hostname}: users can no longer sign in to ${names}`]),
    ...(hasWorker ? [`delete the Worker ${deployment.workerName} and its secrets`] : []),
    ...(signIn === null ? [] : signInChanges(signIn)),
    ...(firewall === null || firewall.rule === null ? [] : [`delete the custom rule ${ruleRef(hostname)}`]),
    ...(isAssociated ? [`ask no more for client certificates at ${hostname} (hostname association)`] : []),
    ...certificates.map(({ fingerprint, commonName }) => `revoke the certificate ${fingerprint} (${commonName})`),
    ...(kvNamespaceId === null ? [] : [`delete the KV namespace ${kvNamespaceId}, with the cached facts in it`]),
    `remove the keys and certificates of ${names}, and put the placeholders back into ${deployment.path}`,
  ];
}

/** One cluster's table stays, as the file ships with one, with the operator's own policy in it. */
function restoredText(
  file: DeploymentFile,
  { hostname }: Session,
  { goneKvNamespaceId, variables, signIn }: Pick<Remains, "goneKvNamespaceId" | "variables" | "signIn">,
): string {
  const [first, ...others] = variables;
  return applyEdits(file, [
    ...others.flatMap((variable) => removeCluster(file, variable)),
    ...(first === undefined ? [] : clearFingerprints(file, first)),
    ...(goneKvNamespaceId === null ? [] : removeKvNamespaceId(file, goneKvNamespaceId)),
    ...unsetHostname(file, hostname),
    ...(signIn === null ? [] : removeSignInSettings(file, { ...signIn, kept: first })),
    ...removeSigningKeys(file),
  ]);
}
