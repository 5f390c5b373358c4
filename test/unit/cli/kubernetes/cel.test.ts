import fc from "fast-check";
import { expect, test } from "vitest";
import { celString } from "../../../../src/cli/kubernetes/cel.ts";

test.each([
  ["github:", "'github:'"],
  ["", "''"],
  ["it's", "'it\\'s'"],
  ["a\\", "'a\\\\'"],
  ["' + system", "'\\' + system'"],
])("%j is one string of CEL", (text, expression) => {
  expect(celString(text)).toBe(expression);
});

test("no text ends the string before its end", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[\x21-\x7e]{0,64}$/), (text) => {
      const [, inside = null] = /^'((?:[^'\\]|\\['\\])*)'$/.exec(celString(text)) ?? [];
      expect(inside?.replace(/\\(.)/g, "$1")).toBe(text);
    }),
  );
});
