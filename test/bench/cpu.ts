// CPU of workerd for a warm review, beside a minimal Hono Worker: the process's own time under load, without edge and
// Miniflare. The Workers take short turns, so that what else the machine does hits both alike. Of each round the median
// turn counts, and of all rounds each Worker's best.
import { randomBytes } from "node:crypto";
import { startGitHubStandIn } from "../../src/local/github/server.ts";
import { createHttpClient } from "../support/http-client.ts";
import { makeClusters } from "../support/instrumented-client.ts";
import { cfHeader, type RawWorkerd, startRawWorkerd } from "../support/raw-workerd.ts";
import { reviewPath } from "../support/review-body.ts";
import { addPeople, makeReviews, policy, type Review, ttlSeconds } from "./load.ts";
import { median } from "./quantiles.ts";

export interface CpuComparison {
  readonly rounds: number;
  readonly reviewsEach: number;
  /** Reviews for each second of workerd's computing. */
  readonly warm: number;
  readonly minimal: number;
}

const rounds = 3;
const concurrency = 16;
const maxWarmUpReviews = 10_000;
const turnReviews = 250;

/** @param reviews how many each Worker answers in each round */
export async function compareCpu(reviews: number): Promise<CpuComparison> {
  const github = await startGitHubStandIn();
  const bodies = addPeople(github);
  const clusters = makeClusters({ production: policy });
  const variables = {
    GITHUB_API_URL: github.url,
    CACHE_SECRET: randomBytes(32).toString("base64"),
    CACHE_TTL_SECONDS: ttlSeconds,
    ...clusters.variables(),
  };
  const stops: (() => Promise<void>)[] = [() => github.close()];
  try {
    const real = await startRawWorkerd({ main: "src/worker/index.ts", variables });
    stops.push(real.stop);
    const minimal = await startRawWorkerd({ main: "test/bench/minimal-worker.ts" });
    stops.push(minimal.stop);
    const headers = {
      "content-type": "application/json",
      [cfHeader]: JSON.stringify({ tlsClientAuth: clusters.certificateOf(undefined, Date.now()) }),
    };
    const loads = { warm: loadOf(real.url, headers, bodies), minimal: loadOf(minimal.url, headers, bodies) };
    stops.push(async () => Object.values(loads).forEach(({ close }) => void close()));
    // After this, memory has every person's facts, and the compiler has seen the code.
    for (const { run } of Object.values(loads)) await run(Math.min(maxWarmUpReviews, 2 * reviews));
    github.requests.length = 0;
    const results: { readonly warm: number; readonly minimal: number }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const seconds: Record<"warm" | "minimal", number[]> = { warm: [], minimal: [] };
      for (let done = 0; done < reviews; done += turnReviews) {
        seconds.warm.push(await secondsOfTurn(real, loads.warm.run));
        seconds.minimal.push(await secondsOfTurn(minimal, loads.minimal.run));
      }
      results.push({ warm: turnReviews / median(seconds.warm), minimal: turnReviews / median(seconds.minimal) });
    }
    if (github.requests.length > 0) throw new Error("not all reviews were warm: GitHub was asked");
    // Each Worker's own best: the round with the best ratio would be the one in which the minimal Worker was held up.
    const best = (which: "warm" | "minimal") => Math.max(...results.map((result) => result[which]));
    return { rounds, reviewsEach: reviews, warm: best("warm"), minimal: best("minimal") };
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function secondsOfTurn({ cpuSeconds }: RawWorkerd, run: (reviews: number) => Promise<unknown>): Promise<number> {
  const before = await cpuSeconds();
  await run(turnReviews);
  return (await cpuSeconds()) - before;
}

function loadOf(url: string, headers: Readonly<Record<string, string>>, bodies: readonly string[]) {
  const client = createHttpClient(url);
  const review: Review = (body) => client.send({ method: "POST", path: reviewPath, headers, body });
  return {
    run: (reviews: number) => makeReviews(review, bodies, reviews, concurrency),
    close: () => client.close(),
  };
}
