// Where each setting of a TOML file stands, so that whatever is wrong with one can be shown with its line, and changed in place.
import { type AST, ParseError, parseTOML } from "toml-eslint-parser";

/** The keys and list positions that lead to a setting, from the file's top. */
export type TomlPath = readonly (string | number)[];

/** A piece of the text, in characters; the end is behind it. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

export interface SourceMap {
  /** @returns the line, from 1, of the setting, or else of the nearest table or list that would hold it; null if there is none */
  lineOf(path: TomlPath): number | null;
  /** @returns where the text between a string's quotes stands, or null where there is no string */
  stringAt(path: TomlPath): TextRange | null;
}

interface Place {
  readonly line: number;
  readonly string: TextRange | null;
}

/** @returns null for what is no TOML */
export function mapToml(text: string): SourceMap | null {
  const root = parseRoot(text);
  if (root === null) return null;
  const places = new Map<string, Place>();
  // What is named first counts: a table that is opened again is found where it begins.
  const add = (path: TomlPath, line: number, string: TextRange | null = null) => {
    const key = JSON.stringify(path);
    if (!places.has(key)) places.set(key, { line, string });
  };

  function addKeyValue(table: TomlPath, { key, value, loc }: AST.TOMLKeyValue): void {
    const keys = key.keys.map(nameOf);
    for (const [index] of keys.entries()) add([...table, ...keys.slice(0, index)], loc.start.line);
    addContent([...table, ...keys], value, loc.start.line);
  }

  /** @param line where its key stands, or for an item of a list, where it begins itself */
  function addContent(path: TomlPath, content: AST.TOMLContentNode, line: number): void {
    add(path, line, content.type === "TOMLValue" ? insideQuotes(content, text) : null);
    if (content.type === "TOMLInlineTable") for (const item of content.body) addKeyValue(path, item);
    if (content.type !== "TOMLArray") return;
    for (const [index, item] of content.elements.entries()) addContent([...path, index], item, item.loc.start.line);
  }

  for (const node of root.body) {
    if (node.type === "TOMLKeyValue") {
      addKeyValue([], node);
      continue;
    }
    const { line } = node.loc.start;
    for (const [index] of node.resolvedKey.entries()) add(node.resolvedKey.slice(0, index + 1), line);
    for (const item of node.body) addKeyValue(node.resolvedKey, item);
  }

  const placeOf = (path: TomlPath) => places.get(JSON.stringify(path));
  return {
    lineOf(path) {
      for (let length = path.length; length > 0; length -= 1) {
        const place = placeOf(path.slice(0, length));
        if (place !== undefined) return place.line;
      }
      return null;
    },
    stringAt: (path) => placeOf(path)?.string ?? null,
  };
}

function parseRoot(text: string): AST.TOMLTopLevelTable | null {
  try {
    // Some editors begin a file with a byte order mark, which is no TOML; a blank in its place leaves all positions as they are.
    return parseTOML(text.replace(/^\uFEFF/, " ")).body[0];
  } catch (error) {
    if (error instanceof ParseError) return null;
    throw error;
  }
}

function nameOf(key: AST.TOMLBare | AST.TOMLQuoted): string {
  return key.type === "TOMLBare" ? key.name : key.value;
}

function insideQuotes(value: AST.TOMLValue, text: string): TextRange | null {
  if (value.kind !== "string") return null;
  const [start, end] = value.range;
  const quotes = /^(?:"""|'''|"|')/.exec(text.slice(start, end))?.[0].length ?? 0;
  return { start: start + quotes, end: end - quotes };
}

/** @returns a path as the configuration's own messages write it: `CLUSTER_PRODUCTION.allow[0]` */
export function settingOf(path: TomlPath): string {
  return path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`))
    .join("")
    .slice(1);
}

/** @returns the path of a setting; a key that holds dots or brackets itself is taken apart, and then found by the table that holds it */
export function pathOf(setting: string): TomlPath {
  const parts = setting.match(/\[\d+\]|[^.[\]]+/g) ?? [];
  return parts.map((part) => (part.startsWith("[") ? Number(part.slice(1, -1)) : part));
}
