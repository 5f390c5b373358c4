// docs/soak-and-fuzz.md: the report of one soak, and of one run of the fuzz targets.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { rowsOf } from "../../docs/markdown.ts";
import { plantedFaults } from "../../fuzz/planted-faults.ts";
import { targets } from "../../fuzz/targets.ts";
import { growthOf } from "../../soak/measure.ts";
import { rules } from "../../soak/oracle.ts";
import { type Course, grownRules, sectionsOf } from "../../soak/report.ts";

const page = readFileSync(new URL("../../../docs/soak-and-fuzz.md", import.meta.url), "utf8");

/** @returns the rows of a part of the page */
function rowsIn(name: string): string[][] {
  const [, part = ""] = new RegExp(`<!-- generated: ${name} -->(.*?)<!-- end: ${name} -->`, "s").exec(page) ?? [];
  return rowsOf(part).slice(2);
}

const at = 1_000_000_000_000;
const course: Course = {
  ...{ minutes: 30, seed: 1, apiservers: 3, ttlSeconds: 10, graceSeconds: 20, idTokenSeconds: 60 },
  ledger: {
    counts: new Map([["reviews", new Map([["yes", 2_000] as const, ["broken", 1] as const])]]),
    findings: [{ rule: "no answer", what: "a page:\n  502", door: "reviews", at }],
  },
  happenings: new Map([["is renamed", 3]]),
  phases: [
    { name: "calm", from: 0, to: 10 },
    { name: "KV fails", from: 10, to: 20 },
  ],
  samples: [],
  growth: growthOf([]),
  kv: { reads: 10, writes: 1 },
  isGrowthHeld: true,
};

describe("a report of a soak", () => {
  const sections = sectionsOf(course);

  test("has a place in the page for each of its parts", () => {
    for (const name of sections.keys()) expect(page).toContain(`<!-- generated: ${name} -->`);
  });

  test("counts answers by door, and what was broken by rule, with the time and what it was", () => {
    expect(rowsOf(sections.get("soak answers") ?? "").slice(2)).toEqual([
      ["reviews", "2,000", "0", "0", "1"],
      ["all", "2,000", "0", "0", "1"],
    ]);
    const found = sections.get("soak rules") ?? "";
    expect(rowsOf(found)).toContainEqual(["no answer", "1"]);
    expect(found).toContain(`- ${new Date(at).toISOString()}, reviews: no answer: a page: 502`);
  });

  test("names a growth beyond the limit", () => {
    const growth = { ...course.growth, edgeUsedBytesPerMinute: 1_500_000 };
    const found = sectionsOf({ ...course, growth }).get("soak rules") ?? "";
    expect(rowsOf(found)).toContainEqual(["memory grows", "1"]);
    expect(found).toContain("- memory grows: the edge by 1.5 MB a minute");
  });

  test("rates no growth of a short run", () => {
    const found = sectionsOf({ ...course, isGrowthHeld: false }).get("soak rules") ?? "";
    expect(rowsOf(found)).toContainEqual(["memory grows", "not rated"]);
  });
});

describe("the page", () => {
  test("has a soak of ten minutes or more in which every rule held", () => {
    const [, minutes] = rowsIn("soak run").find(([name]) => name === "minutes") ?? [];
    expect(Number(minutes)).toBeGreaterThanOrEqual(10);
    expect(rowsIn("soak rules")).toEqual([...rules, ...grownRules].map((rule) => [rule, "0"]));
  });

  test("has a million inputs, some for each target, of which none broke anything", () => {
    const rows = rowsIn("fuzz targets");
    const [all] = rows.splice(-1);
    expect(Number(all?.[1]?.replaceAll(",", ""))).toBeGreaterThanOrEqual(1_000_000);
    expect(rows.map(([, , , found]) => found)).toEqual(targets.map(() => "0"));
  });

  test("has every planted fault, and each was found", () => {
    const rows = rowsIn("fuzz planted");
    expect(rows.map(([name]) => name)).toEqual(plantedFaults.map(({ name }) => name));
    for (const [, inputs = ""] of rows) expect(inputs).toMatch(/^[\d,]+$/);
  });
});
