// Tables as Markdown: for docs/simulation.md and for the terminal alike.

/**
 * @param header the first column begins at the left, all others end at the right
 * @param rows one cell for each column
 */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((cell, column) => Math.max(3, cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join(" | ")} |`;
  const rule = widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [line(header), `| ${rule.join(" | ")} |`, ...rows.map(line)].join("\n");
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

/** @returns a whole number with commas between the thousands */
export function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** @returns a number with so many digits after the point */
export function decimal(value: number, digits = 1): string {
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** @param share 0 to 1 */
export function percent(share: number, digits = 0): string {
  return `${decimal(share * 100, digits)} %`;
}

export function dollars(value: number): string {
  return `$${decimal(value, 2)}`;
}

export function seconds(ms: number): string {
  return `${whole(ms / 1000)} s`;
}
