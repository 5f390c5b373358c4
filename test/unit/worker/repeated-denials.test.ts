import { expect, test } from "vitest";
import { createRepeatedDenials } from "../../../src/worker/repeated-denials.ts";

test("a denial repeats from the eleventh within a minute on, for its credential and cluster alone", () => {
  const denials = createRepeatedDenials();
  for (let denial = 1; denial <= 10; denial += 1) expect(denials.add("production", "a", 1_000)).toBe(false);
  expect(denials.add("production", "a", 60_999)).toBe(true);
  expect(denials.add("production", "b", 1_000)).toBe(false);
  expect(denials.add("staging", "a", 1_000)).toBe(false);
});

test("a new minute begins anew, and so does a clock that is set back", () => {
  const denials = createRepeatedDenials();
  for (let denial = 1; denial <= 11; denial += 1) denials.add("production", "a", 100_000);
  expect(denials.add("production", "a", 159_999)).toBe(true);
  expect(denials.add("production", "a", 160_000)).toBe(false);
  expect(denials.add("production", "a", 50_000)).toBe(false);
});
