// Which links of a Markdown document lead nowhere: a file that is not there, or a heading that the file does not have.
// Links to other hosts are not asked about.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * @param root the folder that a link may not lead out of
 * @param path the document, from the root
 * @param markdown its text
 * @returns the targets as they are written, in their order
 */
export function brokenLinks(root: string, path: string, markdown: string): string[] {
  return linksOf(markdown).filter((target) => !leadsSomewhere(root, path, markdown, target));
}

/**
 * The ids that GitHub gives to the headings of a document: lower case, without punctuation, dashes for spaces, numbered
 * where they repeat.
 */
export function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  const used = new Map<string, number>();
  for (const [, heading = ""] of withoutFences(markdown).matchAll(/^#{1,6} +(.+?) *#* *$/gm)) {
    const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");
    const base = text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
      .replace(/ /g, "-");
    const earlier = used.get(base) ?? 0;
    used.set(base, earlier + 1);
    anchors.add(earlier === 0 ? base : `${base}-${earlier}`);
  }
  return anchors;
}

function linksOf(markdown: string): string[] {
  const prose = withoutFences(markdown).replace(/(`+)[^`]+?\1/g, "code");
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)];
  const definitions = [...prose.matchAll(/^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)/gm)];
  return [...inline, ...definitions].map(([, target = ""]) => target);
}

function leadsSomewhere(root: string, path: string, markdown: string, target: string): boolean {
  if (/^[a-z][a-z+.-]*:/i.test(target)) return true;
  const [file = "", anchor] = target.split("#", 2);
  if (file === "") return anchor !== undefined && anchorsOf(markdown).has(anchor);
  const goal = join(dirname(path), decodeURIComponent(file));
  if (goal.startsWith("..") || !existsSync(join(root, goal))) return false;
  if (anchor === undefined) return true;
  return goal.endsWith(".md") && anchorsOf(readFileSync(join(root, goal), "utf8")).has(anchor);
}

function withoutFences(markdown: string): string {
  return markdown.replace(/^ {0,3}(```+|~~~+)[^\n]*\n[\s\S]*?^ {0,3}\1[^\n]*$/gm, "");
}
