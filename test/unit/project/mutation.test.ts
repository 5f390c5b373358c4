// The mutation test names the rooms that it changes. A room that moves must not leave it without a word.
import { globSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repositoryRoot } from "../../support/worker-config.ts";

test("every room that the mutation test names has source files", async () => {
  const text = await readFile(join(repositoryRoot, "test/mutation/stryker.config.json"), "utf8");
  const { mutate } = JSON.parse(text) as { mutate: string[] }; // ours
  const patterns = mutate.flatMap(withoutBraces);
  expect(patterns.length).toBeGreaterThan(3);
  expect(patterns.filter((pattern) => globSync(pattern, { cwd: repositoryRoot }).length === 0)).toEqual([]);
});

/** @returns the pattern once for each name in its braces: a glob with braces matches as soon as one of them does */
function withoutBraces(pattern: string): string[] {
  const [, before = "", names, after = ""] = /^(.*)\{(.*)\}(.*)$/.exec(pattern) ?? [];
  return names === undefined ? [pattern] : names.split(",").map((name) => `${before}${name}${after}`);
}
