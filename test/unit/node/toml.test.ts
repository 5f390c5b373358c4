import fc from "fast-check";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { pathOf, settingOf } from "../../../src/cli/config-file/file.ts";
import { parseToml, type TomlPath } from "../../../src/node/toml.ts";

const example = `name = "x"
# a comment
[vars] # and another
GITHUB_API_URL = "https://api.github.com"
CLUSTER_DEV = { allow = ["user:a", # inline
  "user:b"], nested.key = 'c' }

[vars.CLUSTER_PRODUCTION]
allow = [
  "org:acme",

  "team:acme/platform",
]
[[routes]]
pattern = "a"

[[routes]]
pattern = "b"
[observability.logs]
invocation_logs = false
`;

function read(text: string) {
  const toml = parseToml(text);
  if (toml.kind === "invalid") throw new Error(`${toml.line}: ${toml.message}`);
  return toml;
}

function lineIn(text: string, ...path: TomlPath): number | null {
  return read(text).lineOf(path);
}

describe("the line of a setting", () => {
  test.each<[number, TomlPath]>([
    [1, ["name"]],
    [3, ["vars"]],
    [4, ["vars", "GITHUB_API_URL"]],
    [5, ["vars", "CLUSTER_DEV"]],
    [5, ["vars", "CLUSTER_DEV", "allow", 0]],
    [6, ["vars", "CLUSTER_DEV", "allow", 1]],
    [6, ["vars", "CLUSTER_DEV", "nested", "key"]],
    [8, ["vars", "CLUSTER_PRODUCTION"]],
    [9, ["vars", "CLUSTER_PRODUCTION", "allow"]],
    [12, ["vars", "CLUSTER_PRODUCTION", "allow", 1]],
    [14, ["routes", 0]],
    [17, ["routes", 1]],
    [18, ["routes", 1, "pattern"]],
    [19, ["observability"]],
    [20, ["observability", "logs", "invocation_logs"]],
  ])("is %i for %j", (line, path) => {
    expect(lineIn(example, ...path)).toBe(line);
  });

  test("is that of the table or list that would hold it, where it is missing", () => {
    expect(lineIn(example, "vars", "CLUSTER_PRODUCTION", "token_kinds")).toBe(8);
    expect(lineIn(example, "vars", "CLUSTER_PRODUCTION", "allow", 9)).toBe(9);
    expect(lineIn(example, "vars", "CACHE_TTL_SECONDS")).toBe(3);
  });

  test("is none where nothing would hold it", () => {
    expect(lineIn(example, "kv_namespaces")).toBeNull();
    expect(lineIn("", "vars")).toBeNull();
  });

  test.each<[string, string, number]>([
    ["an open header", "a = 1\n[observability", 2],
    ["a header without its end, above others", "a = 1\n[a\n\n# c\n[b]\n", 2],
    ["a missing value", "a = 1\nb =\nc = 2", 2],
    ["a missing key", "a = 1\n= 2\nc = 2", 2],
    ["a key twice", "a = 1\nb = 2\na = 3", 3],
    ["a table twice", "[a]\n[b]\n[a]", 3],
    ["a carriage return alone", "a = 1 # one\r", 1],
    ["an integer that JavaScript cannot hold", "a = 1\nb = 9007199254740993", 2],
    ["a control character", 'a = "\u0001"', 1],
    ["more lists in lists than the parser can take", `a = ${"[".repeat(50_000)}${"]".repeat(50_000)}`, 1],
  ])("is told of what is no TOML: %s", (_what, text, line) => {
    expect(parseToml(text)).toMatchObject({ kind: "invalid", line });
  });
});

describe("the values", () => {
  test("are those that another parser reads", () => {
    expect(read(example).values).toEqual(parse(example));
  });

  test("hold keys that JavaScript's objects have already, and change no object but their own", () => {
    const { values } = read("[__proto__]\nx = 1\n[constructor]\nprototype.y = 2\n");
    expect(Object.entries(values)).toEqual([
      ["__proto__", { x: 1 }],
      ["constructor", { prototype: { y: 2 } }],
    ]);
    expect({}).not.toHaveProperty("x");
    expect({}).not.toHaveProperty("y");
  });
});

describe("the text of a string", () => {
  const textAt = (text: string, ...path: TomlPath) => {
    const range = read(text).find(path)?.string;
    return range == null ? null : text.slice(range.start, range.end);
  };

  test.each(['"user:a"', "'user:a'", '"""user:a"""', "'''user:a'''"])("stands between its quotes: %s", (quoted) => {
    expect(textAt(`allow = [ 1, ${quoted} ] # "`, "allow", 1)).toBe("user:a");
  });

  test("is found with the line ends of Windows, and behind a byte order mark", () => {
    const windows = '\uFEFF# é\r\nx = """a\r\nb"""\r\nallow = ["😀",\r\n"user:a"]\r\n';
    expect(textAt(windows, "allow", 1)).toBe("user:a");
    expect(lineIn(windows, "allow", 1)).toBe(5);
  });

  test("is none where there is no string", () => {
    expect(textAt("allow = [1]", "allow", 0)).toBeNull();
    expect(textAt("allow = [1]", "allow")).toBeNull();
    expect(textAt("allow = [1]", "deny")).toBeNull();
  });
});

describe("a setting as the messages write it", () => {
  test.each(["GITHUB_API_URL", "CLUSTER_PRODUCTION.allow[0]", "routes[12].pattern"])(
    "%s leads there and back",
    (text) => {
      expect(settingOf(pathOf(text))).toBe(text);
    },
  );
});

/** A value, and how it is written. */
type Value =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly Value[]; readonly breaks: boolean }
  | { readonly kind: "table"; readonly entries: readonly Value[] };

const text = fc.record({ kind: fc.constant("text" as const), text: fc.stringMatching(/^[a-z#= ]{0,6}$/) });
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    text,
    fc.record({
      kind: fc.constant("list" as const),
      items: fc.array(tie("value"), { maxLength: 3 }),
      breaks: fc.boolean(),
    }),
    fc.record({ kind: fc.constant("table" as const), entries: fc.array(tie("value"), { maxLength: 3 }) }),
  ),
}));
const body = fc.array(fc.record({ value, comment: fc.boolean() }), { maxLength: 4 });
const section = fc.record({ kind: fc.constantFrom("table", "list"), body });

/** Writes a file, and keeps in which line each setting begins. */
class Writer {
  text = "";
  readonly lines: [TomlPath, number][] = [];

  place(path: TomlPath): void {
    this.lines.push([path, this.text.split("\n").length]);
  }

  value(path: TomlPath, written: Value): void {
    if (written.kind === "text") {
      this.text += JSON.stringify(written.text);
    } else if (written.kind === "list") {
      this.text += "[";
      written.items.forEach((item, index) => {
        if (written.breaks) this.text += " # , ]\n";
        this.place([...path, index]);
        this.value([...path, index], item);
        this.text += ",";
      });
      this.text += "]";
    } else {
      this.text += "{ ";
      written.entries.forEach((entry, index) => {
        if (index > 0) this.text += ", ";
        this.keyValue([...path, keyOf(index)], entry);
      });
      this.text += " }";
    }
  }

  keyValue(path: TomlPath, written: Value): void {
    this.place(path);
    this.text += `${JSON.stringify(path.at(-1))} = `;
    this.value(path, written);
  }
}

/** Some keys need their quotes. */
const keyOf = (index: number) => (index % 2 === 0 ? `key${index}` : `a.key[${index}]`);

describe("any file", () => {
  test("has each of its settings in the line in which it begins", () => {
    fc.assert(
      fc.property(body, fc.array(section, { maxLength: 4 }), (top, sections) => {
        const writer = new Writer();
        const writeBody = (path: TomlPath, entries: typeof top) => {
          entries.forEach((entry, index) => {
            if (entry.comment) writer.text += "# key0 = 1\n\n";
            writer.keyValue([...path, keyOf(index)], entry.value);
            writer.text += "\n";
          });
        };
        writeBody([], top);
        let position = 0;
        sections.forEach(({ kind, body: entries }, index) => {
          const path = kind === "list" ? ["all", position++] : [`section${index}`];
          writer.place(path);
          writer.text += kind === "list" ? "[[all]]\n" : `[section${index}]\n`;
          writeBody(path, entries);
        });

        const toml = read(writer.text);
        for (const [path, line] of writer.lines) expect([path, toml.lineOf(path)]).toEqual([path, line]);
        // Another parser agrees on all values, and on which strings there are.
        expect(toml.values).toEqual(parse(writer.text));
        for (const [path, string] of stringsIn(parse(writer.text), [])) {
          const range = toml.find(path)?.string;
          expect(range == null ? range : writer.text.slice(range.start, range.end)).toBe(string);
        }
      }),
    );
  });
});

function stringsIn(value: unknown, path: TomlPath): [TomlPath, string][] {
  if (typeof value === "string") return [[path, value]];
  if (Array.isArray(value)) return value.flatMap((item, index) => stringsIn(item, [...path, index]));
  return Object.entries(value ?? {}).flatMap(([key, item]) => stringsIn(item, [...path, key]));
}
