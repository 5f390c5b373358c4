// Values of a TOML text, and the place of each.
// So a diagnostic can name its line, and an edit can leave everything else as it is.
import { type AST, ParseError, parseTOML } from "toml-eslint-parser";

/** The keys and list positions that lead to a setting, from the file's top. */
export type TomlPath = readonly (string | number)[];

/** A piece of the text, in characters; `end` is behind it. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** A setting, as it is written. */
interface TomlItem {
  /** From 1. */
  readonly line: number;
  /** A value with its quotes or brackets; null for a table with a header. */
  readonly value: TextRange | null;
  /** The text between a string's quotes; null for all other values. */
  readonly string: TextRange | null;
  /** `key = value` in a line of its own; null for what is in an inline table or in a list. */
  readonly entry: TextRange | null;
  /** The name between a table header's brackets; null for what has no header. */
  readonly header: TextRange | null;
}

export interface Toml {
  readonly kind: "parsed";
  /** Objects without a prototype, so that no key of the file can be taken for one of JavaScript's. */
  readonly values: Readonly<Record<string, unknown>>;
  /**
   * @returns the line, from 1, of the setting, or else of the nearest table or list that would hold it; null if there
   *   is none
   */
  lineOf(path: TomlPath): number | null;
  /** @returns null where there is no such setting */
  find(path: TomlPath): TomlItem | null;
  /** Everything that is written inside a table, and what its headers begin with, in the order of the text. */
  readonly headers: readonly { readonly path: TomlPath; readonly start: number }[];
}

interface InvalidToml {
  readonly kind: "invalid";
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/** @param text with any line ends; a byte order mark at its start is ignored */
export function parseToml(text: string): Toml | InvalidToml {
  // TOML has no line ends of a single carriage return, but the parser lets them pass in comments and long strings.
  const bareReturn = /\r(?!\n)/.exec(text);
  if (bareReturn !== null) {
    return { kind: "invalid", line: lineAt(text, bareReturn.index), message: "A carriage return without a line feed" };
  }
  try {
    // Some editors begin a file with a byte order mark, which is no TOML. A blank in its place moves nothing.
    return read(parseTOML(text.replace(/^\uFEFF/, " ")).body[0], text);
  } catch (error) {
    if (error instanceof ParseError) return { kind: "invalid", line: lineOfError(error, text), message: error.message };
    if (error instanceof UnsafeInteger) return { kind: "invalid", line: error.line, message: error.message };
    // The parser calls itself for each list in a list.
    if (error instanceof RangeError)
      return { kind: "invalid", line: 1, message: "Lists or tables are nested too deep" };
    throw error;
  }
}

/** An integer that JavaScript cannot hold exactly: a deployment would get another one. */
class UnsafeInteger extends Error {
  readonly line: number;

  constructor(line: number) {
    super("An integer is too large");
    this.line = line;
  }
}

type Table = Record<string, unknown>;

function read(root: AST.TOMLTopLevelTable, text: string): Toml {
  const values = newTable();
  const items = new Map<string, TomlItem>();
  const headers: { path: TomlPath; start: number }[] = [];
  // What is named first counts: a table that is opened again is found where it begins.
  const add = (path: TomlPath, item: Pick<TomlItem, "line"> & Partial<TomlItem>) => {
    const key = JSON.stringify(path);
    if (!items.has(key)) items.set(key, { value: null, string: null, entry: null, header: null, ...item });
  };

  function readEntries(entries: readonly AST.TOMLKeyValue[], table: Table, path: TomlPath, isInline: boolean): void {
    for (const { key, value, loc, range } of entries) {
      const names = key.keys.map((part) => (part.type === "TOMLBare" ? part.name : part.value));
      const { line } = loc.start;
      for (const [index] of names.entries()) add([...path, ...names.slice(0, index)], { line });
      const entry = isInline ? null : rangeOf(range);
      put(table, names, readContent(value, [...path, ...names], { line, entry }));
    }
  }

  /** @param at its key's line, or for an item of a list, its own */
  function readContent(content: AST.TOMLContentNode, path: TomlPath, at: Pick<TomlItem, "line" | "entry">): unknown {
    const string = content.type === "TOMLValue" ? insideQuotes(content, text) : null;
    add(path, { ...at, value: rangeOf(content.range), string });
    switch (content.type) {
      case "TOMLValue":
        return readValue(content);
      case "TOMLArray":
        return content.elements.map((item, index) =>
          readContent(item, [...path, index], { line: item.loc.start.line, entry: null }),
        );
      case "TOMLInlineTable": {
        const table = newTable();
        readEntries(content.body, table, path, true);
        return table;
      }
    }
  }

  for (const node of root.body) {
    if (node.type === "TOMLKeyValue") {
      readEntries([node], values, [], false);
      continue;
    }
    const path = node.resolvedKey;
    const { line } = node.loc.start;
    for (const [index] of path.slice(1).entries()) add(path.slice(0, index + 1), { line });
    add(path, { line, header: rangeOf(node.key.range) });
    headers.push({ path, start: node.range[0] });
    const table = tableAt(values, path);
    readEntries(node.body, table, path, false);
  }

  const find = (path: TomlPath) => items.get(JSON.stringify(path)) ?? null;
  return {
    kind: "parsed",
    values,
    find,
    headers,
    lineOf(path) {
      for (let length = path.length; length > 0; length -= 1) {
        const item = find(path.slice(0, length));
        if (item !== null) return item.line;
      }
      return null;
    },
  };
}

function newTable(): Table {
  return Object.create(null);
}

function readValue(value: AST.TOMLValue): unknown {
  if (value.kind === "integer" && !Number.isSafeInteger(value.value)) throw new UnsafeInteger(value.loc.start.line);
  return value.value;
}

/** Puts a value behind dotted keys. The parser has refused a second one of the same name. */
function put(table: Table, names: readonly string[], value: unknown): void {
  const last = names.at(-1) ?? "";
  tableAt(table, names.slice(0, -1))[last] = value;
}

/** @returns the table at a path, which is made where it is not there yet */
function tableAt(root: Table, path: TomlPath): Table {
  let current: unknown = root;
  for (const [index, key] of path.entries()) {
    // Lists and tables are indexed alike.
    const container = current as Record<string | number, unknown>;
    container[key] ??= typeof path[index + 1] === "number" ? [] : newTable();
    current = container[key];
  }
  return current as Table; // the parser lets no header name anything but a table
}

function rangeOf([start, end]: readonly [number, number]): TextRange {
  return { start, end };
}

function insideQuotes(value: AST.TOMLValue, text: string): TextRange | null {
  if (value.kind !== "string") return null;
  const [start, end] = value.range;
  const quotes = /^(?:"""|'''|"|')/.exec(text.slice(start, end))?.[0].length ?? 0;
  return { start: start + quotes, end: end - quotes };
}

/** The parser sees a value or a bracket that is missing at a line's end only at the beginning of what comes next. */
function lineOfError({ index, column, lineNumber, message }: ParseError, text: string): number {
  const before = text.slice(0, index).split("\n");
  const line = before.findLastIndex((one) => !/^\s*(?:#|$)/.test(one));
  const isMissing = /^(?:Unterminated|The key, equals sign)/.test(message) || before[line]?.trimEnd().endsWith("=");
  return column === 0 && isMissing ? line + 1 : lineNumber;
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
