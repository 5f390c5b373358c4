// Files that are written whole: by several at once, and by one that finds something else than it expects.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseConfigFile, saveConfigFile } from "../../../src/cli/config-file/file.ts";
import { temporaryName, writeWhole } from "../../../src/node/files.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "octogate-files-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("many writes of one file at once all succeed, and leave one whole text and nothing beside it", async () => {
  const path = join(folder, "file");
  const texts = Array.from({ length: 20 }, (_, at) => `${at}`.repeat(10_000));
  await Promise.all(texts.map((text) => writeWhole(path, text, 0o600)));
  expect(texts).toContain(await readFile(path, "utf8"));
  expect(await readdir(folder)).toEqual(["file"]);
});

test("of many changes of one wrangler.toml at once one succeeds, and the others say so", async () => {
  const absolutePath = join(folder, "wrangler.toml");
  await writeFile(absolutePath, 'name = "one"\n');
  const loaded = parseConfigFile({ path: "wrangler.toml", absolutePath }, 'name = "one"\n');
  if (loaded.kind !== "loaded") throw new Error(loaded.diagnostic.message);
  const texts = Array.from({ length: 20 }, (_, at) => `name = "changed-${at}"\n`);
  const results = await Promise.allSettled(texts.map((text) => saveConfigFile(loaded.file, text)));
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const result of results) {
    if (result.status === "rejected") expect(String(result.reason)).toContain("was changed while this command ran");
  }
  expect(await readdir(folder)).toEqual(["wrangler.toml"]);
});

test("a write that its last look refuses changes nothing", async () => {
  const path = join(folder, "file");
  await writeFile(path, "before");
  expect(await writeWhole(path, "after", 0o600, () => false)).toBe(false);
  expect(await readFile(path, "utf8")).toBe("before");
  expect(await readdir(folder)).toEqual(["file"]);
});

test.each([
  ["client.key.4711.new", true],
  ["client.key.4711-0a1b2c3d4e5f.new", true],
  ["client.new", false],
  ["notes.txt", false],
])("%s is left behind by a killed process: %s", (name, expected) => {
  expect(temporaryName.test(name)).toBe(expected);
});
