// A page about runs of a tool: what one run has measured goes between its markers, and the pictures beside it.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Picture } from "../simulate/report/pictures.ts";
import { oneSentenceALine } from "../simulate/report/sentences.ts";
import { fillPage } from "./markdown.ts";

export interface Run {
  /** Markdown by the name of its marker in the page. */
  readonly sections: ReadonlyMap<string, string>;
  readonly pictures: readonly Picture[];
}

/** @param page such as docs/performance.md; the pictures go into the folder `pictures` beside it */
export async function writePage(page: string, { sections, pictures }: Run): Promise<void> {
  const lined = new Map([...sections].map(([name, markdown]) => [name, oneSentenceALine(markdown)]));
  await writeFile(page, fillPage(await readFile(page, "utf8"), lined));
  const folder = join(dirname(page), "pictures");
  await mkdir(folder, { recursive: true });
  for (const { name, svg } of pictures) await writeFile(join(folder, `${name}.svg`), svg);
}
