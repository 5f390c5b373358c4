// Fills a page between markers, so that every figure and every table there comes from the code.

/**
 * @param sections Markdown by the name of its marker
 * @returns the page with the sections in place of what stood between `<!-- simulation: NAME -->` and `<!-- end of
 * simulation: NAME -->`
 */
export function fillPage(page: string, sections: ReadonlyMap<string, string>): string {
  let filled = page;
  for (const [name, markdown] of sections) {
    const start = `<!-- simulation: ${name} -->`;
    const end = `<!-- end of simulation: ${name} -->`;
    const from = filled.indexOf(start);
    const until = filled.indexOf(end, from);
    if (from < 0 || until < 0) throw new Error(`the page has no "${start}" with an end`);
    filled = `${filled.slice(0, from + start.length)}\n\n${markdown}\n\n${filled.slice(until)}`;
  }
  return filled;
}
