// `octogate teardown`: undoes what setup made, and nothing else.
import { Command, Option } from "commander";
import { clusterVariableName } from "../../../worker/config/config.ts";
import { correctFirewall } from "../../certificates/listed.ts";
import { isOwn } from "../../certificates/ownership.ts";
import { ClusterFolder } from "../../certificates/pair-files.ts";
import { listClientCertificates } from "../../cloudflare/client-certificates.ts";
import { readDeployedWorker } from "../../cloudflare/worker-script.ts";
import { asDeployment, clusterVariablesIn, readCluster } from "../../config-file/clusters.ts";
import { applyEdits, removeCluster } from "../../config-file/edits.ts";
import { saveConfigFile } from "../../config-file/file.ts";
import { askForConsent, type ChangeOptions } from "../../consent.ts";
import type { CommandMaker, Context } from "../../context.ts";
import { openSession, type Session } from "../../deployment/session.ts";
import { deployIfNeeded, refuseToLockOut } from "../../deployment/state.ts";
import { type CommandResult, cliError, done } from "../../diagnostics.ts";
import { addOptions, changeOptions, clusterOption, examples } from "../../options.ts";
import { findOwn, removeFiles, revokeAll } from "./cluster-certificates.ts";
import { tearDownEverything } from "./everything.ts";

interface TeardownOptions extends ChangeOptions {
  readonly config: string;
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
  const deployed = await readDeployedWorker(client, zone.accountId, workerName);
  const removal = { variable, fingerprint: null };
  refuseToLockOut(deployment, deployed, removal);
  const folder = new ClusterFolder(deployment.folder, clusterName);
  const listed = readCluster(deployment, variable);
  const claim = {
    file: deployment,
    certificates: await listClientCertificates(client, zone),
    variables: [variable],
  };
  const own = await findOwn(folder, listed?.fingerprints ?? [], claim);
  const { certificates, pairs, left } = own;
  const removed = [...(listed?.fingerprints ?? []), ...certificates.map(({ fingerprint }) => fingerprint)].filter(
    (fingerprint) => isOwn(fingerprint, claim),
  );

  const isDeployedStill = deployed !== null && variable in deployed.variables;
  const changes = [
    ...certificates.map(({ fingerprint, commonName }) => `revoke the certificate ${fingerprint} (${commonName})`),
    ...(listed === null && !isDeployedStill
      ? []
      : [`take [vars.${variable}] out of ${path} and its certificates out of the custom rule, and deploy`]),
    ...(pairs.length === 0 ? [] : [`remove the keys and certificates in ${folder.name}: ${pairs.join(", ")}`]),
  ];
  const stays = left.map((what) => `This stays: ${what}.`);
  if (changes.length === 0) return done([`There is nothing of ${clusterName}.`, ...stays], { changed: false, left });
  for (const line of stays) context.terminal.note(line);
  const consent = await askForConsent(context, changes, options);
  if (consent.kind === "stop") return consent.result;

  await revokeAll(session, claim, certificates);
  // Before the table goes, which says what goes out of the rule. Nobody can use these certificates any more.
  await correctFirewall(session, { file: deployment, certificates: claim.certificates, removed });
  const text = applyEdits(deployment, removeCluster(deployment, variable));
  const written = asDeployment(await saveConfigFile(deployment, text));
  await deployIfNeeded(written, context, session, removal);
  await removeFiles(folder, own);
  const result = { changed: true, changes, left };
  return done([`${clusterName} is gone; ${others.length} other clusters go on.`, ...stays], result);
}
