// Every link between the documents leads somewhere.
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { anchorsOf, brokenLinks } from "../../support/markdown-links.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const documents = globSync(["*.md", "docs/**/*.md", "k8s/**/*.md", ".github/**/*.md"], { cwd: root }).sort();

test("the documents are found", () => {
  expect(documents).toEqual(
    expect.arrayContaining(["README.md", "docs/architecture.md", "docs/security.md", "k8s/README.md"]),
  );
});

test.each(documents)("every relative link and anchor of %s leads somewhere", (path) => {
  expect(brokenLinks(root, path, readFileSync(join(root, path), "utf8"))).toEqual([]);
});

/** Where a path between backticks may begin: the documents leave away what its context says. */
const beginnings = ["", "test/", "src/worker/", "src/cli/", "k8s/"];

test.each(["docs/security.md", "docs/architecture.md", "docs/operations.md", "docs/caching.md", "CONTRIBUTING.md"])(
  "every source, test and folder that %s names is there",
  (document) => {
    const text = readFileSync(join(root, document), "utf8");
    const named = [...text.matchAll(/`((?:[\w.-]+\/)*[\w.-]+\.ts|(?:[\w-]+\/)+)`/g)].map(([, path = ""]) => path);
    expect(named).not.toEqual([]);
    const isThere = (path: string) => beginnings.some((beginning) => existsSync(join(root, beginning, path)));
    expect(named.filter((path) => !isThere(path))).toEqual([]);
  },
);

test("the tree of CONTRIBUTING.md names what is there, and every folder of the first two levels", () => {
  const [, tree = ""] = /^```text\n(src\/\n.+?)^```/ms.exec(readFileSync(join(root, "CONTRIBUTING.md"), "utf8")) ?? [];
  const parents: string[] = [];
  const named = tree.split("\n").flatMap((line) => {
    const [, indent = "", names = ""] = /^( *)(\S+(?: \S+\/)*)/.exec(line) ?? [];
    parents.length = indent.length / 2;
    const paths = names.split(" ").map((name) => join(...parents, name));
    parents.push(names);
    return names === "" ? [] : paths;
  });
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  const folders = globSync("{src,test}/*/", { cwd: root }).filter((path) => statSync(join(root, path)).isDirectory());
  expect(folders.map((path) => join(path, "/")).filter((path) => !named.includes(path))).toEqual([]);
});

describe("a link that leads nowhere is found", () => {
  const broken = (markdown: string): string[] => brokenLinks(root, "docs/example.md", markdown);

  test.each([
    "missing.md",
    "../README.txt",
    "../../README.md",
    "#nowhere",
    "caching.md#nowhere",
    "../wrangler.toml#vars",
  ])("%s", (target) => {
    expect(broken(`# Example\n\nSee [it](${target}).`)).toEqual([target]);
    expect(broken(`# Example\n\nSee [it].\n\n[it]: ${target}\n`)).toEqual([target]);
  });

  test("and others are not taken for one", () => {
    const targets = [
      "caching.md",
      "caching.md#leavers",
      "../k8s/rbac/",
      "../LICENSE",
      "#example",
      "https://example.com/#x",
    ];
    expect(broken(`# Example\n\n${targets.map((target) => `[x](${target})`).join(" ")}`)).toEqual([]);
    expect(broken("```\n[x](missing.md)\n```\n\n`[x](missing.md)`")).toEqual([]);
  });
});

test("headings have the anchors that GitHub gives them", () => {
  const headings = [
    "# Why `token_kinds` and `oauth_clients`",
    "## What's *new*?",
    "## [Linked](x.md)",
    "## What's new",
    "```\n# code\n```",
  ];
  expect([...anchorsOf(headings.join("\n\n"))]).toEqual([
    "why-token_kinds-and-oauth_clients",
    "whats-new",
    "linked",
    "whats-new-1",
  ]);
});
