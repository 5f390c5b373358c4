// Markdown with one sentence a line, as in all documents.

/** @returns the same text; tables, pictures and code stay as they are */
export function oneSentenceALine(markdown: string): string {
  return markdown
    .split("\n")
    .map((line) => {
      if (/^(?:\||!\[|```|<)/.test(line)) return line;
      return line.replace(/(?<=[.:?]\)?) (?=[A-Z("])/g, line.startsWith("- ") ? "\n  " : "\n");
    })
    .join("\n");
}
