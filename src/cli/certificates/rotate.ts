// The first half of a rotation: a new certificate that the Worker accepts beside the old one, and its files in place. Nobody is refused at any moment of it.

import type { Endpoint } from "../../node/https.ts";
import type { ClientCertificate } from "../cloudflare/client-certificates.ts";
import type { Context } from "../context.ts";
import type { Session } from "../deployment/session.ts";
import { verifyFromOutside } from "../edge/verify.ts";
import { StepFailure } from "../step-failure.ts";
import type { ClusterFolder } from "./cluster-folder.ts";
import { commonNameFor } from "./cluster-names.ts";
import { acceptCertificate } from "./fingerprints.ts";
import { inspectPair, obtainPair } from "./obtain.ts";
import { nextPair, type RotationStage, switchPairs } from "./rotation.ts";

export interface RotateOptions {
  readonly clusterName: string;
  readonly variable: string;
  readonly validityDays: number;
  readonly folder: ClusterFolder;
  readonly stage: RotationStage;
  readonly endpoint: Endpoint;
  readonly waitMs: number;
  /** Hears what is done, one sentence each. */
  readonly onStep: (done: string) => void;
}

export async function prepareAndSwitch(
  session: Session,
  context: Context,
  options: RotateOptions,
  certificates: readonly ClientCertificate[],
): Promise<void> {
  const { folder, stage, onStep } = options;
  if (stage !== "switching") await prepare(session, context, options, certificates);
  await switchPairs(folder, stage);
  onStep(`the new pair is in ${folder.name}: client.crt and client.key`);
}

async function prepare(
  session: Session,
  context: Context,
  options: RotateOptions,
  certificates: readonly ClientCertificate[],
): Promise<void> {
  const { client, zone } = session;
  const { clusterName, variable, validityDays, folder, endpoint, waitMs, onStep } = options;
  const state = await inspectPair(folder, nextPair, certificates);
  const commonName = commonNameFor(clusterName);
  const obtain = { client, zone, folder, pair: nextPair, commonName, validityDays };
  const certificate = await obtainPair(obtain, state);
  onStep(`certificate ${certificate.fingerprint.slice(0, 16)}… is signed`);
  await acceptCertificate(session, context, { variable, certificate }, certificates);
  onStep("both certificates are listed and deployed");

  // Only what was seen to be accepted takes the old one's place.
  const { key } = await folder.read(nextPair);
  const trouble = await verifyFromOutside(
    endpoint,
    { certificate: certificate.certificate, key: key ?? "" },
    { now: context.now, waitMs, onWaiting: (why) => context.terminal.note(`  waiting until it answers: ${why}`) },
  );
  if (trouble !== null) throw new StepFailure(trouble);
  onStep("the new certificate is accepted");
}
