// A cluster's client certificate and its key, as they lie on the operator's machine: by default in .clusters/NAME.
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { CredentialData } from "../../node/kubeconfig.ts";
import type { Context } from "../context.ts";
import type { Trouble } from "../report.ts";

export type ClientCredential =
  | { readonly kind: "read"; readonly credential: CredentialData }
  | { readonly kind: "unusable"; readonly trouble: Trouble };

/** @returns the folder that holds a cluster's certificate and key unless another is named */
export function credentialFolderOf(cluster: string): string {
  return join(".clusters", cluster);
}

/** @param folder as it was given: relative to the context's folder */
export async function readClientCredential(folder: string, context: Context): Promise<ClientCredential> {
  const texts: string[] = [];
  for (const name of ["client.crt", "client.key"]) {
    const path = join(folder, name);
    try {
      texts.push(await readFile(resolve(context.folder, path), "utf8"));
    } catch (error) {
      if (!(error instanceof Error && "code" in error)) throw error;
      const message = error.code === "ENOENT" ? "there is no such file" : `cannot be read (${error.code})`;
      return unusable(
        path,
        message,
        "octogate setup makes it, or name the folder that holds yours with --certificates",
      );
    }
  }
  const [certificate = "", key = ""] = texts;
  // A pair that does not belong together would fail at every handshake.
  const isPair = belongTogether(certificate, key);
  if (isPair === null) return unusable(folder, "client.crt or client.key is no PEM of a certificate or a private key");
  if (!isPair) return unusable(folder, "client.key is not the key of client.crt");
  return { kind: "read", credential: { certificate, key } };
}

function belongTogether(certificate: string, key: string): boolean | null {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    // Node has no other way to say so.
    return null;
  }
}

function unusable(where: string, message: string, cure?: string): ClientCredential {
  return { kind: "unusable", trouble: { where, message, ...(cure === undefined ? {} : { cure }) } };
}
