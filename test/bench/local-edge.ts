// Reviews through `npm start` beside the same reviews on workerd alone: what the local edge adds.
import { startGitHubStandIn } from "../../src/local/github/server.ts";
import { cpuSecondsOf } from "../support/process-usage.ts";
import { addPeople, makeReviews } from "./load.ts";
import { median } from "./quantiles.ts";
import { githubLatencyMs, startNpmStart, startWorkerdAlone, type Way } from "./ways.ts";

export interface WayCost {
  readonly reviewsPerSecond: number;
  /** Of a review under load. */
  readonly medianMs: number;
  /** The median of reviews one at a time. */
  readonly aloneMs: number;
  /** CPU for each review; null without an edge. */
  readonly edgeCpuMs: number | null;
  readonly workerdCpuMs: number;
}

export interface LocalEdgeComparison {
  readonly rounds: number;
  readonly reviewsEach: number;
  readonly concurrency: number;
  readonly workerdAlone: WayCost;
  readonly npmStart: WayCost;
}

const rounds = 3;
const concurrency = 32;
const turnReviews = 500;
/** One review alone for so many under load. */
const underLoadForAlone = 10;

/**
 * Measures both ways in short turns, so that what else the machine does hits both alike. Of each round the median turn
 * counts, and of all rounds each way's best.
 *
 * @param reviews how many go each way in each round
 */
export async function compareLocalEdge(reviews: number): Promise<LocalEdgeComparison> {
  const github = await startGitHubStandIn({ latencyMs: githubLatencyMs });
  const stops: (() => Promise<void>)[] = [() => github.close()];
  try {
    const bodies = addPeople(github);
    const workerdAlone = await startWorkerdAlone(github.url);
    stops.push(workerdAlone.stop);
    const npmStart = await startNpmStart(github.url);
    stops.push(npmStart.stop);
    // After this, memory has every person's facts, and the compilers have seen the code.
    for (const way of [workerdAlone, npmStart]) await makeReviews(way.review, bodies, reviews, concurrency);
    const results: Record<"workerdAlone" | "npmStart", WayCost[]> = { workerdAlone: [], npmStart: [] };
    for (let round = 0; round < rounds; round += 1) {
      const turns: typeof results = { workerdAlone: [], npmStart: [] };
      for (let done = 0; done < reviews; done += turnReviews) {
        const size = Math.min(turnReviews, reviews - done);
        turns.workerdAlone.push(await measure(workerdAlone, bodies, size));
        turns.npmStart.push(await measure(npmStart, bodies, size));
      }
      results.workerdAlone.push(medianOf(turns.workerdAlone));
      results.npmStart.push(medianOf(turns.npmStart));
    }
    return {
      rounds,
      reviewsEach: reviews,
      concurrency,
      workerdAlone: best(results.workerdAlone),
      npmStart: best(results.npmStart),
    };
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function measure(way: Way, bodies: readonly string[], reviews: number): Promise<WayCost> {
  const { edgePid, workerdPid } = way;
  const aloneMs = median(await makeReviews(way.review, bodies, Math.ceil(reviews / underLoadForAlone), 1));
  const cpuMs = async () => ({
    edge: edgePid === null ? null : (await cpuSecondsOf(edgePid)) * 1000,
    workerd: (await cpuSecondsOf(workerdPid)) * 1000,
  });
  const before = await cpuMs();
  const startedAtMs = performance.now();
  const durationsMs = await makeReviews(way.review, bodies, reviews, concurrency);
  const tookSeconds = (performance.now() - startedAtMs) / 1000;
  const after = await cpuMs();
  return {
    reviewsPerSecond: reviews / tookSeconds,
    medianMs: median(durationsMs),
    aloneMs,
    edgeCpuMs: after.edge === null || before.edge === null ? null : (after.edge - before.edge) / reviews,
    workerdCpuMs: (after.workerd - before.workerd) / reviews,
  };
}

function medianOf(turns: readonly WayCost[]): WayCost {
  const of = (figure: (cost: WayCost) => number) => median(turns.map(figure));
  const edgeCpuMs = turns.map((cost) => cost.edgeCpuMs).filter((value) => value !== null);
  return {
    reviewsPerSecond: of((cost) => cost.reviewsPerSecond),
    medianMs: of((cost) => cost.medianMs),
    aloneMs: of((cost) => cost.aloneMs),
    edgeCpuMs: edgeCpuMs.length === 0 ? null : median(edgeCpuMs),
    workerdCpuMs: of((cost) => cost.workerdCpuMs),
  };
}

/** @returns the round with the most reviews a second, with the shortest time of a review alone in any round */
function best(results: readonly WayCost[]): WayCost {
  const [fastest] = results.toSorted((a, b) => b.reviewsPerSecond - a.reviewsPerSecond);
  if (fastest === undefined) throw new Error("nothing was measured");
  return { ...fastest, aloneMs: Math.min(...results.map(({ aloneMs }) => aloneMs)) };
}
