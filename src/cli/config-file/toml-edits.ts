// Changes to the text of a TOML file: values, items of lists, lines and tables. Comments, order and spacing are the
// operator's, and stay.
import type { TextRange, TomlPath } from "../../node/toml.ts";
import { type CliError, cliError } from "../command.ts";
import type { ConfigFile } from "./file.ts";

/** Text in the place of a piece of the file. */
export interface Edit extends TextRange {
  readonly text: string;
}

/** @returns the exception where the file is written in a form that cannot be changed here */
export function unsupportedForm({ path }: ConfigFile): CliError {
  return cliError(
    path,
    "is written in a form that this command cannot change without harm",
    "write [[routes]], each table of [vars] and [[kv_namespaces]] as tables of their own, as the file ships with them",
  );
}

/** @param edits of this very file; none touches a piece that another one replaces */
export function applyEdits({ text }: ConfigFile, edits: readonly Edit[]): string {
  const lineEnd = text.includes("\r\n") ? "\r\n" : "\n";
  // From the end, so that no edit moves what another one is about. Of two at one position the first comes first.
  return edits
    .toSorted((one, other) => one.start - other.start)
    .reduceRight(
      (rest, { start, end, text: replacement }) =>
        rest.slice(0, start) + replacement.replaceAll("\n", lineEnd) + rest.slice(end),
      text,
    );
}

/** @param table its header and lines, as a person would write them */
export function append({ text }: ConfigFile, table: string): Edit[] {
  return [insert(trimmedEnd(text, text.length), `\n\n${table}`)];
}

export function setValue(file: ConfigFile, path: TomlPath, value: string): Edit[] {
  const { text, toml } = file;
  const range = toml.find(path)?.value ?? null;
  if (range !== null) return [{ ...range, text: value }];
  const table = toml.find(path.slice(0, -1));
  const key = String(path.at(-1));
  if (table?.header) return [insert(trimmedEnd(text, lineEndAt(text, table.header.end)), `\n${key} = ${value}`)];
  if (table?.value && text[table.value.start] === "{") {
    const isEmpty = /^\{\s*\}$/.test(text.slice(table.value.start, table.value.end));
    return [insert(table.value.start + 1, ` ${key} = ${value}${isEmpty ? " " : ","}`)];
  }
  throw unsupportedForm(file);
}

/** Adds items behind the last one of a list: each in a line of its own where the list's end has one. */
export function addItems(file: ConfigFile, path: TomlPath, last: number, values: readonly string[]): Edit[] {
  const { text, toml } = file;
  const whole = toml.find(path)?.value ?? null;
  const item = toml.find([...path, last])?.value ?? null;
  if (whole === null || item === null) throw unsupportedForm(file);
  if (values.length === 0) return [];
  const comma = commaAfter(text, item.end);
  const bracketLine = lineStartAt(text, whole.end);
  if (bracketLine <= item.end) {
    const added = values.join(", ");
    return comma === null ? [insert(item.end, `, ${added}`)] : [insert(comma, ` ${added}`)];
  }
  const indent = /^[ \t]*/.exec(text.slice(lineStartAt(text, item.start), item.start))?.[0] ?? "";
  const lines = values.map((value) => `${indent}${value},\n`).join("");
  return [...(comma === null ? [insert(item.end, ",")] : []), insert(bracketLine, lines)];
}

/** Takes an item out of a list: with its line and the comment behind it if it is alone in that line. */
export function removeItem(file: ConfigFile, path: TomlPath, index: number, count: number): Edit[] {
  const { text, toml } = file;
  const rangeOf = (at: number) => (at < 0 || at >= count ? null : (toml.find([...path, at])?.value ?? null));
  const [before, item, after] = [rangeOf(index - 1), rangeOf(index), rangeOf(index + 1)];
  if (item === null) throw unsupportedForm(file);
  const line = { start: lineStartAt(text, item.start), end: lineEndAt(text, item.end) };
  const rest = text.slice(line.start, item.start) + text.slice(commaAfter(text, item.end) ?? item.end, line.end);
  if (/^\s*(?:#[^\n]*)?\s*$/.test(rest)) return [{ ...line, text: "" }];
  if (after !== null && after.start < line.end) return [{ start: item.start, end: after.start, text: "" }];
  if (before !== null && before.end > line.start) return [{ start: before.end, end: item.end, text: "" }];
  return [{ start: item.start, end: commaAfter(text, item.end) ?? item.end, text: "" }];
}

/** @returns the position behind the comma that follows an item, or null if the list ends first */
function commaAfter(text: string, position: number): number | null {
  const found = /^(?:\s|#[^\n]*\n)*,/.exec(text.slice(position))?.[0];
  return found === undefined ? null : position + found.length;
}

/**
 * The lines of a table and of the tables in it. A comment between two tables belongs to the one below it, as people
 * write them, and so do the blank lines before that comment.
 */
export function tablesAt({ text, toml: { headers } }: ConfigFile, path: TomlPath): TextRange[] {
  return headers.flatMap(({ path: headerPath, start }, index) => {
    if (!path.every((key, at) => headerPath[at] === key)) return [];
    const next = headers[index + 1]?.start;
    let end = next === undefined ? text.length : lineStartAt(text, next);
    const lineBefore = () => text.slice(lineStartAt(text, end - 1), end);
    if (next !== undefined) while (lineBefore().startsWith("#")) end = lineStartAt(text, end - 1);
    while (lineBefore().trim() === "" && end > start) end = lineStartAt(text, end - 1);
    return [{ start: lineStartAt(text, start), end }];
  });
}

export function lineStartAt(text: string, position: number): number {
  return text.lastIndexOf("\n", position - 1) + 1;
}

/** @returns the position behind the line's end */
export function lineEndAt(text: string, position: number): number {
  const end = text.indexOf("\n", position);
  return end === -1 ? text.length : end + 1;
}

export function trimmedEnd(text: string, position: number): number {
  return text.slice(0, position).trimEnd().length;
}

export function insert(position: number, text: string): Edit {
  return { start: position, end: position, text };
}

export function list(values: readonly string[]): string {
  return `[${values.map(quoted).join(", ")}]`;
}

export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** With the blank lines before each. */
export function removeTables(file: ConfigFile, path: TomlPath): Edit[] {
  return tablesAt(file, path).map(({ start, end }) => ({
    start: Math.min(lineEndAt(file.text, trimmedEnd(file.text, start)), start),
    end,
    text: "",
  }));
}

/** A line of its own goes as a whole; what stands in an inline table is turned off. */
export function removeEntry(file: ConfigFile, path: TomlPath): Edit[] {
  const item = file.toml.find(path);
  if (item === null) return [];
  if (item.entry === null) return setValue(file, path, "false");
  return [{ start: lineStartAt(file.text, item.entry.start), end: lineEndAt(file.text, item.entry.end), text: "" }];
}
