// `octogate certificate issue`: one more client certificate for a cluster, accepted beside those that it has.
import { Command, InvalidArgumentError, Option } from "commander";
import { clusterVariableName } from "../../../worker/config/config.ts";
import { acceptCertificate, compareWithDeployed, refuseFullRule } from "../../certificates/listed.ts";
import { inspectPair, obtainPair } from "../../certificates/obtain.ts";
import { commonNameFor, readClaim } from "../../certificates/ownership.ts";
import { ClusterFolder, reservedPairs } from "../../certificates/pair-files.ts";
import { type CommandMaker, type CommandResult, type Context, done } from "../../command.ts";
import { requireCluster } from "../../config-file/clusters.ts";
import { openWebhookSession } from "../../deployment/state.ts";
import {
  addOptions,
  askForConsent,
  type ChangeOptions,
  changeOptions,
  clusterOption,
  validityDaysOption,
} from "../../options.ts";

interface IssueOptions extends ChangeOptions {
  readonly cluster: string;
  readonly name: string;
  readonly validityDays: number;
}

export const issueCommand: CommandMaker = (context, run) =>
  addOptions(
    new Command("issue"),
    clusterOption(),
    new Option("--name <name>", "what its files are called: NAME.crt and NAME.key in .clusters/CLUSTER")
      .argParser(parseName)
      .makeOptionMandatory(),
    validityDaysOption(),
    ...changeOptions(),
  )
    .description("issues one more client certificate for a cluster")
    .action((options: IssueOptions) => run(() => issue(options, context)));

async function issue(options: IssueOptions, context: Context): Promise<CommandResult> {
  const { cluster: clusterName, name, validityDays } = options;
  const session = await openWebhookSession(options.config, context);
  const { client, zone, deployment } = session;
  const variable = clusterVariableName(clusterName);
  const listed = requireCluster(deployment, clusterName);
  const isDeployed = await compareWithDeployed(session);
  const folder = new ClusterFolder(deployment.folder, clusterName);
  const claim = await readClaim(session, [variable], { folders: [folder] });
  const state = await inspectPair(folder, name, claim);
  if (state.certificate === null) await refuseFullRule(session, claim);

  const isListed = state.certificate !== null && listed.includes(state.certificate.fingerprint);
  const changes = [
    ...(state.certificate === null
      ? [
          `make a key ${name}.key in ${folder.name} and have Cloudflare sign a certificate, valid for ${validityDays} days`,
        ]
      : []),
    ...(state.certificate !== null && !state.isWritten ? [`write ${folder.name}/${name}.crt`] : []),
    ...(isListed ? [] : [`list it in ${deployment.path} ([vars.${variable}]), and deploy`]),
    ...(isListed && !isDeployed ? [`deploy ${deployment.path}`] : []),
  ];
  const consent = await askForConsent(context, changes, options);
  if (consent.kind === "stop") return consent.result;

  const commonName = commonNameFor(clusterName, name);
  const certificate = await obtainPair({ client, zone, folder, pair: name, commonName, validityDays }, state);
  const warnings = await acceptCertificate(session, context, { variable, certificate }, claim.certificates);
  return done(
    [
      `${certificate.fingerprint} is accepted for ${clusterName} until ${certificate.expiresAt.toISOString()}.`,
      `Its files: ${folder.name}/${name}.crt, ${folder.name}/${name}.key`,
    ],
    {
      changed: changes.length > 0,
      cluster: clusterName,
      fingerprint: certificate.fingerprint,
      expiresAt: certificate.expiresAt.toISOString(),
      files: { certificate: `${folder.name}/${name}.crt`, key: `${folder.name}/${name}.key` },
    },
    warnings,
  );
}

function parseName(name: string): string {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new InvalidArgumentError("must match [a-z][a-z0-9-]*");
  if (reservedPairs.includes(name)) throw new InvalidArgumentError(`is taken: ${reservedPairs.join(", ")} are rotated`);
  return name;
}
