// The table of reasons in the documentation is the list in the code.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { reasons } from "../../../src/worker/reasons.ts";

const operations = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8");
const section = /^## Reasons$(.*?)^## /ms.exec(operations)?.[1] ?? "";
const rows = [...section.matchAll(/^\| `([^`]+)` \| (\S+) \| (.*?) \| (.*?) \|$/gm)].map(
  ([, code, verdict, problem, hint]) => ({ code, verdict, problem, hint }),
);

test("every reason has one row in docs/operations.md, with its verdict, and no other code has one", () => {
  const documented = rows.map(({ code, verdict }) => `${code}: ${verdict}`).sort();
  expect(documented).toEqual(
    Object.entries(reasons)
      .map(([code, { verdict }]) => `${code}: ${verdict}`)
      .sort(),
  );
});

test("the documentation of a reason has its problem and its hint", () => {
  const texts = Object.entries(reasons).map(([code, { problem, hint }]) => ({ code, problem, hint: hint ?? "" }));
  expect(rows.map(({ code, problem, hint }) => ({ code, problem, hint }))).toEqual(texts);
});
