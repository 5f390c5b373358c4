// docs/operations.md: the decision log's fields, and the routes of both hostnames, are those of the code.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const textOf = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const page = textOf("docs/operations.md");
const [, literal = ""] =
  /const line = JSON\.stringify\(\{\n(.+?)^ {2}\}\);/ms.exec(textOf("src/worker/log/decision-log.ts")) ?? [];
const fields = [...literal.matchAll(/^ {4}(\w+):/gm)].map(([, field = ""]) => field);

test("every field of a line of the decision log is explained, and no other one", () => {
  const [, table = ""] = /^## The decision log\n.+?^\|---\|---\|\n(.+?)\n\n/ms.exec(page) ?? [];
  const explained = table.split("\n").flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)]);
  expect(fields.length).toBeGreaterThan(20);
  expect(explained.map(([, field]) => field).sort()).toEqual([...fields].sort());
});

test("the line in README.md has fields that a line has, in their order, and those of every review among them", () => {
  const [line = "{}"] = /^\{"time":.+\}$/m.exec(textOf("README.md")) ?? [];
  const shown = Object.keys(JSON.parse(line));
  expect(shown).toEqual(fields.filter((field) => shown.includes(field)));
  expect(shown).toEqual(expect.arrayContaining(["time", "door", "cluster", "verdict", "reason", "durationMs"]));
});

test("every route is named", () => {
  const [, chapter = ""] = /^## HTTP\n(.+?)^## /ms.exec(page) ?? [];
  const routes = [...textOf("src/worker/app.ts").matchAll(/\b(?:webhook|signIn)\.(?:get|post)\("([^"]+)"/g)];
  expect(routes.length).toBeGreaterThan(15);
  expect([...new Set(routes.map(([, path = ""]) => path))].filter((path) => !chapter.includes(path))).toEqual([]);
});
