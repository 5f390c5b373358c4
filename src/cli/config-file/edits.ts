// Changes to a wrangler.toml, as pieces of its text.
// Comments, order and spacing are the operator's, and stay. Each function looks at the file as it was opened, and does
// not touch what is so already: a second run changes nothing.
import type { TextRange, TomlPath } from "../../node/toml.ts";
import { normaliseFingerprint } from "../../worker/config/cluster.ts";
import { type CliError, cliError } from "../command.ts";
import {
  clusterVariablesIn,
  hostnameOf,
  isPlaceholder,
  isTable,
  kvNamespaceIdIn,
  readCluster,
  sameList,
  stringsIn,
} from "./clusters.ts";
import type { ConfigFile } from "./file.ts";

const placeholderFingerprint = "<sha256 fingerprint, 64 hex digits>";
const placeholderHostname = "<auth.example.com>";

/** The parts of the file that commands write. Teardown has a row for each: what they wrote must not stay for ever. */
export type WrittenPart = "hostname" | "policies" | "signIn" | "signingKeys" | "kvNamespace";

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

/** Sets the route where there is none, or a placeholder. The hostname of another deployment is never changed. */
export function setHostname(file: ConfigFile, hostname: string): Edit[] {
  const { settings } = file;
  if (hostnameOf(settings) !== null) return [];
  const index = settings.routes.findIndex((route) => typeof route !== "string" && isPlaceholder(route.pattern));
  if (index === -1) return append(file, `[[routes]]\npattern = "${hostname}"\ncustom_domain = true`);
  const route = settings.routes[index];
  const isDomain = typeof route === "object" && route.custom_domain;
  return [
    ...setValue(file, ["routes", index, "pattern"], quoted(hostname)),
    ...(isDomain ? [] : setValue(file, ["routes", index, "custom_domain"], "true")),
  ];
}

/** Puts the placeholder back, where the route is this one. */
export function unsetHostname(file: ConfigFile, hostname: string): Edit[] {
  const { routes } = file.settings;
  const index = routes.findIndex((route) => typeof route !== "string" && route.pattern === hostname);
  return index === -1 ? [] : setValue(file, ["routes", index, "pattern"], quoted(placeholderHostname));
}

interface NewCluster {
  readonly variable: string;
  readonly fingerprint: string;
  readonly allow: readonly string[];
  readonly tokenKinds: readonly string[];
  /** Whether people are to sign in to it; where not, that stays as it is. */
  readonly signIn?: boolean;
}

/**
 * Lists the certificate in the cluster's table. Only a new table, or the example, gets a policy: another's is the
 * operator's.
 */
export function setCluster(file: ConfigFile, cluster: NewCluster): Edit[] {
  const { variable, fingerprint, allow, tokenKinds } = cluster;
  const existing = readCluster(file, variable);
  if (existing !== null && !existing.isExample) {
    return [...addFingerprint(file, variable, fingerprint), ...setSignIn(file, variable, cluster)];
  }
  const example = existing === null ? findExample(file) : variable;
  if (example === null) return insertCluster(file, clusterTable(cluster));
  const path = ["vars", example];
  const header = file.toml.find(path)?.header;
  if (header === null || header === undefined) throw unsupportedForm(file);
  const table = file.settings.vars[example];
  const lists = { client_certificates: [fingerprint], allow, token_kinds: tokenKinds };
  return [
    ...(example === variable ? [] : [{ ...header, text: `vars.${variable}` }]),
    ...Object.entries(lists).flatMap(([key, wanted]) =>
      sameList(stringsIn(table, key), wanted) ? [] : setValue(file, [...path, key], list(wanted)),
    ),
    ...setSignIn(file, example, cluster),
  ];
}

function setSignIn(file: ConfigFile, variable: string, { signIn = false }: NewCluster): Edit[] {
  const table = file.settings.vars[variable];
  if (!signIn || (isTable(table) && table.sign_in === true)) return [];
  return setValue(file, ["vars", variable, "sign_in"], "true");
}

/** In the one form in which it ships: another spelling is the operator's own table. */
function findExample(file: ConfigFile): string | null {
  const isShipped = (name: string) => readCluster(file, name)?.isExample === true && hasHeader(file, name);
  return Object.keys(file.settings.vars).find(isShipped) ?? null;
}

function hasHeader({ text, toml }: ConfigFile, variable: string): boolean {
  const header = toml.find(["vars", variable])?.header ?? null;
  return header !== null && text.slice(header.start, header.end) === `vars.${variable}`;
}

/** Below the last cluster's table: they belong together. */
function insertCluster(file: ConfigFile, table: string): Edit[] {
  const last = clusterVariablesIn(file).at(-1);
  const lines = last === undefined ? undefined : tablesAt(file, ["vars", last]).at(-1);
  return lines === undefined ? append(file, table) : [insert(trimmedEnd(file.text, lines.end), `\n\n${table}`)];
}

function clusterTable({ variable, fingerprint, allow, tokenKinds, signIn = false }: NewCluster): string {
  return [
    `[vars.${variable}]`,
    `client_certificates = ${list([fingerprint])}`,
    `allow = ${list(allow)}`,
    `token_kinds = ${list(tokenKinds)}`,
    ...(signIn ? ["sign_in = true"] : []),
  ].join("\n");
}

export function addFingerprint(file: ConfigFile, variable: string, fingerprint: string): Edit[] {
  if (readCluster(file, variable)?.fingerprints.includes(fingerprint)) return [];
  const path = ["vars", variable, "client_certificates"];
  const listed = stringsIn(file.settings.vars[variable], "client_certificates");
  // Nothing but placeholders is replaced as a whole.
  if (listed.every(isPlaceholder)) return setValue(file, path, list([fingerprint]));
  return addItems(file, path, listed.length - 1, [quoted(fingerprint)]);
}

export function removeFingerprint(file: ConfigFile, variable: string, fingerprint: string): Edit[] {
  if (!readCluster(file, variable)?.fingerprints.includes(fingerprint)) return [];
  const path = ["vars", variable, "client_certificates"];
  const listed = stringsIn(file.settings.vars[variable], "client_certificates");
  const index = listed.findIndex((one) => normaliseFingerprint(one) === fingerprint);
  return listed.length === 1 ? clearFingerprints(file, variable) : removeItem(file, path, index, listed.length);
}

/** Puts the placeholder back in place of all certificates. */
export function clearFingerprints(file: ConfigFile, variable: string): Edit[] {
  if ((readCluster(file, variable)?.fingerprints ?? []).length === 0) return [];
  return setValue(file, ["vars", variable, "client_certificates"], list([placeholderFingerprint]));
}

/** Takes the whole table of a cluster or a web application out. */
export function removePolicy(file: ConfigFile, variable: string): Edit[] {
  const path = ["vars", variable];
  if (readCluster(file, variable) === null) return [];
  const tables = tablesAt(file, path);
  const { text, toml } = file;
  if (tables.length > 0) {
    // With the blank lines before it, and at the end of the file also those after it.
    return tables.map(({ start, end }) => ({
      start: Math.min(lineEndAt(text, trimmedEnd(text, start)), start),
      end: text.slice(end).trim() === "" ? text.length : end,
      text: "",
    }));
  }
  const entry = toml.find(path)?.entry ?? null;
  if (entry === null) throw unsupportedForm(file);
  return [{ start: lineStartAt(text, entry.start), end: lineEndAt(text, entry.end), text: "" }];
}

/** The line goes right below the binding. */
export function setKvNamespaceId(file: ConfigFile, id: string): Edit[] {
  if (kvNamespaceIdIn(file) !== null) return [];
  const index = file.settings.kv_namespaces.findIndex(({ binding }) => binding === "KV");
  if (index === -1) return append(file, `[[kv_namespaces]]\nbinding = "KV"\nid = "${id}"`);
  const entry = file.toml.find(["kv_namespaces", index, "binding"])?.entry ?? null;
  if (entry === null) throw unsupportedForm(file);
  return [insert(trimmedEnd(file.text, lineEndAt(file.text, entry.end)), `\nid = "${id}"`)];
}

export function removeKvNamespaceId({ text, toml, settings }: ConfigFile, id: string): Edit[] {
  const index = settings.kv_namespaces.findIndex((namespace) => namespace.binding === "KV" && namespace.id === id);
  const entry = toml.find(["kv_namespaces", index, "id"])?.entry ?? null;
  if (entry === null) return [];
  return [{ start: lineStartAt(text, entry.start), end: lineEndAt(text, entry.end), text: "" }];
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
