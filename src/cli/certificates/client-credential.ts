// A cluster's client certificate and its key on the operator's machine: by default in .clusters/NAME.
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { CredentialData } from "../../node/kubeconfig.ts";
import type { Context } from "../context.ts";
import { cliError } from "../diagnostics.ts";

/**
 * @param folder as it was given: relative to the context's folder
 * @throws CliError if they cannot be used
 */
export async function readClientCredential(folder: string, context: Context): Promise<CredentialData> {
  const certificate = await read(join(folder, "client.crt"), context);
  const key = await read(join(folder, "client.key"), context);
  // A pair that does not belong together would fail at every handshake.
  const isPair = belongTogether(certificate, key);
  if (isPair === null) {
    throw cliError(folder, "client.crt or client.key is no PEM of a certificate or a private key");
  }
  if (!isPair) throw cliError(folder, "client.key is not the key of client.crt");
  return { certificate, key };
}

async function read(path: string, context: Context): Promise<string> {
  try {
    return await readFile(resolve(context.folder, path), "utf8");
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    const message = error.code === "ENOENT" ? "there is no such file" : `cannot be read (${error.code})`;
    const hint = "octogate setup makes it, or name the folder that holds yours with --certificates";
    throw cliError(path, message, hint);
  }
}

function belongTogether(certificate: string, key: string): boolean | null {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    // Node has no other way to say so.
    return null;
  }
}
