// Names in angle brackets give way to what they stand for, whatever that is, and nothing else changes.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse, parseDocument } from "yaml";
import { fillIn, fillInText } from "../../../../../src/cli/commands/manifests/fill-in.ts";

describe("a template in YAML", () => {
  test("keeps its comments, and names that have no filling", () => {
    const template = "# why\na: <A>\nb:\n  # here\n  - x=<A>\n  - <B>\n";
    expect(fillIn("file.yaml", template, { A: "one" })).toBe("# why\na: one\nb:\n  # here\n  - x=one\n  - <B>\n");
  });

  test("takes a whole file line by line", () => {
    expect(fillIn("file.yaml", "a:\n  content: <f.crt>\n", { "f.crt": "one\ntwo\n" })).toBe(
      "a:\n  content: |\n    one\n    two\n",
    );
  });

  test("takes a part of another document, with its comments", () => {
    const part = parseDocument("# about it\n- x: 1\n").contents;
    expect(parse(fillIn("file.yaml", "a:\n  jwt: <part>\n", { part }))).toEqual({ a: { jwt: [{ x: 1 }] } });
  });

  test.each([
    ["an item", "a:\n  - x=<A>\n  - y\n", { a: ["y"] }],
    ["a key", "a:\n  x: <A>\n  y: 1\n", { a: { y: 1 } }],
    ["an operation of a patch", "- op: add\n  value: --x=<A>\n- op: add\n  value: y\n", [{ op: "add", value: "y" }]],
    ["a list that would be empty", "a: 1\nb:\n  - <A>\n", { a: 1 }],
    ["an item that embeds a file", "b:\n  - path: /x\n    content: <A>\n  - path: /y\n", { b: [{ path: "/y" }] }],
  ])("leaves out %s that asks for what there is not", (_what, template, expected) => {
    expect(parse(fillIn("file.yaml", template, { A: null }))).toEqual(expected);
  });

  test("holds any text as a value, also one that looks like YAML", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\x21-\x7e]{0,64}$/), (text) => {
        const filled = parse(fillIn("file.yaml", "alone: <A>\ninside: x=<A>\nlist:\n  - <A>\n", { A: text }));
        expect(filled).toEqual({ alone: text, inside: `x=${text}`, list: [text] });
      }),
    );
  });

  test("does not fill in what a filling holds", () => {
    expect(parse(fillIn("file.yaml", "a: <A> <B>\n", { A: "<B>", B: "b" }))).toEqual({ a: "<B> b" });
  });
});

describe("a template in JSON", () => {
  test("holds any text as a value, and leaves out members without one", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 64 }), (text) => {
        const filled = fillIn("file.json", '{"a": "x<A>", "b": {"c": "<B>", "d": ["<A>"]}}', { A: text, B: null });
        expect(JSON.parse(filled)).toEqual({ a: `x${text}`, b: { d: [text] } });
      }),
    );
  });
});

test("text takes fillings that are text, as they are", () => {
  const fillings = { A: "$&$1", B: null, C: parseDocument("a: 1").contents };
  expect(fillInText("<A> <B> <C> <D> a < b > c", fillings)).toBe("$&$1 <B> <C> <D> a < b > c");
});

test("what looks like a name in a filling stays, in a part of a document as well", () => {
  const part = parseDocument("prefix: <CLUSTER>\nother: <NOTHING>\n").contents ?? undefined;
  if (part === undefined) throw new Error("the part is empty");
  const filled = fillIn("a.yaml", "a: <PART>\nb: <CLUSTER>\n", { PART: part, CLUSTER: "production", NOTHING: null });
  expect(parseDocument(filled).toJS()).toEqual({ a: { prefix: "<CLUSTER>", other: "<NOTHING>" }, b: "production" });
});
