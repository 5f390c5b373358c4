// Where a table's lines are in a text. The document's editor cannot tell whose a comment between two tables is; here it is the table's below it, as people write them.

export interface TableLines {
  /** The text before the table's header. */
  readonly before: string;
  /** Header and entries, and the comments among them. */
  readonly table: string;
  /** From the next table's comments on. */
  readonly after: string;
}

/**
 * @param header as it stands there, such as "[vars.CLUSTER_PRODUCTION]"
 * @returns null if there is no such line
 */
export function splitAtTable(text: string, header: string): TableLines | null {
  const lines = text.split(/(?<=\n)/);
  const start = lines.findIndex((line) => line.trim() === header);
  if (start === -1) return null;
  const next = lines.findIndex((line, index) => index > start && line.startsWith("["));
  let end = next === -1 ? lines.length : next;
  // Up to the comment that belongs to the next table, and the blank lines before it.
  if (next !== -1) while (end > start + 1 && lines[end - 1]?.startsWith("#")) end -= 1;
  while (end > start + 1 && lines[end - 1]?.trim() === "") end -= 1;
  const join = (from: number, to?: number) => lines.slice(from, to).join("");
  return { before: join(0, start), table: join(start, end), after: join(end) };
}
