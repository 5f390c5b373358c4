// Changes a wrangler.toml in place: comments, order and spacing are the operator's, and stay.
import { parse, patch } from "@decimalturn/toml-patch";

/** As the file's tables come out of the parser; `change` looks only where it knows the form. */
type TomlTable = Record<string, unknown>;

/**
 * @param text of a wrangler.toml that has been parsed before
 * @param change changes the document in place; a new table would be written in one line, see `appendTable`
 */
export function editToml(text: string, change: (document: TomlTable) => void): string {
  const document: TomlTable = parse(text);
  change(document);
  return patch(text, document);
}

/** @param table its header and lines, as a person would write them */
export function appendTable(text: string, table: string): string {
  return `${text.trimEnd()}\n\n${table.trimEnd()}\n`;
}
