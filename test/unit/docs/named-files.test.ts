// The documents name files as responseInfo: a test that shows a rule, a source that holds it. All of them are there.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = new URL("../../../", import.meta.url);
/** Where a path that a document names may begin: the documents leave away what its context says. */
const beginnings = ["", "test/", "src/worker/"];

function missingFiles(document: string): string[] {
  const text = readFileSync(new URL(document, root), "utf8");
  const named = [...text.matchAll(/`((?:[\w.-]+\/)*[\w.-]+\.ts)`/g)].map(([, path = ""]) => path);
  expect(named).not.toEqual([]);
  return named.filter(
    (path) => !beginnings.some((beginning) => existsSync(fileURLToPath(new URL(beginning + path, root)))),
  );
}

test.each(["docs/security.md", "docs/architecture.md", "docs/operations.md", "docs/caching.md", "CONTRIBUTING.md"])(
  "every source and test that %s names is there",
  (document) => {
    expect(missingFiles(document)).toEqual([]);
  },
);
