// Fills a template of k8s/ in: a value that is nothing but a file's name in angle brackets is replaced by that file's content. Comments stay.
import { parseDocument, Scalar, visit } from "yaml";

/** Contents by the files' names. */
export type Fillings = Readonly<Record<string, string>>;

/**
 * @param template YAML
 * @returns YAML
 */
export function fillIn(template: string, fillings: Fillings): string {
  const document = parseDocument(template);
  visit(document, {
    Scalar(_key, node) {
      const name = typeof node.value === "string" ? /^<(.+)>$/.exec(node.value)?.[1] : undefined;
      const filling = name === undefined ? undefined : fillings[name];
      if (filling === undefined) return;
      node.value = filling;
      // A whole file inside a file: as it is, line by line.
      node.type = Scalar.BLOCK_LITERAL;
    },
  });
  // A long value stays in its line.
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** @returns whether a template asks for one of these files */
export function asksFor(template: string, names: readonly string[]): boolean {
  return names.some((name) => template.includes(`: <${name}>\n`));
}
