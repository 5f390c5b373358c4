// What is made of the figures: tables, money, pictures, the page.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fillPage } from "../../docs/markdown.ts";
import { costOf } from "../../simulate/report/money.ts";
import { drawBars, drawLines } from "../../simulate/report/pictures.ts";
import { oneSentenceALine } from "../../simulate/report/sentences.ts";
import { decimal, dollars, markdownTable, percent, whole } from "../../simulate/report/table.ts";
import { studyNames } from "../../simulate/studies/all.ts";
import { noCounts } from "../../simulate/world/counts.ts";

describe("a table", () => {
  test("is Markdown with even columns", () => {
    expect(
      markdownTable(
        ["TTL", "calls"],
        [
          ["120 s", "1.5"],
          ["5 s", "1,000"],
        ],
      ),
    ).toBe(["| TTL   | calls |", "| ----- | ----: |", "| 120 s |   1.5 |", "| 5 s   | 1,000 |"].join("\n"));
  });

  test("writes numbers for people", () => {
    expect([whole(1234.5), decimal(0.126, 2), percent(0.0149, 1), dollars(5)]).toEqual([
      "1,235",
      "0.13",
      "1.5 %",
      "$5.00",
    ]);
  });
});

describe("a month's cost", () => {
  test("is the plan's alone as long as nothing exceeds what it includes", () => {
    const month = { ...noCounts(), reviews: 10_000_000, kvReads: 10_000_000, kvWrites: 1_000_000 };
    expect(costOf(month, 1_000).total).toBe(5);
  });

  test("takes each thing beyond it by the million", () => {
    const month = { ...noCounts(), reviews: 40_000_000, kvReads: 12_000_000, kvWrites: 3_000_000 };
    const { requests, cpu, kvReads, kvWrites, kvStorage, logs, total } = costOf(month, 1_000_000);
    expect([requests, cpu, kvReads, kvWrites, kvStorage, logs].map((part) => part.toFixed(2))).toEqual([
      "9.00",
      "0.20",
      "1.00",
      "10.00",
      "0.75",
      "12.00",
    ]);
    expect(total).toBeCloseTo(5 + 9 + 0.2 + 1 + 10 + 0.75 + 12);
  });
});

describe("docs/simulation.md", () => {
  const docs = new URL("../../../docs/", import.meta.url);
  const written = readFileSync(new URL("simulation.md", docs), "utf8");

  test("has a place for every study", () => {
    expect(() => fillPage(written, new Map(studyNames.map((name) => [name, ""])))).not.toThrow();
  });

  test("and the pages of other tools show every picture that there is, and no other", () => {
    const others = ["performance.md", "soak-and-fuzz.md"].map((name) => readFileSync(new URL(name, docs), "utf8"));
    const pages = [written, ...others].join("");
    const shown = [...pages.matchAll(/\(pictures\/([\w-]+\.svg)\)/g)].map(([, file]) => file);
    expect(shown.sort()).toEqual(readdirSync(new URL("pictures/", docs)).sort());
  });
});

test("a report has one sentence a line, and its tables stay", () => {
  const written = oneSentenceALine("One. Two (of 3): Three?\n- Four. Five\n| a. B |");
  expect(written).toBe("One.\nTwo (of 3):\nThree?\n- Four.\n  Five\n| a. B |");
});

describe("a picture", () => {
  const lines = [
    {
      name: "p99",
      points: [
        [10, 1],
        [30, 2],
      ],
    },
  ] as const;
  const draw = (xTicks?: readonly number[]) =>
    drawLines({ name: "x", title: "Lags", xLabel: "TTL", yLabel: "seconds", lines, ...(xTicks ? { xTicks } : {}) }).svg;

  test("is an SVG on white with its title, its labels and the names of its lines", () => {
    for (const svg of [draw(), draw([10, 30])]) {
      expect(svg).toMatch(/^<svg /);
      expect(svg).toContain('fill="#ffffff"');
      expect(svg).toContain("<title>Lags</title>");
      expect(svg).not.toContain("<style");
      for (const text of ["Lags", "TTL", "seconds", "p99"]) expect(svg).toContain(text);
    }
  });

  test("of bars has each group, and a legend where there are several series", () => {
    const series = [
      { name: "50 ms", values: [1, 4] },
      { name: "150 ms", values: [2, 3] },
    ];
    const { svg } = drawBars({ name: "x", title: "Waits", xLabel: "ms", groups: ["memory", "KV"], series });
    for (const text of ["Waits", "ms", "memory", "KV", "50 ms", "150 ms"]) expect(svg).toContain(`>${text}<`);
  });

  test("does not depend on those that were drawn before", () => {
    expect(draw()).toBe(draw());
  });
});
