// Tables of the repository's documents, for the tests that hold them to what is.
import { readDocument } from "./document-commands.ts";

/**
 * @param document its path from the repository's root
 * @param section the heading above the table
 * @returns the table's rows, each with the code spans of its cells
 * @throws if there is no table
 */
export function codeInTable(
  document: string,
  section: string,
): { readonly first: string; readonly code: string[][] }[] {
  const chapter =
    readDocument(document)
      .split(/^(?=## )/m)
      .find((part) => part.startsWith(`## ${section}\n`)) ?? "";
  const [, , ...rows] = chapter.match(/^\|.*\|$/gm) ?? [];
  if (rows.length === 0) throw new Error(`${document} has no table under "${section}"`);
  return rows.map((row) => {
    const cells = row
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim());
    return {
      first: cells[0] ?? "",
      code: cells.map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text)),
    };
  });
}
