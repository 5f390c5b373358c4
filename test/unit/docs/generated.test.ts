// The generated parts of the documents are up to date.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { documentsWithParts, withGeneratedParts } from "../../docs/generated.ts";
import { fillPage, rowsOf, tableOf } from "../../docs/markdown.ts";
import { costOf, freeADay } from "../../simulate/report/money.ts";
import { doorTitles } from "../../simulate/studies/sign-in.ts";

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

describe("what people who sign in cost, as the simulation's table says", () => {
  const textOf = (document: string) =>
    readFileSync(new URL(`../../../${document}`, import.meta.url), "utf8").replace(/\s+/g, " ");
  const rows = rowsOf(readFileSync(new URL("../../../docs/simulation.md", import.meta.url), "utf8"));

  /** @returns cells of a row at the default TTL, for people with up to three clusters */
  function cellsOf(door: string) {
    const row = rows.find((cells) => cells.slice(0, 3).join() === `${door},3,120 s`) ?? [];
    const cell = (title: string) => row[doorTitles.indexOf(title)];
    return {
      requests: cell("Worker requests a person and day"),
      writes: cell("KV writes"),
      people: Math.floor(Number(cell("people")) / 10) * 10,
    };
  }
  const [webhook, signIn] = [cellsOf("webhook"), cellsOf("sign-in")];

  test.each([
    ["README.md", `some ${signIn.people} with a browser`],
    ["docs/caching.md", `the free plan serves some ${signIn.people} of them`],
    ["docs/caching.md", `${signIn.requests} requests in place of ${webhook.requests}`],
    ["docs/caching.md", `${signIn.writes} KV writes in place of ${webhook.writes}`],
    ["docs/sign-in.md", `${signIn.requests} requests and ${signIn.writes} KV writes`],
    ["docs/sign-in.md", `the free plan serves some ${signIn.people} people`],
    ["docs/operations.md", `some ${signIn.people} who sign in with a browser`],
    ["docs/simulation.md", `serves some ${signIn.people} people`],
  ])("%s says %s", (document, sentence) => {
    expect(textOf(document)).toContain(sentence);
  });

  test("docs/sign-in.md says what a program makes that asks all day long", () => {
    const header = rows.findIndex((cells) => cells.includes("KV writes at least"));
    // Below the rule.
    const [clusters, requests, writes] = rows[header + 2] ?? [];
    expect(clusters).toBe("1");
    expect(textOf("docs/sign-in.md")).toContain(`${requests} requests and ${writes} writes for its cluster`);
  });
});

test("docs/operations.md names the price of the plan, and where the free one ends", () => {
  const text = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8").replace(/\s+/g, " ");
  expect(text).toContain(`The paid plan is $${costOf({ reviews: 0, kvReads: 0, kvWrites: 0 }, 0).total} a month`);
  expect(text).toContain(`${freeADay.kvWrites.toLocaleString("en")} KV writes a day`);
  expect(text).toContain(`More than ${freeADay.reviews.toLocaleString("en")} requests a day`);
});
