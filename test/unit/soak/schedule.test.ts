// The schedule of `npm run soak`, and what it measures.
import { expect, test } from "vitest";
import { slopePerMinute } from "../../soak/measure.ts";
import { rules } from "../../soak/oracle.ts";
import { sabotages } from "../../soak/sabotage.ts";
import { scheduleOf, secondsOf } from "../../soak/schedule.ts";

const times = { ttlSeconds: 10, graceSeconds: 20 };
const namesIn = (seconds: number, seed: number) =>
  scheduleOf(seconds, seed, times).map((phase) =>
    phase.kind === "github" ? phase.disturbance.name : `${phase.kind} ${"fault" in phase ? phase.fault : ""}`,
  );

test("fits its time, and has every disturbance in half an hour", () => {
  for (const seconds of [60, 180, 1_800]) {
    const sum = scheduleOf(seconds, 1, times).reduce((all, phase) => all + secondsOf(phase), 0);
    expect(sum).toBeLessThanOrEqual(seconds);
    expect(sum).toBeGreaterThan(seconds * 0.4);
  }
  expect(new Set(namesIn(1_800, 1)).size).toBe(18);
});

test("follows from the seed", () => {
  expect(namesIn(1_800, 1)).toEqual(namesIn(1_800, 1));
  expect(namesIn(1_800, 1)).not.toEqual(namesIn(1_800, 2));
});

test("has calm between two disturbances", () => {
  const names = namesIn(1_800, 3);
  for (const [index, name] of names.entries()) {
    if (index % 2 === 0) expect(name).toBe("calm ");
    else expect(name).not.toBe("calm ");
  }
});

test("a growth is that of the line through all points", () => {
  expect(
    slopePerMinute([
      [0, 5],
      [60, 8],
      [120, 11],
    ]),
  ).toBeCloseTo(3);
  expect(
    slopePerMinute([
      [0, 5],
      [60, 5],
      [120, 5],
    ]),
  ).toBe(0);
  expect(slopePerMinute([[0, 5]])).toBe(0);
});

test("every rule has a sabotage", () => {
  const seen = new Set(Object.values(sabotages).map(({ rule }) => rule));
  expect(rules.filter((rule) => !seen.has(rule))).toEqual([]);
});
