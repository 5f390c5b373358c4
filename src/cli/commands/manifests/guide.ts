// The guides of k8s/: Markdown with a head that says which files go where; the text holds the steps, the way back and
// the repair.
import * as v from "valibot";
import { parse } from "yaml";
import { readClusterFile } from "../../../node/kubeconfig.ts";
import { type Fillings, fillInText } from "./fill-in.ts";

const headSchema = v.strictObject({
  distribution: v.string(),
  /** What holds the webhook's files, as kube-apiserver sees it. */
  folder: v.optional(v.string(), "/etc/kubernetes/octogate"),
  /** Where the certificate of the issuer's own authority lies, as kube-apiserver sees it. */
  authority: v.optional(v.string()),
  files: v.array(
    v.strictObject({
      name: v.string(),
      /** What it is made from, beside the guide; missing: the file of its name. */
      template: v.optional(v.string()),
      /** The values of --for that it belongs to; missing: all that use this guide. */
      for: v.optional(v.array(v.string())),
      /** Where it goes on a control-plane node; missing: nowhere, the steps say what to do with it. */
      path: v.optional(v.string()),
      mode: v.optional(v.pipe(v.string(), v.regex(/^0[0-7]{3}$/))),
    }),
  ),
  /** Whether anybody has run this, and where it is from. */
  checked: v.string(),
});

export interface Guide extends v.InferOutput<typeof headSchema> {
  /** Markdown. */
  readonly text: string;
}

/** @param path inside k8s/ @throws where the file has another form: it is our own */
export function readGuide(path: string): Guide {
  const [, head, text] = /^---\n(.*?)\n---\n\n(.*)$/s.exec(readClusterFile(path)) ?? [];
  if (head === undefined || text === undefined) throw new Error(`k8s/${path} has no head`);
  return { ...v.parse(headSchema, parse(head)), text };
}

/** What stands in the guides as examples, so that their commands can be read and run as they are. */
const examples = {
  hostname: "auth.example.com",
  issuerUrl: "https://login.example.com",
  clientId: "--oidc-client-id=production",
} as const;

/** What stands in the examples' place; null: the guide has no such one. */
interface Addresses {
  readonly hostname: string | null;
  readonly issuerUrl: string | null;
  readonly cluster: string;
}

/** A part of a guide that is about one value of --for alone; its marks are comments of Markdown. */
const partPattern = /^ *<!-- for: ([a-z-]+) -->\n(.*?)^ *<!-- end -->\n/gms;

/**
 * @param target the value of --for
 * @param chapters of k8s/README.md that the guide's steps refer to
 * @returns the guide for one cluster, complete in itself: addresses and names are filled in, and the chapters stand
 *   behind it
 */
export function stepsFor(
  { text }: Guide,
  target: string,
  chapters: readonly string[],
  { hostname, issuerUrl, cluster }: Addresses,
  fillings: Fillings,
): string {
  const shared = readClusterFile("README.md").split(/^(?=## )/m);
  const behind = chapters.map((title) => {
    const chapter = shared.find((part) => part.startsWith(`## ${title}\n`));
    if (chapter === undefined) throw new Error(`k8s/README.md has no chapter ${title}`);
    return chapter.trimEnd();
  });
  // In a folder on a node there is no other file to go to.
  const withoutLinks = [text.trimEnd(), ...behind]
    .join("\n\n")
    .replace(partPattern, (_part, of: string, content: string) => (of === target ? content : ""))
    .replace(/\n{3,}/g, "\n\n")
    .replace(/\[([^\]]+)\]\(\.\.\/README\.md#[a-z-]+\)/g, "“$1”, below")
    .replace(/\[([^\]]+)\]\((?:\.\.\/)?[^):]+\)/g, "$1");
  const own = fillInText(withoutLinks, fillings)
    .replaceAll(examples.hostname, hostname ?? examples.hostname)
    .replaceAll(examples.issuerUrl, issuerUrl ?? examples.issuerUrl)
    .replaceAll(examples.clientId, `--oidc-client-id=${cluster}`);
  return `${own}\n`;
}
