// The measurements themselves.
import { median, quantile } from "./quantiles.ts";
import type { Rig } from "./rig.ts";

export interface ColdReview {
  readonly pairs: number;
  readonly reviewMedianMs: number;
  readonly roundTripMedianMs: number;
  /** How many round trips to GitHub a review with a token never seen before takes. */
  readonly roundTrips: number;
}

export interface Load {
  readonly reviews: number;
  readonly concurrency: number;
  readonly reviewsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly gitHubCallsPer1000Reviews: number;
}

/** Opens connections and lets the machines' compilers see the code; not counted. */
export async function warmUp(rig: Rig, concurrency: number): Promise<void> {
  const rounds = 20;
  for (let round = 0; round < rounds; round += 1) {
    await rig.gitHubRoundTripMs(rig.newToken());
    await Promise.all(Array.from({ length: concurrency }, () => rig.reviewMs(rig.newToken())));
  }
}

/**
 * One review, one plain round trip, in turns and alone: whatever the machine does besides hits both alike.
 *
 * @param pairs how many of each
 */
export async function measureColdReview(rig: Rig, pairs: number): Promise<ColdReview> {
  const reviewsMs: number[] = [];
  const roundTripsMs: number[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    roundTripsMs.push(await rig.gitHubRoundTripMs(rig.newToken()));
    reviewsMs.push(await rig.reviewMs(rig.newToken()));
  }
  const reviewMedianMs = median(reviewsMs);
  const roundTripMedianMs = median(roundTripsMs);
  return { pairs, reviewMedianMs, roundTripMedianMs, roundTrips: reviewMedianMs / roundTripMedianMs };
}

/** Keeps so many reviews under way until all are done. */
export async function measureLoad(rig: Rig, reviews: number, concurrency: number): Promise<Load> {
  // Made before the clock runs: making them is no part of a review.
  const tokens = Array.from({ length: reviews }, () => rig.newToken());
  const durationsMs: number[] = [];
  const callsBefore = rig.gitHubCalls();
  const startedAtMs = performance.now();
  const worker = async () => {
    for (let token = tokens.pop(); token !== undefined; token = tokens.pop()) {
      durationsMs.push(await rig.reviewMs(token));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const tookSeconds = (performance.now() - startedAtMs) / 1000;
  return {
    reviews,
    concurrency,
    reviewsPerSecond: reviews / tookSeconds,
    p50Ms: median(durationsMs),
    p99Ms: quantile(durationsMs, 0.99),
    gitHubCallsPer1000Reviews: ((rig.gitHubCalls() - callsBefore) / reviews) * 1000,
  };
}
