// Adds the entries of clusters to a person's own kubeconfig: comments and parts that are not ours stay as they are.
import { isDeepStrictEqual } from "node:util";
import { type Document, isMap, isScalar, isSeq, parseDocument, Scalar, visit, type YAMLMap, type YAMLSeq } from "yaml";
import type { PeopleEntry } from "./entries.ts";

export type Merged =
  /** The text is null where everything is there already. */
  | { readonly kind: "merged"; readonly text: string | null }
  /** Names that stand for something else in the file. */
  | { readonly kind: "taken"; readonly names: readonly TakenName[] }
  /** With a line, where the parser names one. Its message may quote a secret. */
  | { readonly kind: "unreadable"; readonly why: string };

export interface TakenName {
  readonly kind: EntryKind;
  readonly name: string;
}

type EntryKind = "cluster" | "user" | "context";

const lists = { cluster: "clusters", user: "users", context: "contexts" } as const;

/** Keys of an entry that say the same as ours in another way, or would win over it. */
const replacedKeys: Readonly<Record<EntryKind, readonly string[]>> = {
  cluster: ["certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify", "tls-server-name"],
  user: [],
  context: [],
};

/** @param text a kubeconfig, or an empty one */
export function mergeKubeconfig(text: string, entries: readonly PeopleEntry[]): Merged {
  const parsed = parsePlainly(text);
  // Nothing, or comments alone.
  const document =
    parsed.contents === null ? parsePlainly(`${text}\napiVersion: v1\nkind: Config\n`.trimStart()) : parsed;
  const [error] = document.errors;
  if (error !== undefined) {
    return { kind: "unreadable", why: `is no YAML${error.linePos ? `, in line ${error.linePos[0].line}` : ""}` };
  }
  const root = document.contents;
  if (!isMap(root)) return { kind: "unreadable", why: "is no kubeconfig" };

  const taken: TakenName[] = [];
  let isChanged = false;
  for (const entry of entries) {
    for (const kind of ["cluster", "user", "context"] as const) {
      const list = listIn(document, root, lists[kind]);
      if (list === null) return { kind: "unreadable", why: `is no kubeconfig: ${lists[kind]} is no list` };
      const outcome = place(document, list, kind, entry);
      if (outcome === "taken") taken.push({ kind, name: entry[kind].name });
      if (outcome === "changed") isChanged = true;
    }
  }
  if (taken.length > 0) return { kind: "taken", names: taken };
  return isChanged ? textOf(document, text) : { kind: "merged", text: null };
}

/** Every plain value stays as it is written: this schema takes all of them for texts. */
function parsePlainly(text: string): Document.Parsed {
  return parseDocument(text, { schema: "failsafe" });
}

function textOf(document: Document, before: string): Merged {
  // kubectl writes lists without an indentation.
  const indentSeq = !/^(?:clusters|contexts|users):[^\S\n]*\n-/m.test(before);
  try {
    return { kind: "merged", text: document.toString({ lineWidth: 0, indentSeq }) };
  } catch {
    // The parser's own check: an alias whose anchor is gone.
    return { kind: "unreadable", why: "has an alias to what would be replaced" };
  }
}

/** @returns the list, which is made where there is none; null where something else stands in its place */
function listIn(document: Document, root: YAMLMap, name: string): YAMLSeq | null {
  const found = root.get(name, true);
  if (isSeq(found)) return found;
  if (found !== undefined && !isEmptyScalar(found)) return null;
  const list = document.createNode([]);
  root.set(name, list);
  return list;
}

/** kubectl writes null for an empty list. */
function isEmptyScalar(node: unknown): boolean {
  return isScalar(node) && ["", "null", "~"].includes(String(node.value));
}

function place(document: Document, list: YAMLSeq, kind: EntryKind, entry: PeopleEntry): "there" | "changed" | "taken" {
  const wanted: { readonly name: string } = entry[kind];
  const item = list.items.find((one) => isMap(one) && one.get("name") === wanted.name);
  if (!isMap(item)) {
    list.add(nodeOf(document, wanted));
    return "changed";
  }
  const present: unknown = item.toJS(document);
  if (!isOurs[kind](contentOf(present, kind), entry)) return "taken";
  const content = item.get(kind);
  if (!isMap(content)) return "taken";
  const before: unknown = content.toJS(document);
  for (const key of replacedKeys[kind]) content.delete(key);
  for (const [key, value] of Object.entries(contentOf(wanted, kind))) setDeeply(document, content, key, value);
  return isDeepStrictEqual(before, content.toJS(document)) ? "there" : "changed";
}

/** A person's own keys beside ours stay, such as `env` in `exec`. */
function setDeeply(document: Document, map: YAMLMap, key: string, value: unknown): void {
  const present = map.get(key);
  if (isMap(present) && isRecord(value)) {
    for (const [inner, deeper] of Object.entries(value)) setDeeply(document, present, inner, deeper);
  } else if (!isDeepStrictEqual(plain(present, document), value)) {
    map.set(key, nodeOf(document, value));
  }
}

function plain(node: unknown, document: Document): unknown {
  return isSeq(node) || isMap(node) ? node.toJS(document) : node;
}

/** Whether an entry is an earlier one of ours: the same cluster, the same sign-in, the same two together. */
const isOurs: Readonly<
  Record<EntryKind, (present: Readonly<Record<string, unknown>>, wanted: PeopleEntry) => boolean>
> = {
  cluster: ({ server }, { cluster }) => server === cluster.cluster.server,
  user: ({ exec }, { user }) => isDeepStrictEqual(signInOf(exec), signInOf(user.user.exec)),
  context: ({ cluster, user }, { context }) => cluster === context.context.cluster && user === context.context.user,
};

/** @returns issuer and client of kubelogin's arguments; null for another program */
function signInOf(exec: unknown): readonly string[] | null {
  const args = isRecord(exec) && Array.isArray(exec.args) ? exec.args.map(String) : [];
  const said = args.filter((argument) => /^--oidc-(?:issuer-url|client-id)=/.test(argument));
  return said.length === 2 ? said : null;
}

function contentOf(entry: unknown, kind: EntryKind): Readonly<Record<string, unknown>> {
  const content = isRecord(entry) ? entry[kind] : null;
  return isRecord(content) ? content : {};
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What YAML 1.1, which kubectl reads, takes for something else than a text. */
const ambiguous = /^(?:y|n|yes|no|on|off|true|false|null|~|)$|^[-+.]?\d|^[-+]?\.(?:inf|nan)$/i;

function nodeOf(document: Document, value: unknown) {
  const node = document.createNode(value);
  visit(node, {
    Scalar(_key, scalar) {
      if (ambiguous.test(String(scalar.value))) scalar.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return node;
}
