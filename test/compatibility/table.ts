// The table of docs/compatibility.md: stories, which are the files of test/e2e, by releases of Kubernetes.
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { rowsOf, tableOf } from "../docs/markdown.ts";
import { repositoryRoot } from "../support/worker-config.ts";

export const page = join(repositoryRoot, "docs/compatibility.md");
export const notRun = "not run";

/** Cells by release, for each story: `1.30.14`, and the version of kubectl where that is another. */
export type Results = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** @returns the names of the stories, which are those of their files */
export function stories(): string[] {
  const files = globSync("test/e2e/*.test.ts", { cwd: repositoryRoot });
  return files.map((file) => basename(file, ".test.ts")).sort();
}

/** @returns the first sentence of the file, which says what the story is about */
function aboutOf(story: string): string {
  const text = readFileSync(join(repositoryRoot, `test/e2e/${story}.test.ts`), "utf8");
  const [comment = ""] = /^(?:\/\/.*\n)+/.exec(text) ?? [];
  const [sentence = ""] = comment
    .replaceAll(/^\/\/ /gm, "")
    .replaceAll("\n", " ")
    .split(/(?<=\.) /);
  return sentence.trim();
}

/** @returns the table of the page; stories that are in no test any more are left away */
export function compatibilityTable(results: Results): string {
  const described = (story: string) => [`[${story}](../test/e2e/${story}.test.ts)`, aboutOf(story)];
  return tableBy(["story", "what it tells"], stories(), described, results);
}

/** @returns the table of one run */
export function runTable(results: Results): string {
  return tableBy(["story"], [...results.keys()].sort(), (story) => [story], results);
}

function tableBy(
  header: readonly string[],
  rows: readonly string[],
  described: (story: string) => readonly string[],
  results: Results,
): string {
  const releases = [...new Set([...results.values()].flatMap((cells) => [...cells.keys()]))].sort(newestFirst);
  const cellsOf = (story: string) => releases.map((release) => results.get(story)?.get(release) ?? notRun);
  return tableOf(
    [...header, ...releases],
    rows.map((story) => [...described(story), ...cellsOf(story)]),
  );
}

/** @returns what a page with the table holds */
export function resultsIn(text: string): Results {
  const [header = [], ...rows] = rowsOf(text);
  const releases = header.slice(2);
  return new Map(
    rows.map(([link = "", , ...cells]) => {
      const [, story = ""] = /^\[(.*?)\]/.exec(link) ?? [];
      return [story, new Map(releases.map((release, index) => [release, cells[index] ?? notRun]))];
    }),
  );
}

/** @returns both, with the later ones in place of the earlier */
export function merged(earlier: Results, later: Results): Results {
  const all = new Set([...earlier.keys(), ...later.keys()]);
  return new Map(
    [...all].map((story) => [story, new Map([...(earlier.get(story) ?? []), ...(later.get(story) ?? [])])]),
  );
}

function newestFirst(a: string, b: string): number {
  return b.localeCompare(a, "en", { numeric: true });
}
