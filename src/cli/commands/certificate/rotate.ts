// `octogate certificate rotate`: replaces a cluster's client certificate without a gap, in two halves.
// Between them an operator has to bring the files to every control plane node. In the second half the old
// certificate goes: if some kube-apiserver still used it, no user could sign in to that cluster. So the operator has to
// show that the new one is in use, and kube-apiserver needs time to read its files again.
import { Command, Option } from "commander";
import { fingerprintOrNull } from "../../../node/certificates.ts";
import type { Endpoint } from "../../../node/https.ts";
import { clusterVariableName } from "../../../worker/config/config.ts";
import {
  acceptCertificate,
  compareWithDeployed,
  correctFirewall,
  refuseFullRule,
  stopAccepting,
} from "../../certificates/listed.ts";
import { inspectPair, obtainPair } from "../../certificates/obtain.ts";
import { commonNameFor, describeOwner, isOwn, ofPair, readClaim, revokeAll } from "../../certificates/ownership.ts";
import {
  ClusterFolder,
  currentPair,
  nextPair,
  previousPair,
  rotationStage,
  switchPairs,
} from "../../certificates/pair-files.ts";
import { leftBehind } from "../../certificates/settled-list.ts";
import {
  CliError,
  type CommandMaker,
  type CommandResult,
  type Context,
  cliError,
  type Diagnostic,
  done,
} from "../../command.ts";
import { requireCluster } from "../../config-file/clusters.ts";
import { openWebhookSession, type WebhookSession } from "../../deployment/state.ts";
import { type EdgeOptions, edgeOptions, endpointFor, verifyFromOutside } from "../../deployment/verify.ts";
import {
  addOptions,
  askForConsent,
  type ChangeOptions,
  changeOptions,
  clusterOption,
  examples,
  validityDaysOption,
} from "../../options.ts";
import { findNotInUse, reloadMs, tooEarly } from "./in-use.ts";

interface RotateOptions extends EdgeOptions, ChangeOptions {
  readonly cluster: string;
  readonly finish: boolean;
  readonly inUse: readonly string[];
  readonly validityDays: number;
}

interface Rotation {
  readonly session: WebhookSession;
  readonly folder: ClusterFolder;
  readonly variable: string;
}

export const rotateCommand: CommandMaker = (context, run) =>
  addOptions(
    new Command("rotate"),
    clusterOption(),
    new Option("--finish", "stop accepting the old certificate, and revoke it").default(false),
    new Option(
      "--in-use <file...>",
      "with --finish: the client certificate as each control plane node has it, to show that it is the new one",
    ).default([], "ask"),
    validityDaysOption(),
    ...edgeOptions(),
    ...changeOptions(),
  )
    .description("replaces a cluster's client certificate: first run it as it is, then with --finish")
    .addHelpText(
      "after",
      examples(
        "certificate rotate --cluster production",
        "certificate rotate --cluster production --finish --in-use node-1.crt node-2.crt",
      ),
    )
    .action((options: RotateOptions) => run(() => rotate(options, context)));

async function rotate(options: RotateOptions, context: Context): Promise<CommandResult> {
  const session = await openWebhookSession(options.config, context);
  const { deployment } = session;
  const variable = clusterVariableName(options.cluster);
  const listed = requireCluster(deployment, options.cluster);
  const folder = new ClusterFolder(deployment.folder, options.cluster);
  const fingerprint = fingerprintOrNull((await folder.read(previousPair)).certificate ?? "");
  // An earlier --finish may have taken the old one off the list, and stopped before that was deployed.
  await compareWithDeployed(session, fingerprint === null ? null : { variable, fingerprint });
  const rotation = { session, folder, variable };
  return options.finish ? finish(rotation, options, context) : begin(rotation, listed, options, context);
}

async function begin(
  rotation: Rotation,
  listed: readonly string[],
  options: RotateOptions,
  context: Context,
): Promise<CommandResult> {
  const { session, folder, variable } = rotation;
  const { cluster: clusterName, validityDays } = options;
  const stage = await rotationStage(folder);
  if (stage === "switched") {
    return done(["A rotation is under way already.", ...whatIsNext(folder, clusterName)], { changed: false, stage });
  }
  const { key, certificate } = await folder.read(currentPair);
  if (stage !== "switching" && (key === null || certificate === null)) {
    const hint = `bring them there, or make another pair with octogate certificate issue --cluster ${clusterName}`;
    throw cliError(folder.name, "has no client.key and client.crt to rotate", hint);
  }
  const fingerprint = fingerprintOrNull(certificate ?? "");
  // Otherwise --finish would revoke, as the old certificate, one that another cluster uses.
  if (stage !== "switching" && (fingerprint === null || !listed.includes(fingerprint))) {
    const owner = describeOwner(fingerprint ?? "", { file: session.deployment, certificates: [] });
    const message = `holds no certificate that ${session.deployment.path} lists for ${clusterName}: it is ${owner}`;
    const hint = `bring its pair there, or make another with octogate certificate issue --cluster ${clusterName}`;
    throw cliError(`${folder.name}/client.crt`, message, hint);
  }
  const changes =
    stage === "switching"
      ? [`put the new key and certificate into ${folder.name} as client.key and client.crt`]
      : [
          `make a new key in ${folder.name} and have Cloudflare sign a certificate, valid for ${validityDays} days`,
          `list it in ${session.deployment.path} ([vars.${variable}]) beside the old one, and deploy`,
          `put it into ${folder.name} as client.key and client.crt; the old pair stays there as previous.key and previous.crt`,
        ];
  const consent = await askForConsent(context, changes, options);
  if (consent.kind === "stop") return consent.result;

  const warnings = stage === "switching" ? [] : await prepare(rotation, options, context);
  await switchPairs(folder, stage);
  noteStep(`the new pair is in ${folder.name}: client.crt and client.key`, context);
  const json = { changed: true, cluster: clusterName, stage: "switched" };
  return done(whatIsNext(folder, clusterName), json, warnings);
}

/** Makes a new certificate that the Worker accepts beside the old one. No user is refused at any moment of it. */
async function prepare(
  { session, folder, variable }: Rotation,
  options: RotateOptions,
  context: Context,
): Promise<readonly Diagnostic[]> {
  const { client, zone, hostname } = session;
  const { cluster: clusterName, validityDays } = options;
  const endpoint = await endpointFor(hostname, options, context);
  const claim = await readClaim(session, [variable], { folders: [folder] });
  const state = await inspectPair(folder, nextPair, claim);
  if (state.certificate === null) await refuseFullRule(session, claim);
  const commonName = commonNameFor(clusterName);
  const obtain = { client, zone, folder, pair: nextPair, commonName, validityDays };
  const certificate = await obtainPair(obtain, state);
  noteStep(`certificate ${certificate.fingerprint.slice(0, 16)}… is signed`, context);
  const ruleWarnings = await acceptCertificate(session, context, { variable, certificate }, claim.certificates);
  noteStep("both certificates are listed and deployed", context);

  // Only a certificate that was seen to be accepted takes the old one's place.
  const warnings = await refuseUnlessAccepted(folder, nextPair, endpoint, options, context);
  noteStep("the new certificate is accepted", context);
  return [...warnings, ...ruleWarnings];
}

function noteStep(step: string, { terminal }: Context): void {
  terminal.note(`${terminal.style.good("✓")} ${step}`);
}

function whatIsNext({ name }: ClusterFolder, clusterName: string): string[] {
  return [
    `Copy ${name}/client.crt and ${name}/client.key over the old ones on every control plane node;`,
    `kube-apiserver reads them again within ${reloadMs / 60_000} minutes, without a restart. Until then both certificates are accepted.`,
    `(A kubeconfig with the certificate inside has to be made anew, and kube-apiserver restarted: octogate kubeconfig --cluster ${clusterName} --inline)`,
    `Then: octogate certificate rotate --cluster ${clusterName} --finish --in-use <client.crt of each node>`,
  ];
}

/** @throws CliError while the old certificate may still be in use, or the new one does not work */
async function finish(rotation: Rotation, options: RotateOptions, context: Context): Promise<CommandResult> {
  const { session, folder, variable } = rotation;
  const { cluster: clusterName, inUse } = options;
  const stage = await rotationStage(folder);
  if (stage === "none") return done(["No rotation is under way."], { changed: false, stage });
  if (stage !== "switched") {
    const hint = `run octogate certificate rotate --cluster ${clusterName} again first`;
    throw cliError(folder.name, "the new certificate is not in place yet", hint);
  }
  const previous = fingerprintOrNull((await folder.read(previousPair)).certificate ?? "");
  const fingerprint = fingerprintOrNull((await folder.read(currentPair)).certificate ?? "");
  if (previous === null || fingerprint === null || fingerprint === previous) {
    throw cliError(folder.name, "client.crt and previous.crt are not a new certificate and its old one");
  }
  if (await folder.isLink()) throw cliError(folder.name, "is a link to another place: nothing is removed there");
  // Each kube-apiserver that got the new files at once must have read them.
  const writtenAt = (await folder.writtenAt(previousPair)) ?? context.now();
  const early = tooEarly(folder.name, writtenAt, context.now());
  if (early !== null) throw new CliError(early);
  const notInUse = await findNotInUse(inUse, fingerprint, context);
  if (notInUse.length > 0) throw new CliError(...notInUse);
  const claim = await readClaim(session, [variable], { folders: [folder] });
  if (!isOwn(previous, claim)) {
    const message = `holds the certificate ${previous}, which is ${describeOwner(previous, claim)}: it is not revoked`;
    const hint = `move it and its key out of there; octogate certificate list shows what ${clusterName} has`;
    throw cliError(`${folder.name}/previous.crt`, message, hint);
  }
  // Throws where the new one is not active.
  await inspectPair(folder, currentPair, claim);
  // The new certificate has to work before the old one goes.
  const endpoint = await endpointFor(session.hostname, options, context);
  const warnings = await refuseUnlessAccepted(folder, currentPair, endpoint, options, context);
  if (inUse.length === 0 && !options.dryRun && !(await isSaidToBeInUse(clusterName, fingerprint, options, context))) {
    throw cliError(
      clusterName,
      "it is not known whether every kube-apiserver has the new certificate: the old one stays",
      "--in-use names the client.crt of each control plane node",
    );
  }

  const changes = [
    `stop accepting ${previous}: take it out of ${session.deployment.path} ([vars.${variable}]), and deploy`,
    `revoke it at Cloudflare, and remove previous.key and previous.crt from ${folder.name}`,
  ];
  const consent = await askForConsent(context, changes, options);
  if (consent.kind === "stop") return consent.result;
  // Refused by the Worker first, which works at once; then revoked; then forgotten.
  const written = await stopAccepting(session, context, { variable, fingerprint: previous }, claim.certificates);
  await revokeAll(session, claim, ofPair(await folder.read(previousPair), claim));
  await correctFirewall(session, { file: written, certificates: claim.certificates, removed: [previous] });
  await folder.remove(previousPair);
  const lines = [`${clusterName} has one certificate less: ${previous} is refused from now on.`];
  const json = { changed: true, cluster: clusterName, fingerprint, dropped: previous };
  return done(lines, json, [...warnings, ...leftBehind(claim.missing.filter((one) => one === previous))]);
}

async function refuseUnlessAccepted(
  folder: ClusterFolder,
  pair: string,
  endpoint: Endpoint,
  { cluster, wait }: RotateOptions,
  context: Context,
): Promise<readonly Diagnostic[]> {
  const { key, certificate } = await folder.read(pair);
  const credential = { key: key ?? "", certificate: certificate ?? "" };
  const { failure, warnings } = await verifyFromOutside(endpoint, credential, cluster, wait * 1000, context);
  if (failure !== null) throw new CliError(failure);
  return warnings;
}

/** --yes goes on without asking, but it does not answer this question. */
async function isSaidToBeInUse(
  clusterName: string,
  fingerprint: string,
  { yes }: RotateOptions,
  { terminal }: Context,
): Promise<boolean> {
  if (yes) return false;
  const question = `Has every kube-apiserver of ${clusterName} had the new certificate (${fingerprint.slice(0, 16)}…) for 5 minutes?`;
  return (await terminal.ask(question)) === true;
}
