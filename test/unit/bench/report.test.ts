// What the benchmark makes of its numbers.
import { expect, test } from "vitest";
import { median, quantile } from "../../bench/quantiles.ts";
import { describeResults, judge } from "../../bench/report.ts";

const options = { reviews: 10, latencyMs: 50, concurrency: 2 };
const load = {
  reviews: 10,
  concurrency: 2,
  reviewsPerSecond: 38.52,
  p50Ms: 51.26,
  p99Ms: 60,
  gitHubCallsPer1000Reviews: 1000,
};
const cold = (roundTrips: number) => ({
  pairs: 60,
  roundTripMedianMs: 50,
  reviewMedianMs: 50 * roundTrips,
  roundTrips,
});

test.each([
  [50, 1.15, "met"],
  [50, 1.151, "missed"],
  [200, 1.01, "met"],
  [49, 3, "not judged"],
] as const)("at %i ms a cold review of %f round trips is %s", (latencyMs, roundTrips, judgement) => {
  expect(judge({ ...options, latencyMs }, cold(roundTrips))).toBe(judgement);
});

test("a report shows every number with its unit", () => {
  const report = describeResults(options, cold(1.1), load);
  for (const line of [
    /reviews a second +38\.5$/m,
    /p50 +51\.3 ms$/m,
    /p99 +60\.0 ms$/m,
    /GitHub calls per 1,000 reviews +1000$/m,
    /cold review \/ round trip +1\.100 \(at most 1\.15: met\)$/m,
  ]) {
    expect(report).toMatch(line);
  }
});

test("a median is the middle, or lies between the two in the middle", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([10, 4, 1, 2])).toBe(3);
  expect(median([7])).toBe(7);
});

test("a quantile lies between its neighbours, and leaves its values in their order", () => {
  const values = [30, 10, 20];
  expect(quantile(values, 0)).toBe(10);
  expect(quantile(values, 1)).toBe(30);
  expect(quantile(values, 0.75)).toBe(25);
  expect(values).toEqual([30, 10, 20]);
});

test("of nothing there is no quantile", () => {
  expect(() => median([])).toThrow();
});
