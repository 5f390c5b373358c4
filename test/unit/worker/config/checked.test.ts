import { expect, test } from "vitest";
import { describeProblems } from "../../../../src/worker/config/checked.ts";

const problems = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ setting: `S${index}`, message: "must be right" }));

test("problems are described by setting and message", () => {
  expect(describeProblems(problems(2))).toBe("S0: must be right; S1: must be right");
});

test("five problems are all described", () => {
  expect(describeProblems(problems(5))).not.toContain("more");
});

test("of a thousand problems five are described", () => {
  expect(describeProblems(problems(1000))).toMatch(/^S0: .*; S4: must be right; and 995 more$/);
});
