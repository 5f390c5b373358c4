// The certificate as each control plane node has it: is it the new one, and has kube-apiserver read it?
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { fingerprintOrNull } from "../../../node/certificates.ts";
import { type Context, type Diagnostic, error } from "../../command.ts";

/** client-go looks at the files of a client certificate every five minutes (CertCallbackRefreshDuration). */
export const reloadMs = 5 * 60 * 1000;

/** @param since when kube-apiserver could read the new files, in milliseconds */
export function tooEarly(subject: string, since: number, now: number): Diagnostic | null {
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
export async function findNotInUse(
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
