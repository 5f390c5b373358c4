// Takes one cluster out of a deployment that others go on using.
import { clusterVariableName } from "../../../worker/config/config.ts";
import { correctFirewall } from "../../certificates/listed.ts";
import { findOwn, isOwn, readClaim, removeFiles, revokeAll } from "../../certificates/ownership.ts";
import { ClusterFolder } from "../../certificates/pair-files.ts";
import { leftBehind } from "../../certificates/settled-list.ts";
import { listCustomDomains } from "../../cloudflare/worker-script.ts";
import { type CommandResult, type Context, cliError, done } from "../../command.ts";
import {
  asDeployment,
  clientVariablesIn,
  clusterVariablesIn,
  hasWebhook,
  readCluster,
  unknownCluster,
} from "../../config-file/clusters.ts";
import { removePolicy, removeRoute } from "../../config-file/edits.ts";
import { changedAt, saveConfigFile } from "../../config-file/file.ts";
import { removeSignInSettings } from "../../config-file/sign-in-edits.ts";
import { applyEdits } from "../../config-file/toml-edits.ts";
import {
  deployIfNeeded,
  readDeployed,
  refuseToLockOut,
  type Session,
  signInSecretsOf,
} from "../../deployment/state.ts";
import { askForConsent, type ChangeOptions } from "../../options.ts";
import { inspectSignIn, removeSignIn, secretsLeft, signInChanges } from "./sign-in.ts";
import { inspectWebhook, removeWebhook, webhookChanges } from "./webhook.ts";

/**
 * Takes one cluster out of a deployment that others go on using. The table goes last: it says which certificates were
 * the cluster's own, so a break leaves nothing behind.
 */
export async function tearDownCluster(
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
  const isLastWebhook =
    listed !== null && hasWebhook(deployment.settings.vars[variable]) && !others.some((name) => hasWebhook(rest[name]));
  const webhook = isLastWebhook ? await inspectWebhook(session, await listCustomDomains(client, zone.accountId)) : null;
  const changes = [
    ...certificates.map(({ fingerprint, commonName }) => `revoke the certificate ${fingerprint} (${commonName})`),
    ...(listed === null && !isDeployedStill
      ? []
      : [`take [vars.${variable}] out of ${path} and its certificates out of the custom rule, and deploy`]),
    ...(webhook === null ? [] : webhookChanges(webhook, clusterName)),
    ...(signIn === null ? [] : signInChanges(signIn)),
    ...(pairs.length === 0 ? [] : [`remove the keys and certificates in ${folder.name}: ${pairs.join(", ")}`]),
    ...((await folder.isRest()) ? [`remove the rest of ${folder.name}`] : []),
  ];
  const kept = [
    ...left,
    ...(webhook?.left ?? []),
    ...(signIn === null ? [] : [...signIn.left, ...secretsLeft(deployed)]),
  ];
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
  const change = { file: deployment, certificates: claim.certificates, removed };
  if (webhook !== null) await removeWebhook(session, webhook, context);
  else if (deployment.hostname !== null) await correctFirewall({ ...session, hostname: deployment.hostname }, change);
  if (signIn !== null) await removeSignIn(session, signIn);
  const text = applyEdits(deployment, [
    ...removePolicy(deployment, variable),
    ...(webhook === null ? [] : removeRoute(deployment, webhook.hostname)),
    ...(signIn === null ? [] : removeSignInSettings(deployment, { ...signIn, kept: undefined })),
  ]);
  const written = asDeployment(await saveConfigFile(deployment, text));
  await deployIfNeeded(written, context, session, { certificates: claim.certificates, removed: removal });
  await removeFiles(folder, own);
  const lines = [`${clusterName} is gone; ${others.length} other clusters go on.`, ...stays];
  return done(lines, { changed: true, changes, left: kept }, leftBehind(claim.missing));
}
