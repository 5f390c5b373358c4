import { expect, test } from "vitest";
import { nearestTo } from "../../../src/cli/nearest.ts";

const words = ["cluster", "config", "certificates", "check"];

test.each([
  ["cluser", "cluster"],
  ["clsuter", "cluster"],
  ["CLUSTERS", "cluster"],
  ["chekc", "check"],
  ["confgi", "config"],
])("%s stands for %s", (typed, wanted) => {
  expect(nearestTo(typed, words)).toBe(wanted);
});

test.each(["", "c", "x", "kubernetes", "con"])("%j is near to none", (typed) => {
  expect(nearestTo(typed, words)).toBeNull();
});
