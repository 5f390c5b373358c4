// The second half of a rotation: the old certificate goes.
// If some kube-apiserver still uses it, no user can sign in to that cluster. So the operator has to show that the new
// one is in use, and kube-apiserver needs time to read its files again.
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { fingerprintOrNull } from "../../../node/certificates.ts";
import { stopAccepting } from "../../certificates/listed.ts";
import { inspectPair } from "../../certificates/obtain.ts";
import { type Claim, describeOwner, isOwn, revokeOwn } from "../../certificates/ownership.ts";
import { type ClusterFolder, currentPair, previousPair, rotationStage } from "../../certificates/pair-files.ts";
import { askForConsent, type ChangeOptions } from "../../consent.ts";
import type { Context } from "../../context.ts";
import type { Session } from "../../deployment/session.ts";
import { verifyFromOutside } from "../../deployment/verify.ts";
import { CliError, type CommandResult, cliError, type Diagnostic, done, error } from "../../diagnostics.ts";
import { type EdgeOptions, endpointFor } from "../../options.ts";

export interface FinishOptions extends EdgeOptions, ChangeOptions {
  readonly cluster: string;
  readonly wait: number;
  readonly inUse: readonly string[];
}

export interface Rotation {
  readonly session: Session;
  readonly folder: ClusterFolder;
  readonly variable: string;
  readonly claim: Claim;
}

/** client-go looks at the files of a client certificate every five minutes (CertCallbackRefreshDuration). */
export const reloadMs = 5 * 60 * 1000;

/** @throws CliError while the old certificate may still be in use, or the new one does not work */
export async function finishRotation(
  rotation: Rotation,
  options: FinishOptions,
  context: Context,
): Promise<CommandResult> {
  const { session, folder, variable, claim } = rotation;
  const { cluster: clusterName, inUse } = options;
  const stage = await rotationStage(folder);
  if (stage === "none") return done(["No rotation is under way."], { changed: false, stage });
  if (stage !== "switched") {
    const hint = `run octogate certificate rotate --cluster ${clusterName} again first`;
    throw cliError(folder.name, "the new certificate is not in place yet", hint);
  }
  const previous = fingerprintOrNull((await folder.read(previousPair)).certificate ?? "");
  const wrongPairs = () =>
    cliError(folder.name, "client.crt and previous.crt are not a new certificate and its old one");
  if (previous === null) throw wrongPairs();
  if (!isOwn(previous, claim)) {
    throw cliError(
      `${folder.name}/previous.crt`,
      `holds the certificate ${previous}, which is ${describeOwner(previous, claim)}: it is not revoked`,
      `move previous.crt and previous.key out of the folder; octogate certificate list shows what ${clusterName} has`,
    );
  }
  if (await folder.isLink()) throw cliError(folder.name, "is a link to another place: nothing is removed there");
  const current = await inspectPair(folder, currentPair, claim);
  if (current.certificate === null || current.certificate.fingerprint === previous) throw wrongPairs();
  const { fingerprint } = current.certificate;
  // Each kube-apiserver that got the new files at once must have read them.
  const writtenAt = (await folder.writtenAt(previousPair)) ?? context.now();
  const early = [tooEarly(folder.name, writtenAt, context.now())].filter((diagnostic) => diagnostic !== null);
  if (early.length > 0) throw new CliError(...early);
  const notInUse = await findNotInUse(inUse, fingerprint, context);
  if (notInUse.length > 0) throw new CliError(...notInUse);
  const warnings = await refuseUnlessAccepted(rotation, options, context);
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
  await stopAccepting(session, context, { variable, fingerprint: previous }, claim.certificates);
  const known = claim.certificates.find((one) => one.fingerprint === previous && one.status === "active");
  if (known !== undefined) await revokeOwn(session, claim, known);
  await folder.remove(previousPair);
  const line = `${clusterName} has one certificate less: ${previous} is refused from now on.`;
  return done([line], { changed: true, cluster: clusterName, fingerprint, dropped: previous }, warnings);
}

/** @param since when kube-apiserver could read the new files, in milliseconds */
function tooEarly(subject: string, since: number, now: number): Diagnostic | null {
  const leftMs = since + reloadMs - now;
  if (leftMs <= 0) return null;
  const message =
    "kube-apiserver reads its certificate's files again every 5 minutes, and may not have the new ones yet";
  return error(subject, message, `run this again in ${Math.ceil(leftMs / 1000)} s, or later`);
}

/**
 * @param files the certificate as each control plane node has it
 * @param current the new certificate's fingerprint
 * @returns one error for each file that does not hold the new certificate, or not for long enough
 */
async function findNotInUse(
  files: readonly string[],
  current: string,
  { folder, now }: Context,
): Promise<Diagnostic[]> {
  const found = await Promise.all(
    files.map(async (file) => {
      const path = resolve(folder, file);
      const fingerprint = await fingerprintIn(path);
      if (fingerprint === current) return tooEarly(file, (await stat(path)).mtimeMs, now());
      const message =
        fingerprint === null ? "holds no certificate" : `holds the certificate ${fingerprint}, not the new ${current}`;
      return error(file, message, "copy the new client.crt and client.key there, and wait 5 minutes");
    }),
  );
  return found.filter((diagnostic) => diagnostic !== null);
}

async function fingerprintIn(path: string): Promise<string | null> {
  try {
    return fingerprintOrNull(await readFile(path, "utf8"));
  } catch {
    return null;
  }
}

/** The new certificate has to work before the old one goes. */
async function refuseUnlessAccepted(
  { session, folder }: Rotation,
  options: FinishOptions,
  context: Context,
): Promise<readonly Diagnostic[]> {
  const { key, certificate } = await folder.read(currentPair);
  const endpoint = await endpointFor(session.hostname, options, context);
  const credential = { key: key ?? "", certificate: certificate ?? "" };
  const waitMs = options.wait * 1000;
  const { failure, warnings } = await verifyFromOutside(endpoint, credential, options.cluster, waitMs, context);
  if (failure !== null) throw new CliError(failure);
  return warnings;
}

/** --yes goes on without asking, but it does not answer this question. */
async function isSaidToBeInUse(
  clusterName: string,
  fingerprint: string,
  { yes }: FinishOptions,
  { terminal }: Context,
): Promise<boolean> {
  if (yes) return false;
  const question = `Has every kube-apiserver of ${clusterName} had the new certificate (${fingerprint.slice(0, 16)}…) for 5 minutes?`;
  return (await terminal.ask(question)) === true;
}
