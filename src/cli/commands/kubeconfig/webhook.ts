// The file by which kube-apiserver finds Octogate: what its --authentication-token-webhook-config-file takes.
import { posix } from "node:path";
import { webhookKubeconfig } from "../../../node/kubeconfig.ts";
import { clusterFolderName, readClientCredential } from "../../certificates/pair-files.ts";
import type { Context } from "../../command.ts";
import { findClusterDeployment } from "../../config-file/clusters.ts";

export interface WebhookOptions {
  readonly config: string;
  readonly hostname?: string;
  readonly inline?: boolean;
  readonly folder?: string;
  readonly certificates?: string;
}

export const defaultNodeFolder = "/etc/kubernetes/octogate";

/** @returns YAML */
export async function webhookFile(options: WebhookOptions, cluster: string, context: Context): Promise<string> {
  const { hostname } = await findClusterDeployment({ ...options, cluster }, context);
  if (options.inline === true) {
    const certificates = options.certificates ?? clusterFolderName(cluster);
    const credential = await readClientCredential(certificates, context);
    context.terminal.note("The output holds the private key: keep it as you keep the key.");
    return webhookKubeconfig({ hostname, ...credential });
  }
  const inFolder = (name: string) => posix.join(options.folder ?? defaultNodeFolder, name);
  return webhookKubeconfig({ hostname, certificateFile: inFolder("client.crt"), keyFile: inFolder("client.key") });
}
