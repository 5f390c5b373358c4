// What docs/operations.md says about money is what the simulation says: its rows are the page's on caching, its prices
// are those that the simulation reckons with.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { costOf, freeADay } from "../../simulate/report/money.ts";

const read = (name: string) => readFileSync(new URL(`../../../docs/${name}.md`, import.meta.url), "utf8");
const [, chapter = ""] = read("operations").split("\n## What it costs\n");
const rowsOf = (text: string) =>
  [...text.matchAll(/^\| (.*) \|$/gm)].map(([, row = ""]) => row.split("|").map((cell) => cell.trim()));
const simulated = rowsOf(read("caching")).filter((cells) => cells.length === 10);
const number = (cell: string) => Number(cell.replace(/[,$]| million/g, "")) * (cell.endsWith(" million") ? 1e6 : 1);

test.each(rowsOf(chapter).filter(([people = ""]) => /^[\d,]+$/.test(people)))(
  "%s people cost what the simulation says",
  (people, clusters, requests, writes, isFree, price) => {
    const row = simulated.find(([other]) => other === people);
    expect(row?.toSpliced(3, 1).slice(0, 6)).toEqual([people, clusters, requests, writes, isFree, price]);
  },
);

describe("prices", () => {
  const nothing = { reviews: 0, kvReads: 0, kvWrites: 0 };
  const [requests, cpu, reads, writes, lines] = rowsOf(chapter).filter(([, included = ""]) =>
    included.endsWith(" million"),
  );

  test.each([
    [requests, "reviews", "requests"],
    [cpu, "reviews", "cpu"],
    [reads, "kvReads", "kvReads"],
    [writes, "kvWrites", "kvWrites"],
    [lines, "reviews", "logs"],
  ] as const)("%s", (row, counted, part) => {
    const [, included = "", price = ""] = row ?? [];
    expect(costOf({ ...nothing, [counted]: number(included) }, 0)[part]).toBe(0);
    expect(costOf({ ...nothing, [counted]: number(included) + 1e6 }, 0)[part]).toBeCloseTo(number(price), 6);
  });

  test("the plan itself, and where the free one ends", () => {
    expect(chapter).toContain(`The paid plan is $${costOf(nothing, 0).total} a month`);
    expect(chapter).toContain(`${freeADay.kvWrites.toLocaleString("en")} KV writes a day`);
    expect(chapter).toContain(`More than ${freeADay.reviews.toLocaleString("en")} requests a day`);
  });
});
