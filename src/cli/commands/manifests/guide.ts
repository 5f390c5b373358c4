// A distribution's guide: its README in k8s/.
// The head of the file says which files go where; the text holds the steps, the way back and the repair.
import * as v from "valibot";
import { parse } from "yaml";
import { readClusterFile } from "../../../node/cluster-files.ts";

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

export interface Guide extends v.InferOutput<typeof frontMatterSchema> {
  /** Markdown. */
  readonly text: string;
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

/** Throws where the file has another form: it is our own. */
export function readGuide(distribution: Distribution): Guide {
  const [, frontMatter, text] = /^---\n(.*?)\n---\n\n(.*)$/s.exec(readClusterFile(`${distribution}/README.md`)) ?? [];
  if (frontMatter === undefined || text === undefined) throw new Error(`k8s/${distribution}/README.md has no head`);
  return { ...v.parse(frontMatterSchema, parse(frontMatter)), text };
}
