// docs/performance.md: what one run has measured goes between its markers, and the pictures beside it.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fillPage } from "../docs/markdown.ts";
import type { Picture } from "../simulate/report/pictures.ts";
import { oneSentenceALine } from "../simulate/report/sentences.ts";

export interface Run {
  /** Markdown by the name of its marker in the page. */
  readonly sections: ReadonlyMap<string, string>;
  readonly pictures: readonly Picture[];
}

/** @param folder with the page, such as docs; the pictures go into its folder `pictures` */
export async function writePage(folder: string, { sections, pictures }: Run): Promise<void> {
  const page = join(folder, "performance.md");
  const lined = new Map([...sections].map(([name, markdown]) => [name, oneSentenceALine(markdown)]));
  await writeFile(page, fillPage(await readFile(page, "utf8"), lined));
  await mkdir(join(folder, "pictures"), { recursive: true });
  for (const { name, svg } of pictures) await writeFile(join(folder, "pictures", `${name}.svg`), svg);
}
