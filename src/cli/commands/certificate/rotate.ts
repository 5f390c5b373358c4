// `octogate certificate rotate`: replaces a cluster's client certificate without a gap, in two halves.
// Between them an operator has to bring the files to every control plane node.
import { Command, Option } from "commander";
import { fingerprintOrNull } from "../../../node/certificates.ts";
import { clusterVariableName } from "../../../worker/config/config.ts";
import { acceptCertificate, compareWithDeployed } from "../../certificates/listed.ts";
import { inspectPair, obtainPair } from "../../certificates/obtain.ts";
import { commonNameFor, describeOwner } from "../../certificates/ownership.ts";
import {
  ClusterFolder,
  currentPair,
  nextPair,
  previousPair,
  rotationStage,
  switchPairs,
} from "../../certificates/pair-files.ts";
import { listClientCertificates } from "../../cloudflare/client-certificates.ts";
import { requireCluster } from "../../config-file/clusters.ts";
import { askForConsent } from "../../consent.ts";
import type { CommandMaker, Context } from "../../context.ts";
import { openSession } from "../../deployment/session.ts";
import { verifyFromOutside } from "../../deployment/verify.ts";
import { CliError, type CommandResult, cliError, type Diagnostic, done } from "../../diagnostics.ts";
import {
  addOptions,
  changeOptions,
  clusterOption,
  edgeOptions,
  endpointFor,
  examples,
  validityDaysOption,
} from "../../options.ts";
import { type FinishOptions, finishRotation, type Rotation, reloadMs } from "./finish-rotation.ts";

interface RotateOptions extends FinishOptions {
  readonly config: string;
  readonly validityDays: number;
  readonly finish: boolean;
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
  const session = await openSession(options.config, context);
  const { client, zone, deployment } = session;
  const variable = clusterVariableName(options.cluster);
  const listed = requireCluster(deployment, options.cluster);
  const folder = new ClusterFolder(deployment.folder, options.cluster);
  const fingerprint = fingerprintOrNull((await folder.read(previousPair)).certificate ?? "");
  // An earlier --finish may have taken the old one off the list, and stopped before that was deployed.
  await compareWithDeployed(session, fingerprint === null ? null : { variable, fingerprint });
  const claim = {
    file: deployment,
    certificates: await listClientCertificates(client, zone),
    variables: [variable],
  };
  const rotation = { session, folder, variable, claim };
  return options.finish ? finishRotation(rotation, options, context) : begin(rotation, listed, options, context);
}

async function begin(
  rotation: Rotation,
  listed: readonly string[],
  options: RotateOptions,
  context: Context,
): Promise<CommandResult> {
  const { session, folder, variable, claim } = rotation;
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
    const owner = fingerprint === null ? "unreadable" : describeOwner(fingerprint, claim);
    throw cliError(
      `${folder.name}/client.crt`,
      `holds no certificate that ${session.deployment.path} lists for ${clusterName}: it is ${owner}`,
      `bring the pair of ${clusterName} there, or make another with octogate certificate issue --cluster ${clusterName}`,
    );
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
  { session, folder, variable, claim }: Rotation,
  options: RotateOptions,
  context: Context,
): Promise<readonly Diagnostic[]> {
  const { client, zone, hostname } = session;
  const { cluster: clusterName, validityDays, wait } = options;
  const endpoint = await endpointFor(hostname, options, context);
  const state = await inspectPair(folder, nextPair, claim);
  const commonName = commonNameFor(clusterName);
  const obtain = { client, zone, folder, pair: nextPair, commonName, validityDays };
  const certificate = await obtainPair(obtain, state);
  noteStep(`certificate ${certificate.fingerprint.slice(0, 16)}… is signed`, context);
  await acceptCertificate(session, context, { variable, certificate }, claim.certificates);
  noteStep("both certificates are listed and deployed", context);

  // Only a certificate that was seen to be accepted takes the old one's place.
  const { key } = await folder.read(nextPair);
  const credential = { certificate: certificate.certificate, key: key ?? "" };
  const { failure, warnings } = await verifyFromOutside(endpoint, credential, clusterName, wait * 1000, context);
  if (failure !== null) throw new CliError(failure);
  noteStep("the new certificate is accepted", context);
  return warnings;
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
