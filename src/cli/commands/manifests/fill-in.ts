// Fills in the files of k8s/: a name in angle brackets, alone or inside a value, gives way to what it stands for.
import { Document, isNode, isPair, isScalar, isSeq, type Node, parseDocument, Scalar, visit } from "yaml";

/**
 * What a name stands for, by the name. Text: a value, a part of one, or a whole file. A node: a part of a document.
 * Null: there is none here, and the setting that asks for it goes.
 */
export type Fillings = Readonly<Record<string, string | Node | null>>;

/**
 * @param name of the file: what ends with .json is JSON, all else YAML
 * @param template its content; a name that has no filling stays
 * @returns the content, with its comments
 */
export function fillIn(name: string, template: string, fillings: Fillings): string {
  if (name.endsWith(".json")) return `${JSON.stringify(JSON.parse(template, filledJson(fillings)), null, 2)}\n`;
  const document = parseDocument(template);
  const asksForNothing = (node: unknown) =>
    isScalar(node) && namesIn(node.value).some((name) => fillings[name] === null);
  visit(document, {
    // In a list of maps, such as operations of a JSON patch, a map without its value makes no sense.
    Map: (_key, map, path) =>
      isSeq(path.at(-1)) && map.items.some(({ value }) => asksForNothing(value)) ? visit.REMOVE : undefined,
    Pair: (_key, pair) => (asksForNothing(pair.value) ? visit.REMOVE : undefined),
    Scalar: (_key, scalar, path) => {
      if (isSeq(path.at(-1)) && asksForNothing(scalar)) return visit.REMOVE;
      const part = partFor(scalar, fillings);
      if (part === null) return fillScalar(scalar, fillings);
      // Not as the visit's result: it would go on inside, and a policy's own "<…>" stays as it is.
      const parent = path.at(-1);
      if (isPair(parent)) parent.value = part;
      return visit.SKIP;
    },
  });
  visit(document, {
    // A list that has lost all its items.
    Pair: (_key, { value }) => (isSeq(value) && value.items.length === 0 ? visit.REMOVE : undefined),
  });
  // A long value stays in its line.
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** @returns text with every name filled in that stands for text */
export function fillInText(text: string, fillings: Fillings): string {
  return text.replace(namePattern, (placeholder, name: string) => {
    const filling = fillings[name];
    return typeof filling === "string" ? filling : placeholder;
  });
}

/** @returns whether a template asks for one of these whole files */
export function asksForFile(template: string, names: readonly string[]): boolean {
  return names.some((name) => template.includes(`: <${name}>\n`));
}

const namePattern = /<([^<>\s]+)>/g;

function namesIn(value: unknown): string[] {
  return typeof value === "string" ? [...value.matchAll(namePattern)].map(([, name = ""]) => name) : [];
}

/** @returns the part of a document that stands in the scalar's place, or null */
function partFor({ value }: Scalar, fillings: Fillings): Node | null {
  const filling = fillings[namesIn(value)[0] ?? ""];
  return isNode(filling) ? filling : null;
}

function fillScalar(scalar: Scalar, fillings: Fillings): undefined {
  const { value } = scalar;
  const filling = fillings[namesIn(value)[0] ?? ""];
  if (typeof value !== "string" || typeof filling !== "string") return;
  scalar.value = fillInText(value, fillings);
  // A whole file inside a file: as it is, line by line.
  if (filling.includes("\n")) scalar.type = Scalar.BLOCK_LITERAL;
}

function filledJson(fillings: Fillings): (key: string, value: unknown) => unknown {
  return (_key, value) => {
    if (typeof value !== "string") return value;
    const part = fillings[namesIn(value)[0] ?? ""];
    if (isNode(part)) return new Document(part).toJS();
    // The reviver of JSON.parse leaves out a member without a value.
    return namesIn(value).some((name) => fillings[name] === null) ? undefined : fillInText(value, fillings);
  };
}
