// The kubeconfig that kube-apiserver's --authentication-token-webhook-config-file takes: the template of k8s/ with its comments, filled in.
import { parseDocument } from "yaml";
import { readClusterFile } from "../cluster-files.ts";

/** The client certificate and its key as files: kube-apiserver sees replaced ones while it runs. */
export interface CredentialFiles {
  /** Absolute paths on the control-plane node. */
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** The client certificate and its key inside the kubeconfig itself. */
export interface CredentialData {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

export type WebhookAccess = { readonly hostname: string } & (CredentialFiles | CredentialData);

/**
 * @param access `hostname` may have a port behind it
 * @returns YAML
 */
export function renderWebhookKubeconfig(access: WebhookAccess): string {
  const isInline = "key" in access;
  const document = parseDocument(
    readClusterFile(isInline ? "webhook-kubeconfig-inline.yaml" : "webhook-kubeconfig.yaml"),
  );
  document.setIn(["clusters", 0, "cluster", "server"], webhookUrl(access.hostname));
  const user = isInline
    ? { "client-certificate-data": base64(access.certificate), "client-key-data": base64(access.key) }
    : { "client-certificate": access.certificateFile, "client-key": access.keyFile };
  for (const [key, value] of Object.entries(user)) document.setIn(["users", 0, "user", key], value);
  // A long value stays in its line.
  return document.toString({ lineWidth: 0 });
}

/** @returns the address that kube-apiserver calls */
export function webhookUrl(hostname: string): string {
  return `https://${hostname}/authenticate`;
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
