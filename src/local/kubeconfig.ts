// The kubeconfig that kube-apiserver's --authentication-token-webhook-config-file takes. It names files by their
// absolute paths: a relative one would count from wherever the kubeconfig is copied to.
import { stringify } from "yaml";

export interface WebhookAccess {
  readonly clusterName: string;
  readonly url: string;
  /** Absolute paths. */
  readonly authorityFile: string;
  readonly certificateFile: string;
  readonly privateKeyFile: string;
}

/** @returns YAML */
export function webhookKubeconfig(access: WebhookAccess): string {
  const webhook = "octogate";
  const user = access.clusterName;
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: webhook, cluster: { server: access.url, "certificate-authority": access.authorityFile } }],
    users: [
      { name: user, user: { "client-certificate": access.certificateFile, "client-key": access.privateKeyFile } },
    ],
    contexts: [{ name: webhook, context: { cluster: webhook, user } }],
    "current-context": webhook,
  });
}
