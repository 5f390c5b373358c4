// The commands of the repository's documents, for the tests that run them. A test that calls one of the functions below
// with a document and its sections vouches for running what it gets; test/unit/docs/commands.test.ts reads these calls
// in the tests' sources, and fails where a command is left over.
import { globSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import {
  type CommandBlock,
  commandBlocksOf,
  commandsOf,
  commentsOf,
  type Example,
  examplesOf,
  inlineCodeOf,
  openingNeedsOf,
} from "./markdown-commands.ts";
import { repositoryRoot } from "./worker-config.ts";

/** What a mark can say that is needed, and which commands need it. */
const commandsThatNeed: Readonly<Record<string, RegExp>> = {
  "a release":
    /^(?:REPOSITORY=|gh (?:release|attestation) | *gh attestation |sha256sum |shasum |for file in octogate-|done$|git |cd octogate-sources$|umask |npm pack)/,
  Cloudflare: /^(?:npx )?wrangler |^curl "?https:\/\/api\.cloudflare\.com\//,
  GitHub: /^gh /,
  "Kubernetes 1.28": /^kubectl auth whoami/,
  kubelogin:
    /^(?:brew|choco) install kubelogin|^kubectl (?:krew install oidc-login|oidc-login |--user=browser |--context NAME |config use-context NAME)|your-operator/,
  "setup-envtest": /\bsetup-envtest /,
  kubeadm: /^(?:\(umask 077 && )?(?:kubeadm|crictl|journalctl) /,
  k3s: /^(?:k3s|systemctl|journalctl) /,
  RKE2: /^systemctl |\/var\/lib\/rancher\/rke2\//,
  Talos: /^(?:until )?talosctl /,
  AWS: /^(?:aws|eksctl) /,
  Azure: /^az /,
  "Google Cloud": /^gcloud |^kubectl auth whoami/,
  Pinniped: /^pinniped |^kubectl .*\bjwt-?authenticator\b|people\.kubeconfig/,
  kOps: /^kops |\/var\/log\/kube-apiserver\.log$|\/var\/lib\/kubelet\/kubeconfig/,
};

/** The documents that tell their reader to run something. */
export const documentsWithCommands: readonly string[] = globSync(
  ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/**/*.md", "k8s/**/*.{md,yaml}"],
  { cwd: repositoryRoot },
).sort();

/**
 * @param sections headings; the blocks up to the next heading belong to one
 * @returns the text of each block of commands that is no transcript, without the commands that are marked
 * @throws if a section has none
 */
export function commandsIn(document: string, ...sections: readonly string[]): string[] {
  const texts = blocksIn(document, sections, false).map((block) => {
    const marked = commandsOf(block).filter((command) => marksOf(command, block.needs).length > 0);
    return marked.reduce((text, command) => text.replace(`${command}\n`, ""), block.text);
  });
  return texts.filter((text) => text.trim() !== "");
}

/**
 * @returns the commands of the transcripts in these sections, each with what it prints;
 * @throws if a section has none
 */
export function examplesIn(document: string, ...sections: readonly string[]): Example[] {
  return blocksIn(document, sections, true).flatMap(({ text }) => examplesOf(text));
}

/** @returns one command, in a block or between backticks, as it is written; @throws if the document does not have it */
export function commandIn(document: string, command: string): string {
  if (documentedCommandsOf(document).some(({ text }) => text === command)) return command;
  throw new Error(`${document} has no command ${command}`);
}

export interface DocumentedCommand {
  readonly document: string;
  readonly line: number;
  readonly text: string;
  readonly isInline: boolean;
  /** The marks that hold here and are about it. */
  readonly marks: readonly string[];
}

/** Every command of a document, and between backticks everything that could be one. */
export function documentedCommandsOf(document: string): DocumentedCommand[] {
  const text = readDocument(document);
  // What a folder's guides say at their beginning holds for the comments in the files beside them.
  const guides = document.endsWith(".yaml") ? globSync(`${posix.dirname(document)}/*.md`, { cwd: repositoryRoot }) : [];
  const around = guides.flatMap((guide) => openingNeedsOf(readDocument(guide)));
  const inBlocks = commandBlocksOf(text).flatMap((block) =>
    commandsOf(block).map((command) => ({ ...block, text: command, isInline: false })),
  );
  const inline = inlineCodeOf(text).map((code) => ({ ...code, isInline: true }));
  return [...inBlocks, ...inline].map(({ line, text, isInline, needs }) => ({
    document,
    line,
    text,
    isInline,
    marks: marksOf(text, [...needs, ...around]),
  }));
}

/** @param document its path from the repository's root; of a YAML file, its comments */
export function readDocument(document: string): string {
  const text = readFileSync(posix.join(repositoryRoot, document), "utf8");
  return document.endsWith(".yaml") ? commentsOf(text) : text;
}

function blocksIn(document: string, sections: readonly string[], areTranscripts: boolean): CommandBlock[] {
  const blocks = commandBlocksOf(readDocument(document)).filter(({ isTranscript }) => isTranscript === areTranscripts);
  return sections.flatMap((section) => {
    const inside = blocks.filter((block) => block.section === section);
    if (inside.length === 0) throw new Error(`${document} has no commands under "${section}"`);
    return inside;
  });
}

function marksOf(command: string, needs: readonly string[]): string[] {
  return needs.filter((need) => commandsThatNeed[need]?.test(command));
}
