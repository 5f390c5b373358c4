// What goes into a cluster that asks the webhook: the kubeconfig of its kube-apiserver, the client certificate and its
// key.
import { posix } from "node:path";
import { type CredentialData, webhookKubeconfig } from "../../../node/kubeconfig.ts";
import { clusterFolderName, readClientCredential } from "../../certificates/pair-files.ts";
import type { Context } from "../../command.ts";
import { findClusterDeployment } from "../../config-file/clusters.ts";
import { type Bundle, bundleFiles, embeds, type MadeFiles } from "./bundle.ts";
import type { Fillings } from "./fill-in.ts";
import { type Guide, readGuide, stepsFor } from "./guide.ts";
import { rbacFor } from "./rbac.ts";
import type { ChosenTarget } from "./targets.ts";

export interface WebhookOptions {
  readonly cluster: string;
  readonly config: string;
  readonly hostname?: string;
  readonly certificates?: string;
  readonly output?: string;
}

const certificateName = "client.crt";
const keyName = "client.key";
const kubeconfigName = "webhook-kubeconfig.yaml";
const inlineKubeconfigName = "webhook-kubeconfig-inline.yaml";
const madeNames = [certificateName, keyName, kubeconfigName];

/** @throws CliError where the configuration or, if a file embeds it, the client certificate is missing or wrong */
export async function makeWebhookBundle(
  { target, name, folder }: ChosenTarget,
  options: WebhookOptions,
  context: Context,
): Promise<Bundle> {
  const { cluster, output } = options;
  const { hostname, clusterVariable } = await findClusterDeployment(options, context);
  const guide = readGuide(posix.join(folder, target.guide));

  const certificates = options.certificates ?? clusterFolderName(cluster);
  const needsKey = output !== undefined || embeds([keyName, inlineKubeconfigName], folder, guide, madeNames);
  const credential: CredentialData | null = needsKey ? await readClientCredential(certificates, context) : null;
  const { made, fillings } = webhookParts(guide, hostname, credential);
  const rbac = rbacFor(cluster, clusterVariable, { kind: "policy" });
  return {
    hostname,
    files: bundleFiles({ folder, guide, target: name, made, fillings, rbac: rbac.files }),
    steps: stepsFor(guide, name, target.chapters, { hostname, issuerUrl: null, cluster }, {}),
    checked: guide.checked,
    notes: [
      target.note,
      ...(credential === null ? [] : ["The output holds the private key: keep it as you keep the key."]),
      ...rbac.notes,
    ],
    diagnostics: [],
    isSecret: (content) => credential !== null && holds(content, credential.key),
  };
}

function webhookParts(
  guide: Guide,
  hostname: string,
  credential: CredentialData | null,
): { readonly made: MadeFiles; readonly fillings: Fillings } {
  const onNode = (name: string) => posix.join(guide.folder, name);
  const files = { certificateFile: onNode(certificateName), keyFile: onNode(keyName) };
  const kubeconfig = webhookKubeconfig({ hostname, ...files });
  const embedded =
    credential === null
      ? {}
      : {
          [certificateName]: credential.certificate,
          [keyName]: credential.key,
          [inlineKubeconfigName]: webhookKubeconfig({ hostname, ...credential }),
        };
  return {
    made: {
      [certificateName]: { content: credential?.certificate ?? null },
      [keyName]: { content: credential?.key ?? null },
      [kubeconfigName]: { content: kubeconfig },
    },
    fillings: { [kubeconfigName]: kubeconfig, ...embedded },
  };
}

/** Whether a text holds the key: as it is, perhaps with an indentation, or in base64. */
function holds(text: string, key: string): boolean {
  const [, line = ""] = key.split(/\r?\n/);
  return line !== "" && (text.includes(line) || text.includes(Buffer.from(key).toString("base64")));
}
