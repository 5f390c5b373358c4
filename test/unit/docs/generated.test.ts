// The generated parts of the documents are up to date.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { documentsWithParts, withGeneratedParts } from "../../docs/generated.ts";
import { fillPage, rowsOf, tableOf } from "../../docs/markdown.ts";
import { costOf, freeADay } from "../../simulate/report/money.ts";

test.each(documentsWithParts)("%s is what `npm run docs` writes", (document) => {
  const written = readFileSync(new URL(`../../../${document}`, import.meta.url), "utf8");
  expect(withGeneratedParts(document)).toBe(written);
});

describe("a page", () => {
  const page = "a\n<!-- generated: one -->\nold\n<!-- end: one -->\nb\n";

  test("gets each part between its markers, and can get it again", () => {
    const filled = fillPage(page, new Map([["one", "new"]]));
    expect(filled).toBe("a\n<!-- generated: one -->\n\nnew\n\n<!-- end: one -->\nb\n");
    expect(fillPage(filled, new Map([["one", "new"]]))).toBe(filled);
  });

  test("must have a place for each part", () => {
    expect(() => fillPage(page, new Map([["two", "new"]]))).toThrow("generated: two");
    expect(() => fillPage("<!-- generated: one -->", new Map([["one", "new"]]))).toThrow("generated: one");
  });

  test("shows the rows of a table", () => {
    expect(rowsOf(tableOf(["a", "b"], [["1", ""]]))).toEqual([
      ["a", "b"],
      ["1", ""],
    ]);
  });
});

test("docs/operations.md names the price of the plan, and where the free one ends", () => {
  const text = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8").replace(/\s+/g, " ");
  expect(text).toContain(`The paid plan is $${costOf({ reviews: 0, kvReads: 0, kvWrites: 0 }, 0).total} a month`);
  expect(text).toContain(`${freeADay.kvWrites.toLocaleString("en")} KV writes a day`);
  expect(text).toContain(`More than ${freeADay.reviews.toLocaleString("en")} requests a day`);
});
