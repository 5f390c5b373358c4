// The few things that setup and the certificate commands write into a wrangler.toml. Each edit takes a text and gives one back; what is so already is not touched, so
// that a second run changes nothing.
import { isDeepStrictEqual } from "node:util";
import { isClusterVariable } from "../../worker/config/config.ts";
import { normaliseFingerprint } from "../../worker/config/fingerprint.ts";
import { hostnameOf, isPlaceholder, parseWranglerToml, type WranglerDocument } from "./document.ts";
import { appendTable, editToml } from "./edit.ts";
import { splitAtTable } from "./table-lines.ts";

/** What the file as it ships lets in: an example, in nobody's interest. */
const exampleAllow: readonly string[] = ["org:acme#1234", "team:acme/platform#55", "user:octocat#583231"];
const placeholderFingerprint = "<sha256 fingerprint, 64 hex digits>";
const placeholderHostname = "<auth.example.com>";

export interface ClusterTable {
  /** 64 lowercase hex digits each. */
  readonly fingerprints: readonly string[];
  readonly allow: readonly string[];
  /** Whether it still stands there as it shipped: nobody's cluster yet. */
  readonly isExample: boolean;
}

/** @returns null if there is no such table */
export function readCluster(text: string, variable: string): ClusterTable | null {
  const table = parsed(text).vars[variable];
  if (!isTable(table)) return null;
  const listed = stringsIn(table.client_certificates);
  const allow = stringsIn(table.allow);
  const fingerprints = listed.map(normaliseFingerprint).filter((fingerprint) => fingerprint !== null);
  return { fingerprints, allow, isExample: fingerprints.length === 0 && sameList(allow, exampleAllow) };
}

/** @returns the variables of all clusters but those of the example */
export function clusterVariablesIn(text: string): string[] {
  return Object.keys(parsed(text).vars).filter(
    (name) => isClusterVariable(name) && readCluster(text, name)?.isExample === false,
  );
}

/** @returns every certificate that some cluster lists, with that cluster's variable */
export function listedFingerprints(text: string): Map<string, string> {
  const entries = clusterVariablesIn(text).flatMap((variable) =>
    (readCluster(text, variable)?.fingerprints ?? []).map((fingerprint) => [fingerprint, variable] as const),
  );
  return new Map(entries);
}

/** Sets the route where none or a placeholder stands. The hostname of another deployment is not for this to change. */
export function setHostname(text: string, hostname: string): string {
  const document = parsed(text);
  if (hostnameOf(document) !== null) return text;
  const at = document.routes.findIndex((route) => typeof route !== "string" && isPlaceholder(route.pattern));
  if (at === -1) return appendTable(text, `[[routes]]\npattern = "${hostname}"\ncustom_domain = true`);
  return editToml(text, ({ routes }) => {
    if (Array.isArray(routes)) Object.assign(routes[at], { pattern: hostname, custom_domain: true });
  });
}

/** Puts the placeholder back, where the route is this one. */
export function unsetHostname(text: string, hostname: string): string {
  const at = parsed(text).routes.findIndex((route) => typeof route !== "string" && route.pattern === hostname);
  if (at === -1) return text;
  return editToml(text, ({ routes }) => {
    if (Array.isArray(routes)) routes[at].pattern = placeholderHostname;
  });
}

export interface NewCluster {
  readonly variable: string;
  readonly fingerprint: string;
  readonly allow: readonly string[];
  readonly tokenKinds: readonly string[];
}

/** Lists the certificate in the cluster's table. Only a table that is new, or the example, gets a policy: another's is the operator's. */
export function setCluster(text: string, { variable, fingerprint, allow, tokenKinds }: NewCluster): string {
  const cluster = readCluster(text, variable);
  if (cluster !== null && !cluster.isExample) return addFingerprint(text, variable, fingerprint);
  const example = cluster === null ? findExample(text) : variable;
  if (example === null) return insertCluster(text, clusterTable({ variable, fingerprint, allow, tokenKinds }));
  const renamed = text.replace(`[vars.${example}]`, `[vars.${variable}]`);
  return editTable(renamed, variable, (table) => {
    table.client_certificates = [fingerprint];
    table.allow = [...allow];
    if (!sameList(stringsIn(table.token_kinds), tokenKinds)) table.token_kinds = [...tokenKinds];
  });
}

/** Below the last cluster's table: they belong together. */
function insertCluster(text: string, table: string): string {
  const last = clusterVariablesIn(text).at(-1);
  const lines = last === undefined ? null : splitAtTable(text, `[vars.${last}]`);
  if (lines === null) return appendTable(text, table);
  return `${lines.before}${lines.table.trimEnd()}\n\n${table}\n${lines.after}`;
}

function clusterTable({ variable, fingerprint, allow, tokenKinds }: NewCluster): string {
  const list = (values: readonly string[]) => `[${values.map((value) => JSON.stringify(value)).join(", ")}]`;
  return [
    `[vars.${variable}]`,
    `client_certificates = ${list([fingerprint])}`,
    `allow = ${list(allow)}`,
    `token_kinds = ${list(tokenKinds)}`,
  ].join("\n");
}

function findExample(text: string): string | null {
  const names = Object.keys(parsed(text).vars);
  // In the one form in which it ships: another spelling is somebody's own.
  return names.find((name) => readCluster(text, name)?.isExample === true && text.includes(`[vars.${name}]`)) ?? null;
}

export function addFingerprint(text: string, variable: string, fingerprint: string): string {
  if (readCluster(text, variable)?.fingerprints.includes(fingerprint)) return text;
  return editTable(text, variable, (table) => {
    const kept = stringsIn(table.client_certificates).filter((listed) => !isPlaceholder(listed));
    table.client_certificates = [...kept, fingerprint];
  });
}

export function removeFingerprint(text: string, variable: string, fingerprint: string): string {
  if (!readCluster(text, variable)?.fingerprints.includes(fingerprint)) return text;
  return editTable(text, variable, (table) => {
    const kept = stringsIn(table.client_certificates).filter((listed) => normaliseFingerprint(listed) !== fingerprint);
    table.client_certificates = kept.length === 0 ? [placeholderFingerprint] : kept;
  });
}

export function removeCluster(text: string, variable: string): string {
  if (readCluster(text, variable) === null) return text;
  const lines = splitAtTable(text, `[vars.${variable}]`);
  if (lines !== null) {
    const shorter = `${lines.before.trimEnd()}\n${lines.after.trim() === "" ? "" : lines.after}`;
    const { [variable]: _removed, ...others } = parsed(text).vars;
    if (isDeepStrictEqual(parsed(shorter), { ...parsed(text), vars: others })) return shorter;
  }
  // Written in another form than the usual: right, but a comment may go with it.
  return editToml(text, ({ vars }) => {
    if (isTable(vars)) delete vars[variable];
  });
}

export function kvNamespaceIdIn(text: string): string | null {
  return parsed(text).kv_namespaces.find(({ binding }) => binding === "KV")?.id ?? null;
}

/** The line goes right below the binding: written by the document's editor, it would come to stand below the next table's comment. */
export function setKvNamespaceId(text: string, id: string): string {
  if (kvNamespaceIdIn(text) !== null) return text;
  const line = /^[ \t]*binding[ \t]*=[ \t]*(?:"KV"|'KV').*$/m;
  if (!line.test(text)) return appendTable(text, `[[kv_namespaces]]\nbinding = "KV"\nid = "${id}"`);
  const edited = text.replace(line, (binding) => `${binding}\nid = "${id}"`);
  if (kvNamespaceIdIn(edited) !== id) throw new Error("the KV namespace's id was written in the wrong place");
  return edited;
}

export function removeKvNamespaceId(text: string, id: string): string {
  if (kvNamespaceIdIn(text) !== id) return text;
  return text.replace(new RegExp(`^id\\s*=\\s*"${id}".*\\n`, "m"), "");
}

type Table = Record<string, unknown>;

function editTable(text: string, variable: string, change: (table: Table) => void): string {
  return editToml(text, ({ vars }) => {
    const table = isTable(vars) ? vars[variable] : null;
    if (!isTable(table)) throw new Error(`there is no table [vars.${variable}]`);
    change(table);
  });
}

function parsed(text: string): WranglerDocument {
  const result = parseWranglerToml("wrangler.toml", text);
  // It was parsed when it was opened, and what is written here is TOML.
  if (result.kind === "wrong") throw new Error(`${result.trouble.where}: ${result.trouble.message}`);
  return result.document;
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function stringsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}

function sameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
