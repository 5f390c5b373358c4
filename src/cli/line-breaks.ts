// Lines that are longer than a terminal is wide, broken at words and not in the middle of one.

export interface LineForm {
  readonly columns: number;
  /** What stands before each line but the first. */
  readonly indent: string;
  /** What stands behind each line but the last. */
  readonly end?: string;
  /** How many columns a text takes; by default one for each of its letters. */
  readonly widthOf?: (text: string) => number;
}

/** @returns the line, in as many as it takes; a word that is longer than a line keeps its own */
export function breakLine(line: string, { columns, indent, end = "", widthOf = (text) => text.length }: LineForm) {
  if (widthOf(line) <= columns) return [line];
  const lead = /^ */.exec(line)?.[0] ?? "";
  const [first = "", ...words] = line.trimStart().split(" ");
  const lines = [`${lead}${first}`];
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`;
    if (widthOf(longer) + end.length <= columns) lines[lines.length - 1] = longer;
    else lines.push(`${indent}${word}`);
  }
  return lines.map((text, index) => (index === lines.length - 1 ? text : `${text}${end}`));
}
