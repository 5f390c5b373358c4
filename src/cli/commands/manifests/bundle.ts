// Everything that goes into one cluster, put together from k8s/: files, where they go, and the guide.
import { posix } from "node:path";
import * as v from "valibot";
import { parse, parseDocument, Scalar, visit } from "yaml";
import { type CredentialData, readClusterFile, webhookKubeconfig } from "../../../node/kubeconfig.ts";
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
  /** The deployment's. */
  readonly hostname: string;
  readonly files: readonly BundleFile[];
}

interface BundleParts {
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

/** @returns whether one of the distribution's files holds the key, so that they cannot be made without it */
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
  return { guide, hostname, files: [...files, ...rbac.map((file) => ({ ...file, path: null, mode: null }))] };
}

/** Contents by the files' names. */
type Fillings = Readonly<Record<string, string>>;

/** Replaces each value that is nothing but a file's name in angle brackets by that file's content. Comments stay. */
function fillIn(template: string, fillings: Fillings): string {
  const document = parseDocument(template);
  visit(document, {
    Scalar(_key, node) {
      const name = typeof node.value === "string" ? /^<(.+)>$/.exec(node.value)?.[1] : undefined;
      const filling = name === undefined ? undefined : fillings[name];
      if (filling === undefined) return;
      node.value = filling;
      // A whole file inside a file: as it is, line by line.
      node.type = Scalar.BLOCK_LITERAL;
    },
  });
  // A long value stays in its line.
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** @returns whether a template asks for one of these files */
function asksFor(template: string, names: readonly string[]): boolean {
  return names.some((name) => template.includes(`: <${name}>\n`));
}

/** The ways to run a kube-apiserver of one's own that there is a guide for. */
export const distributions = ["kubeadm", "k3s", "rke2", "talos", "kops"] as const;
export type Distribution = (typeof distributions)[number];

const frontMatterSchema = v.strictObject({
  distribution: v.picklist(distributions),
  /** What holds the client certificate and its key, as kube-apiserver sees it. */
  folder: v.optional(v.string(), "/etc/kubernetes/octogate"),
  files: v.array(
    v.strictObject({
      name: v.string(),
      /** Where it goes on a control-plane node; missing: nowhere, the steps say what to do with it. */
      path: v.optional(v.string()),
      mode: v.optional(v.pipe(v.string(), v.regex(/^0[0-7]{3}$/))),
    }),
  ),
  /** Whether anybody has run this, and where it is from. */
  checked: v.string(),
});

interface Guide extends v.InferOutput<typeof frontMatterSchema> {
  /** Markdown. */
  readonly text: string;
}

/**
 * The head of the README says which files go where; the text holds the steps, the way back and the repair. Throws where
 * the file has another form: it is our own.
 */
export function readGuide(distribution: Distribution): Guide {
  const [, frontMatter, text] = /^---\n(.*?)\n---\n\n(.*)$/s.exec(readClusterFile(`${distribution}/README.md`)) ?? [];
  if (frontMatter === undefined || text === undefined) throw new Error(`k8s/${distribution}/README.md has no head`);
  return { ...v.parse(frontMatterSchema, parse(frontMatter)), text };
}

/** The chapters of k8s/README.md that a guide refers to. They are the same for all distributions. */
const sharedChapters = ["If a webhook is set already", "Sign in"] as const;
const exampleHostname = "auth.example.com";

/**
 * @returns the guide for one deployment, complete in itself: the deployment's hostname is filled in, and the chapters
 *   that its steps refer to stand behind it
 */
export function stepsFor({ text }: Guide, hostname: string): string {
  const shared = readClusterFile("README.md");
  const chapters = sharedChapters.map((title) => {
    const chapter = shared.split(/^(?=## )/m).find((part) => part.startsWith(`## ${title}\n`));
    if (chapter === undefined) throw new Error(`k8s/README.md has no chapter ${title}`);
    return chapter.trimEnd();
  });
  // In a folder on a node there is no other file to go to.
  const withoutLinks = [text.trimEnd(), ...chapters]
    .join("\n\n")
    .replace(/\[([^\]]+)\]\(\.\.\/README\.md#[a-z-]+\)/g, "“$1”, below")
    .replace(/\[([^\]]+)\]\(\.\.\/[^)]+\)/g, "$1");
  return `${withoutLinks.replaceAll(exampleHostname, hostname)}\n`;
}
