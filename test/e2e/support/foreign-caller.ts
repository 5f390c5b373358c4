// A caller whom Octogate does not know: kube-apiserver set up right in all but its client certificate.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { parseKubeconfig } from "../../support/cluster-files.ts";
import { makeFileAuthority } from "./certificates.ts";

export interface ForeignCaller {
  readonly webhookKubeconfig: string;
  /** Of its certificate. */
  readonly fingerprint: string;
}

/**
 * @param folder where its files go
 * @param webhookKubeconfig the right one
 */
export async function makeForeignCaller(folder: string, webhookKubeconfig: string): Promise<ForeignCaller> {
  const ownFolder = join(folder, "foreign-caller");
  await mkdir(ownFolder);
  const authority = await makeFileAuthority(ownFolder);
  const client = await authority.issue("foreign-caller", "client");
  const kubeconfig = parseKubeconfig(await readFile(webhookKubeconfig, "utf8"));
  kubeconfig.users[0].user = { "client-certificate": client.certificate, "client-key": client.key };
  const path = join(ownFolder, "kubeconfig");
  await writeFile(path, stringify(kubeconfig));
  return { webhookKubeconfig: path, fingerprint: client.fingerprint };
}
