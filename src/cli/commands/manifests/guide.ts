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

/** Throws where the file has another form: it is our own. */
export function readGuide(distribution: Distribution): Guide {
  const [, frontMatter, text] = /^---\n(.*?)\n---\n\n(.*)$/s.exec(readClusterFile(`${distribution}/README.md`)) ?? [];
  if (frontMatter === undefined || text === undefined) throw new Error(`k8s/${distribution}/README.md has no head`);
  return { ...v.parse(frontMatterSchema, parse(frontMatter)), text };
}
