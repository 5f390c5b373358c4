// Rows of text with their cells one below the other.

/** One longer cell must not push all others away. */
const maxWidth = 60;

/** @returns one line for each row; a row's last cell is as long as it is */
export function columns(rows: readonly (readonly string[])[], indent = "  "): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.slice(0, -1).entries()) {
      widths[index] = Math.max(widths[index] ?? 0, Math.min(cell.length, maxWidth));
    }
  }
  return rows.map((row) => {
    const cells = row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)));
    return `${indent}${cells.join("  ")}`.trimEnd();
  });
}
