import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csvCell, csvLine } from "../../../../../src/cli/commands/report/present/csv.ts";

/** A reader by RFC 4180 that knows nothing of the writer. @returns the cells of each record */
function readCsv(text: string): string[][] {
  const records: string[][] = [[]];
  let at = 0;
  while (at < text.length) {
    let cell = "";
    if (text[at] === '"') {
      at += 1;
      for (;;) {
        if (at >= text.length) throw new Error("a quotation mark is open at the end");
        if (text[at] === '"' && text[at + 1] === '"') {
          cell += '"';
          at += 2;
        } else if (text[at] === '"') {
          at += 1;
          break;
        } else cell += text[at++];
      }
    } else while (at < text.length && text[at] !== "," && text[at] !== "\n") cell += text[at++];
    records.at(-1)?.push(cell);
    if (text[at] === ",") at += 1;
    else if (text[at] === "\n") {
      at += 1;
      records.push([]);
    } else if (at < text.length) throw new Error(`text behind a quotation mark: ${text.slice(at, at + 10)}`);
  }
  return records;
}

describe("a cell", () => {
  test.each([
    ["=1+1", `"'=1+1"`],
    ['=HYPERLINK("https://evil.test")', `"'=HYPERLINK(""https://evil.test"")"`],
    ["+1", `"'+1"`],
    ["-octocat", `"'-octocat"`],
    ["@SUM(A1)", `"'@SUM(A1)"`],
    [" =1", `"' =1"`],
    ["\t=1", `"'\\u0009=1"`],
    ["\r=1", `"'\\u000d=1"`],
    ["\nx", `"'\\u000ax"`],
    ["\uff1d1", `"'\uff1d1"`],
    ['"=1', `"'""=1"`],
    ["github:ada:2", `"github:ada:2"`],
    ["a,b;c", `"a,b;c"`],
    ["Role/x;=1+1;y", `"Role/x;'=1+1;y"`],
    ["x, =1; ;=2|@3", `"x,' =1; ;'=2|'@3"`],
    ["github:-octocat:1", `"github:-octocat:1"`],
    ["", `""`],
  ])("%j is written as %s", (text, written) => {
    expect(csvCell(text)).toBe(written);
  });

  test("never begins a formula, whatever is in it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const [[cell = ""] = []] = readCsv(csvCell(text));
        expect(cell).not.toMatch(/^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/u);
        expect(cell).not.toMatch(/\p{Cc}/u);
      }),
      { numRuns: 2000 },
    );
  });
});

test("a line that is split at another sign than the comma has no formula either", () => {
  const parts = fc.constantFrom("x", ";", "|", ",", " ", '"', "'", "=", "+", "-", "@", "\uff1d", "\t");
  const text = fc.array(parts).map((some) => some.join(""));
  fc.assert(
    fc.property(fc.array(text, { minLength: 1 }), (cells) => {
      for (const cell of csvLine(cells).split(/[,;|]/)) expect(cell).not.toMatch(/^[\s"]*[=+\-@\uff1d]/u);
    }),
    { numRuns: 2000 },
  );
});

test("a line has the cells that were given, and is one line", () => {
  const plain = fc
    .string({ unit: "grapheme" })
    .map((text) => `x${text.replace(/[\p{Cc}=+\-@\uff1d\uff0b\uff0d\uff20]/gu, "")}`);
  const odd = fc.array(fc.constantFrom('"', ",", ";", "x", " ", "'")).map((parts) => `x${parts.join("")}`);
  fc.assert(
    fc.property(fc.array(fc.oneof(plain, odd), { minLength: 1 }), (cells) => {
      const line = csvLine(cells);
      expect(line).not.toContain("\n");
      expect(readCsv(line)).toEqual([cells]);
    }),
    { numRuns: 2000 },
  );
});
