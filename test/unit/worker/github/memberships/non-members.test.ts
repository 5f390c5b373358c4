import { expect, test } from "vitest";
import { createNonMembers } from "../../../../../src/worker/github/memberships/non-members.ts";

test("a non-member is remembered for five seconds, in that organisation alone", () => {
  let time = 1_000_000;
  const nonMembers = createNonMembers(() => time);
  expect(nonMembers.has(1, 1234)).toBe(false);
  nonMembers.add(1, 1234);
  expect(nonMembers.has(1, 1234)).toBe(true);
  expect(nonMembers.has(1, 123)).toBe(false);
  expect(nonMembers.has(11, 234)).toBe(false);
  expect(nonMembers.has(1234, 1)).toBe(false);
  time += 4_999;
  expect(nonMembers.has(1, 1234)).toBe(true);
  time += 1;
  expect(nonMembers.has(1, 1234)).toBe(false);
});

test("being told again counts from then on", () => {
  let time = 0;
  const nonMembers = createNonMembers(() => time);
  nonMembers.add(1, 1234);
  time += 4_000;
  nonMembers.add(1, 1234);
  time += 4_000;
  expect(nonMembers.has(1, 1234)).toBe(true);
});

test("no more than ten thousand are remembered, the latest ones", () => {
  const nonMembers = createNonMembers(() => 0);
  for (let id = 1; id <= 10_000; id += 1) nonMembers.add(id, 1234);
  expect(nonMembers.has(1, 1234)).toBe(true);
  // Told again, so among the latest now.
  nonMembers.add(1, 1234);
  nonMembers.add(10_001, 1234);
  expect([1, 2, 3, 10_001].map((id) => nonMembers.has(id, 1234))).toEqual([true, false, true, true]);
});
