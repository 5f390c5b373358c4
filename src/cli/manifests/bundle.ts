// Everything that goes into one cluster, put together from k8s/: files, where they go, and the guide.
import { posix } from "node:path";
import { readClusterFile } from "../../node/cluster-files.ts";
import { type CredentialData, webhookKubeconfig } from "../../node/kubeconfig.ts";
import { asksFor, type Fillings, fillIn } from "./fill-in.ts";
import { type Distribution, type Guide, readGuide } from "./guide.ts";
import type { RbacFile } from "./rbac.ts";

export interface BundleFile {
  /** Its name in the bundle. */
  readonly name: string;
  /** Where it goes on a control-plane node, or null where the guide says what to do with it. */
  readonly path: string | null;
  readonly mode: string | null;
  /** Null: the operator's own client certificate or its key, which was not read. */
  readonly content: string | null;
}

export interface Bundle {
  readonly guide: Guide;
  readonly files: readonly BundleFile[];
}

export interface BundleParts {
  readonly distribution: Distribution;
  readonly hostname: string;
  /** Null: not read; enough unless the distribution embeds the key. */
  readonly credential: CredentialData | null;
  readonly rbac: readonly RbacFile[];
}

const certificateName = "client.crt";
const keyName = "client.key";
const kubeconfigName = "webhook-kubeconfig.yaml";
const inlineKubeconfigName = "webhook-kubeconfig-inline.yaml";
const madeNames: readonly string[] = [certificateName, keyName, kubeconfigName];

/** @returns whether the key stands inside one of the distribution's files, so that they can't be made without it */
export function embedsKey(distribution: Distribution): boolean {
  const templates = readGuide(distribution).files.filter(({ name }) => !madeNames.includes(name));
  return templates.some(({ name }) =>
    asksFor(readClusterFile(`${distribution}/${name}`), [keyName, inlineKubeconfigName]),
  );
}

export function makeBundle({ distribution, hostname, credential, rbac }: BundleParts): Bundle {
  const guide = readGuide(distribution);
  const onNode = (name: string) => posix.join(guide.folder, name);
  const kubeconfig = webhookKubeconfig({
    hostname,
    certificateFile: onNode(certificateName),
    keyFile: onNode(keyName),
  });
  const fillings: Fillings = {
    [kubeconfigName]: kubeconfig,
    ...(credential === null
      ? {}
      : {
          [certificateName]: credential.certificate,
          [keyName]: credential.key,
          [inlineKubeconfigName]: webhookKubeconfig({ hostname, ...credential }),
        }),
  };
  const contentOf = (name: string) =>
    madeNames.includes(name) ? (fillings[name] ?? null) : fillIn(readClusterFile(`${distribution}/${name}`), fillings);
  const files = guide.files.map(({ name, path = null, mode = null }) => ({
    name,
    path,
    mode,
    content: contentOf(name),
  }));
  return { guide, files: [...files, ...rbac.map((file) => ({ ...file, path: null, mode: null }))] };
}
