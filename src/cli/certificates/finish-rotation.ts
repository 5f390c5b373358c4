// The second half of a rotation: the old certificate goes. It must not be the one that some kube-apiserver still uses: nobody could sign in to that cluster. So there has to be
// evidence, and time for kube-apiserver to have read its files again.
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { fingerprintOrNull } from "../../node/certificates.ts";
import { type ClientCertificate, revokeClientCertificate } from "../cloudflare/client-certificates.ts";
import type { Context } from "../context.ts";
import type { Session } from "../deployment/session.ts";
import type { Trouble } from "../report.ts";
import type { ClusterFolder } from "./cluster-folder.ts";
import { stopAccepting } from "./fingerprints.ts";
import { previousPair } from "./rotation.ts";

/** client-go looks at the files of a client certificate every five minutes (CertCallbackRefreshDuration). */
export const reloadMs = 5 * 60 * 1000;

/** @returns null once every kube-apiserver that got the new files at once must have read them */
export async function findTooEarly(folder: ClusterFolder, now: number): Promise<Trouble | null> {
  return tooEarly(folder.name, (await folder.writtenAt(previousPair)) ?? now, now);
}

/** @param since when kube-apiserver could read the new files, in milliseconds */
function tooEarly(where: string, since: number, now: number): Trouble | null {
  const leftMs = since + reloadMs - now;
  if (leftMs <= 0) return null;
  return {
    where,
    message: "kube-apiserver reads its certificate's files again every 5 minutes, and may not have the new ones yet",
    cure: `run this again in ${Math.ceil(leftMs / 1000)} s, or later`,
  };
}

/**
 * @param files the certificate as each control plane node has it
 * @param current the new certificate's fingerprint
 * @returns one trouble for each file that does not hold the new certificate, or not for long enough
 */
export async function findNotInUse(
  files: readonly string[],
  current: string,
  { folder, now }: Context,
): Promise<Trouble[]> {
  const troubles = await Promise.all(
    files.map(async (file) => {
      const path = resolve(folder, file);
      const found = await fingerprintIn(path);
      if (found === current) return tooEarly(file, (await stat(path)).mtimeMs, now());
      const message =
        found === null ? "holds no certificate" : `holds the certificate ${found}, not the new ${current}`;
      return { where: file, message, cure: "copy the new client.crt and client.key there, and wait 5 minutes" };
    }),
  );
  return troubles.filter((trouble) => trouble !== null);
}

/** Refused by the Worker first, which works at once; then revoked; then forgotten. */
export async function dropPrevious(
  session: Session,
  context: Context,
  { folder, variable, previous }: { folder: ClusterFolder; variable: string; previous: string },
  certificates: readonly ClientCertificate[],
): Promise<void> {
  await stopAccepting(session, context, { variable, fingerprint: previous }, certificates);
  const known = certificates.find(({ fingerprint, status }) => fingerprint === previous && status === "active");
  if (known !== undefined) await revokeClientCertificate(session.client, session.zone, known.id);
  await folder.remove(previousPair);
}

async function fingerprintIn(path: string): Promise<string | null> {
  try {
    return fingerprintOrNull(await readFile(path, "utf8"));
  } catch {
    return null;
  }
}
