// Markdown that is generated: tables, and the parts of a page between markers.

/**
 * @param parts Markdown by the name of its marker
 * @returns the page with the parts in place of what stood between `<!-- generated: NAME -->` and `<!-- end: NAME -->`
 * @throws Error where the page has no place for a part
 */
export function fillPage(page: string, parts: ReadonlyMap<string, string>): string {
  let filled = page;
  for (const [name, markdown] of parts) {
    const start = `<!-- generated: ${name} -->`;
    const end = `<!-- end: ${name} -->`;
    const from = filled.indexOf(start);
    const until = filled.indexOf(end, from);
    if (from < 0 || until < 0) throw new Error(`the page has no "${start}" with an end`);
    filled = `${filled.slice(0, from + start.length)}\n\n${markdown}\n\n${filled.slice(until)}`;
  }
  return filled;
}

/** @returns a table whose columns are not padded, so that a changed cell is one changed line */
export function tableOf(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(header), `|${"---|".repeat(header.length)}`, ...rows.map(line)].join("\n");
}

/** @returns the cells of each row of a page's tables */
export function rowsOf(page: string): string[][] {
  return [...page.matchAll(/^\| (.*) \|$/gm)].map(([, row = ""]) => row.split("|").map((cell) => cell.trim()));
}
