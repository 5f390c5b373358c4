// Changes to what a wrangler.toml says of a deployment: its hostname, its clusters, its KV namespace. Each function
// looks at the file as it was opened, and does not touch what is so already: a second run changes nothing.
import { normaliseFingerprint } from "../../worker/config/cluster.ts";
import {
  clusterVariablesIn,
  hostnameOf,
  isPlaceholder,
  isTable,
  itemsIn,
  kvNamespaceIdIn,
  readCluster,
  sameList,
  stringsIn,
} from "./clusters.ts";
import type { ConfigFile } from "./file.ts";
import {
  addItems,
  append,
  type Edit,
  insert,
  lineEndAt,
  lineStartAt,
  list,
  quoted,
  removeEntry,
  removeItem,
  removeTables,
  setValue,
  tablesAt,
  trimmedEnd,
  unsupportedForm,
} from "./toml-edits.ts";

const placeholderFingerprint = "<sha256 fingerprint, 64 hex digits>";
const placeholderHostname = "<auth.example.com>";

/** The parts of the file that commands write. Teardown has a row for each: what they wrote must not stay for ever. */
export type WrittenPart = "hostname" | "policies" | "signIn" | "signingKeys" | "kvNamespace";

/** Sets the route where there is none, or a placeholder. The hostname of another deployment is never changed. */
export function setHostname(file: ConfigFile, hostname: string): Edit[] {
  const { settings } = file;
  if (hostnameOf(settings) !== null) return [];
  const index = settings.routes.findIndex((route) => typeof route !== "string" && isPlaceholder(route.pattern));
  if (index === -1) return addRoute(file, hostname);
  const route = settings.routes[index];
  const isDomain = typeof route === "object" && route.custom_domain;
  return [
    ...setValue(file, ["routes", index, "pattern"], quoted(hostname)),
    ...(isDomain ? [] : setValue(file, ["routes", index, "custom_domain"], "true")),
  ];
}

/** Below the other routes, in the form that they have. */
export function addRoute(file: ConfigFile, hostname: string): Edit[] {
  const last = tablesAt(file, ["routes"]).at(-1);
  const table = `[[routes]]\npattern = ${quoted(hostname)}\ncustom_domain = true`;
  if (last !== undefined) return [insert(trimmedEnd(file.text, last.end), `\n\n${table}`)];
  const { routes } = file.settings;
  if (routes.length === 0) return append(file, table);
  return addItems(file, ["routes"], routes.length - 1, [`{ pattern = ${quoted(hostname)}, custom_domain = true }`]);
}

export function removeRoute(file: ConfigFile, hostname: string): Edit[] {
  const { routes } = file.settings;
  const index = routes.findIndex((route) => typeof route !== "string" && route.pattern === hostname);
  if (index === -1) return [];
  const path = ["routes", index];
  return tablesAt(file, path).length === 0
    ? removeItem(file, ["routes"], index, routes.length)
    : removeTables(file, path);
}

/** Puts the placeholder back into the route of a hostname, where there is one. */
export function unsetHostname(file: ConfigFile, hostname: string): Edit[] {
  const { routes } = file.settings;
  const index = routes.findIndex((route) => typeof route !== "string" && route.pattern === hostname);
  return index === -1 ? [] : setValue(file, ["routes", index, "pattern"], quoted(placeholderHostname));
}

interface NewCluster {
  readonly variable: string;
  /** Null: it asks for no reviews. */
  readonly fingerprint: string | null;
  readonly allow: readonly string[];
  readonly tokenKinds: readonly string[];
  /** Whether people are to sign in to it; where not, that stays as it is. */
  readonly signIn?: boolean;
}

/**
 * Lists the certificate in the cluster's table, or none. Only a new table, or the example, gets a policy: another's is
 * the operator's.
 */
export function setCluster(file: ConfigFile, cluster: NewCluster): Edit[] {
  const { variable, fingerprint, allow, tokenKinds } = cluster;
  const existing = readCluster(file, variable);
  if (existing !== null && !existing.isExample) {
    const listed = fingerprint === null ? dropPlaceholder(file, variable) : addFingerprint(file, variable, fingerprint);
    return [...listed, ...setSignIn(file, variable, cluster)];
  }
  const example = existing === null ? findExample(file) : variable;
  if (example === null) return insertCluster(file, clusterTable(cluster));
  const path = ["vars", example];
  const header = file.toml.find(path)?.header;
  if (header === null || header === undefined) throw unsupportedForm(file);
  const table = file.settings.vars[example];
  const lists = {
    ...(fingerprint === null ? {} : { client_certificates: [fingerprint] }),
    allow,
    token_kinds: tokenKinds,
  };
  return [
    ...(example === variable ? [] : [{ ...header, text: `vars.${variable}` }]),
    ...Object.entries(lists).flatMap(([key, wanted]) =>
      sameList(stringsIn(table, key), wanted) ? [] : setValue(file, [...path, key], list(wanted)),
    ),
    ...(fingerprint === null ? dropPlaceholder(file, example) : []),
    ...setSignIn(file, example, cluster),
  ];
}

/** A list of placeholders is none, and the Worker refuses it. */
function dropPlaceholder(file: ConfigFile, variable: string): Edit[] {
  return removeEntry(file, ["vars", variable, "client_certificates"]);
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
    ...(fingerprint === null ? [] : [`client_certificates = ${list([fingerprint])}`]),
    `allow = ${list(allow)}`,
    `token_kinds = ${list(tokenKinds)}`,
    ...(signIn ? ["sign_in = true"] : []),
  ].join("\n");
}

export function addFingerprint(file: ConfigFile, variable: string, fingerprint: string): Edit[] {
  if (readCluster(file, variable)?.fingerprints.includes(fingerprint)) return [];
  const path = ["vars", variable, "client_certificates"];
  const listed = itemsIn(file.settings.vars[variable], "client_certificates");
  // Nothing but placeholders is replaced as a whole.
  if (listed.every((one) => typeof one === "string" && isPlaceholder(one)))
    return setValue(file, path, list([fingerprint]));
  return addItems(file, path, listed.length - 1, [quoted(fingerprint)]);
}

export function removeFingerprint(file: ConfigFile, variable: string, fingerprint: string): Edit[] {
  if (!readCluster(file, variable)?.fingerprints.includes(fingerprint)) return [];
  const path = ["vars", variable, "client_certificates"];
  const listed = itemsIn(file.settings.vars[variable], "client_certificates");
  const index = listed.findIndex((one) => typeof one === "string" && normaliseFingerprint(one) === fingerprint);
  return listed.length === 1 ? clearFingerprints(file, variable) : removeItem(file, path, index, listed.length);
}

/** Puts the placeholder back in place of all certificates, or of none. */
export function clearFingerprints(file: ConfigFile, variable: string): Edit[] {
  const listed = stringsIn(file.settings.vars[variable], "client_certificates");
  if (listed.length > 0 && listed.every(isPlaceholder)) return [];
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
