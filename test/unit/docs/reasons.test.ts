// The table of reasons in the documentation is the list in the code.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { reasons } from "../../../src/worker/every-reason.ts";

const operations = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8");
const section = /^## Reasons$(.*?)^## /ms.exec(operations)?.[1] ?? "";
const rows = [...section.matchAll(/^\| `([^`]+)` \| (\S+) \| (.+) \|$/gm)].map(([, code, verdict, meaning]) => ({
  code,
  verdict,
  meaning,
}));

test("every reason has one row in docs/operations.md, with its verdict, and no other code has one", () => {
  const documented = rows.map(({ code, verdict }) => `${code}: ${verdict}`).sort();
  expect(documented).toEqual(
    Object.entries(reasons)
      .map(([code, { verdict }]) => `${code}: ${verdict}`)
      .sort(),
  );
});

test("the documentation of a reason says what its sentence says", () => {
  const sentences = Object.entries(reasons).map(([code, { sentence }]) => [code, sentence]);
  expect(Object.fromEntries(rows.map(({ code, meaning }) => [code, meaning]))).toEqual(Object.fromEntries(sentences));
});
