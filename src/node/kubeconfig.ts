// The files of k8s/, the one source of everything that is printed about a cluster's side, and one of them filled in:
// the kubeconfig of the webhook.
// kube-apiserver's --authentication-token-webhook-config-file names it.
import { readdirSync, readFileSync } from "node:fs";
import { parseDocument, stringify } from "yaml";

/** The client certificate and its key as files: kube-apiserver sees replaced ones while it runs. */
interface CredentialFiles {
  /** Absolute paths on the machine of kube-apiserver. A relative one counts from the kubeconfig's folder. */
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** The client certificate and its key inside the kubeconfig itself. */
export interface CredentialData {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

/** An address with a certificate from an authority of its own, as the local edge has. */
interface LocalAccess {
  readonly authorityFile: string;
  /** The name of the client in the file. */
  readonly user: string;
}

type WebhookAccess = {
  /** Perhaps with a port. */
  readonly hostname: string;
  readonly local?: LocalAccess;
} & (CredentialFiles | CredentialData);

/** @returns YAML */
export function webhookKubeconfig(access: WebhookAccess): string {
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
  const format = { lineWidth: 0 };
  if (access.local === undefined) return document.toString(format);
  document.setIn(["clusters", 0, "cluster", "certificate-authority"], access.local.authorityFile);
  document.setIn(["users", 0, "name"], access.local.user);
  document.setIn(["contexts", 0, "context", "user"], access.local.user);
  // Without the template's comments, which explain a public address.
  return stringify(document.toJS(), format);
}

/** @returns the address that kube-apiserver calls */
export function webhookUrl(hostname: string): string {
  return `https://${hostname}/authenticate`;
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

const folder = new URL("../../k8s/", import.meta.url);

/** @param name the path inside k8s/ @throws where it is missing: the package is broken */
export function readClusterFile(name: string): string {
  return readFileSync(new URL(name, folder), "utf8");
}

/** @param name a folder inside k8s/ that holds files alone @returns their names, in alphabetical order */
export function listClusterFiles(name: string): string[] {
  return readdirSync(new URL(name, folder)).sort();
}
