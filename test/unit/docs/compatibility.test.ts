// docs/compatibility.md says of each end-to-end test what became of it on each release.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { differing } from "../../compatibility/differing.ts";
import { cellOf } from "../../compatibility/outcome.ts";
import { compatibilityTable, merged, notRun, page, resultsIn, stories } from "../../compatibility/table.ts";

const results = resultsIn(readFileSync(page, "utf8"));

test("each test file has a row, and there is no other", () => {
  expect([...results.keys()].sort()).toEqual(stories());
});

test("what CI runs on older releases is there", () => {
  expect(stories()).toEqual(expect.arrayContaining(differing));
});

test("each story was run on three releases or more, and none failed", () => {
  for (const [story, cells] of results) {
    expect(cells.size, story).toBeGreaterThanOrEqual(3);
    for (const cell of cells.values()) {
      expect(cell, story).toMatch(/^passed\b|^left out: /);
      // What a machine lacks says nothing about a release.
      expect(cell, story).not.toMatch(/no reason is named|KUBEBUILDER_ASSETS|not installed|is in PATH/);
    }
  }
});

test("the page is what its cells make", () => {
  expect(readFileSync(page, "utf8")).toContain(compatibilityTable(results));
});

test("a later run changes the cells that it ran", () => {
  const earlier = new Map([["sign-in", new Map([["1.37.2", "passed"]])]]);
  const later = new Map([["sign-in", new Map([["1.20.2", "passed"]])]]);
  expect(merged(earlier, later).get("sign-in")).toEqual(
    new Map([
      ["1.37.2", "passed"],
      ["1.20.2", "passed"],
    ]),
  );
  expect(
    merged(earlier, new Map([["sign-in", new Map([["1.37.2", notRun]])]]))
      .get("sign-in")
      ?.get("1.37.2"),
  ).toBe(notRun);
});

describe("a cell", () => {
  const why = "structured authentication begins with 1.30";

  test("says that a story passed", () => {
    expect(cellOf({ hasFailed: false, passed: 3, leftOut: [] })).toBe("passed");
  });

  test("says that it failed, whatever else there is", () => {
    expect(cellOf({ hasFailed: true, passed: 3, leftOut: [{ name: "a", why }] })).toBe("**failed**");
  });

  test("says why it was left out", () => {
    expect(cellOf({ hasFailed: false, passed: 0, leftOut: [{ name: "a", why }] })).toBe(`left out: ${why}`);
  });

  test("names what was left out of it, and why", () => {
    const leftOut = [
      { name: "a", why },
      { name: "b", why },
      { name: "c", why: "no reason is named" },
    ];
    expect(cellOf({ hasFailed: false, passed: 1, leftOut })).toBe(
      `passed; left out: “a”, “b” (${why}); “c” (no reason is named)`,
    );
  });
});
