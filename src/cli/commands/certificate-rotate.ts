// `octogate certificate rotate`: replaces a cluster's client certificate without a gap, in two halves, because between them somebody has to bring the files to every control
// plane node.
import { Command, Option } from "commander";
import { fingerprintOrNull } from "../../node/certificates.ts";
import { clusterVariableName } from "../../worker/config/config.ts";
import { type ClusterFolder, clusterFolder } from "../certificates/cluster-folder.ts";
import { compareWithDeployed, requireCluster } from "../certificates/fingerprints.ts";
import { dropPrevious, findNotInUse, findTooEarly, reloadMs } from "../certificates/finish-rotation.ts";
import { inspectPair } from "../certificates/obtain.ts";
import { prepareAndSwitch } from "../certificates/rotate.ts";
import { currentPair, previousPair, rotationStage } from "../certificates/rotation.ts";
import { type ClientCertificate, listClientCertificates } from "../cloudflare/client-certificates.ts";
import { askForConsent, type ChangeOptions } from "../consent.ts";
import type { Context } from "../context.ts";
import { openSession, type Session } from "../deployment/session.ts";
import { verifyFromOutside } from "../edge/verify.ts";
import { done, failed, type Report } from "../report.ts";
import { reportFailures, StepFailure } from "../step-failure.ts";
import type { CommandMaker } from "./command.ts";
import { caFileOption, connectOption, type EdgeOptions, endpointFor, waitOption } from "./edge-options.ts";
import { clusterOption, configOption, dryRunOption, examples, validityDaysOption, yesOption } from "./options.ts";

interface RotateOptions extends EdgeOptions, ChangeOptions {
  readonly config: string;
  readonly cluster: string;
  readonly validityDays: number;
  readonly wait: number;
  readonly finish: boolean;
  readonly inUse: readonly string[];
}

export const rotateCommand: CommandMaker = (context, run) =>
  new Command("rotate")
    .description("replaces a cluster's client certificate: first run it as it is, then with --finish")
    .addOption(clusterOption())
    .addOption(new Option("--finish", "stop accepting the old certificate, and revoke it").default(false))
    .addOption(
      new Option(
        "--in-use <file...>",
        "with --finish: the client certificate as each control plane node has it, as responseInfo that it is the new one",
      ).default([], "ask"),
    )
    .addOption(validityDaysOption())
    .addOption(connectOption())
    .addOption(caFileOption())
    .addOption(waitOption())
    .addOption(configOption())
    .addOption(yesOption())
    .addOption(dryRunOption())
    .addHelpText(
      "after",
      examples(
        "certificate rotate --cluster production",
        "certificate rotate --cluster production --finish --in-use node-1.crt node-2.crt",
      ),
    )
    .action((options: RotateOptions) => run(() => reportFailures(() => rotate(options, context))));

interface Rotation {
  readonly session: Session;
  readonly folder: ClusterFolder;
  readonly variable: string;
  readonly certificates: readonly ClientCertificate[];
}

async function rotate(options: RotateOptions, context: Context): Promise<Report> {
  const session = await openSession(options.config, context);
  const { client, zone, deployment } = session;
  const variable = clusterVariableName(options.cluster);
  requireCluster(deployment, variable, options.cluster);
  const folder = clusterFolder(deployment.folder, options.cluster);
  const fingerprint = fingerprintOrNull((await folder.read(previousPair)).certificate ?? "");
  // An earlier --finish may have taken the old one off the list, and stopped before that was deployed.
  await compareWithDeployed(session, fingerprint === null ? null : { variable, fingerprint });
  const certificates = await listClientCertificates(client, zone);
  const rotation = { session, folder, variable, certificates };
  return options.finish ? finish(rotation, options, context) : begin(rotation, options, context);
}

async function begin(
  { session, folder, variable, certificates }: Rotation,
  options: RotateOptions,
  context: Context,
): Promise<Report> {
  const { cluster: clusterName, validityDays } = options;
  const stage = await rotationStage(folder);
  if (stage === "switched") {
    return done(["A rotation is under way already.", ...whatIsNext(folder, clusterName)], { changed: false, stage });
  }
  const { key, certificate } = await folder.read(currentPair);
  if (stage !== "switching" && (key === null || certificate === null)) {
    const cure = `bring them there, or make another pair with octogate certificate issue --cluster ${clusterName}`;
    throw new StepFailure({ where: folder.name, message: "has no client.key and client.crt to rotate", cure });
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
  if (consent.kind === "stop") return consent.report;

  const { good } = context.terminal.style;
  const endpoint = await endpointFor(session.hostname, options, context);
  const onStep = (step: string) => context.terminal.note(`${good("✓")} ${step}`);
  const waitMs = options.wait * 1000;
  const preparing = { clusterName, variable, validityDays, folder, stage, endpoint, waitMs, onStep };
  await prepareAndSwitch(session, context, preparing, certificates);
  return done(whatIsNext(folder, clusterName), { changed: true, cluster: clusterName, stage: "switched" });
}

function whatIsNext({ name }: ClusterFolder, clusterName: string): string[] {
  return [
    `Copy ${name}/client.crt and ${name}/client.key over the old ones on every control plane node;`,
    `kube-apiserver reads them again within ${reloadMs / 60_000} minutes, without a restart. Until then both certificates are accepted.`,
    `(A kubeconfig with the certificate inside has to be made anew, and kube-apiserver restarted: octogate kubeconfig --cluster ${clusterName} --inline)`,
    `Then: octogate certificate rotate --cluster ${clusterName} --finish --in-use <client.crt of each node>`,
  ];
}

async function finish(rotation: Rotation, options: RotateOptions, context: Context): Promise<Report> {
  const { session, folder, variable, certificates } = rotation;
  const { cluster: clusterName, inUse } = options;
  const stage = await rotationStage(folder);
  if (stage === "none") return done(["No rotation is under way."], { changed: false, stage });
  if (stage !== "switched") {
    const cure = `run octogate certificate rotate --cluster ${clusterName} again first`;
    return failed({ where: folder.name, message: "the new certificate is not in place yet", cure });
  }
  const previous = fingerprintOrNull((await folder.read(previousPair)).certificate ?? "");
  const current = await inspectPair(folder, currentPair, certificates);
  if (previous === null || current.certificate === null || current.certificate.fingerprint === previous) {
    return failed({
      where: folder.name,
      message: "client.crt and previous.crt are not a new certificate and its old one",
    });
  }
  const { fingerprint } = current.certificate;
  const tooEarly = await findTooEarly(folder, context.now());
  if (tooEarly !== null) return failed(tooEarly);
  const troubles = await findNotInUse(inUse, fingerprint, context);
  if (troubles.length > 0) return failed(...troubles);
  await refuseUnlessAccepted(rotation, options, context);
  if (inUse.length === 0 && !options.dryRun && !(await isSaidToBeInUse(clusterName, fingerprint, options, context))) {
    return failed({
      where: clusterName,
      message: "nobody says that every kube-apiserver has the new certificate: the old one stays",
      cure: "--in-use names the client.crt of each control plane node",
    });
  }

  const changes = [
    `stop accepting ${previous}: take it out of ${session.deployment.path} ([vars.${variable}]), and deploy`,
    `revoke it at Cloudflare, and remove previous.key and previous.crt from ${folder.name}`,
  ];
  const consent = await askForConsent(context, changes, options);
  if (consent.kind === "stop") return consent.report;
  await dropPrevious(session, context, { folder, variable, previous }, certificates);
  return done([`${clusterName} has one certificate less: ${previous} is refused from now on.`], {
    changed: true,
    cluster: clusterName,
    fingerprint,
    dropped: previous,
  });
}

/** The new certificate has to work before the old one goes. */
async function refuseUnlessAccepted(
  { session, folder }: Rotation,
  options: RotateOptions,
  context: Context,
): Promise<void> {
  const { key, certificate } = await folder.read(currentPair);
  const endpoint = await endpointFor(session.hostname, options, context);
  const identity = { key: key ?? "", certificate: certificate ?? "" };
  const trouble = await verifyFromOutside(endpoint, identity, {
    now: context.now,
    waitMs: options.wait * 1000,
    onWaiting: (why) => context.terminal.note(`  waiting until it answers: ${why}`),
  });
  if (trouble !== null) throw new StepFailure(trouble);
}

/** --yes goes on without asking, but it is no responseInfo. */
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
