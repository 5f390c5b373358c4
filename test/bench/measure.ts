// Measurements at one latency of GitHub: how long a review takes by where its answer is, how often people at work make
// the Worker call GitHub, and how many reviews there are in a second.
import { median, quantile } from "./quantiles.ts";
import { type GitHubCalls, type Rig, type RigTokenKind, ttlMs } from "./rig.ts";

/** Where the answer is, as the report shows it. */
export type Configuration = "no cache" | "memory" | "KV" | "GitHub, known token" | "GitHub, never-seen token";

export interface Latencies {
  /** One plain call to GitHub. */
  readonly roundTripMs: number;
  readonly reviewMs: Readonly<Record<Configuration, number>>;
  /** Calls to GitHub in all reviews with a warm memory. */
  readonly callsWhenWarm: number;
}

export interface Load {
  readonly reviewsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** For each 1,000 reviews. */
export interface WorkingDay {
  readonly noCache: GitHubCalls;
  readonly octogate: Readonly<Record<RigTokenKind, GitHubCalls>>;
}

const warmUpRounds = 10;

/**
 * Measures one review of each kind in turns, and each alone, so that what else the machine does hits all alike.
 *
 * @param samples how many of each
 * @returns medians
 */
export async function measureLatencies(real: Rig, noCache: Rig, samples: number): Promise<Latencies> {
  const token = real.newToken();
  const noCacheToken = noCache.newToken();
  let callsWhenWarm = 0;
  const ways: Record<Configuration | "round trip", () => Promise<number>> = {
    "round trip": () => real.roundTripMs(token),
    "no cache": () => noCache.reviewMs(noCacheToken),
    "GitHub, never-seen token": () => real.reviewMs(real.newToken()),
    async "GitHub, known token"() {
      real.advance(ttlMs + 1_000);
      return real.reviewMs(token);
    },
    async memory() {
      const before = callsOf(real);
      const tookMs = await real.reviewMs(token);
      callsWhenWarm += callsOf(real) - before;
      return tookMs;
    },
    async KV() {
      // An isolate with an empty memory that has asked KV before: deriving the keys is no part of a review.
      real.forget();
      await real.reviewMs(kvWarmer);
      return real.reviewMs(token);
    },
  };
  const kvWarmer = real.newToken();
  await real.reviewMs(kvWarmer);
  const names = Object.keys(ways) as (keyof typeof ways)[];
  const took = new Map(names.map((name) => [name, [] as number[]]));
  for (let round = -warmUpRounds; round < samples; round += 1) {
    for (const name of names) {
      const tookMs = await ways[name]();
      await real.settle();
      if (round >= 0) took.get(name)?.push(tookMs);
    }
  }
  const medianOf = (name: keyof typeof ways) => median(took.get(name) ?? []);
  return {
    roundTripMs: medianOf("round trip"),
    reviewMs: {
      "no cache": medianOf("no cache"),
      memory: medianOf("memory"),
      KV: medianOf("KV"),
      "GitHub, known token": medianOf("GitHub, known token"),
      "GitHub, never-seen token": medianOf("GitHub, never-seen token"),
    },
    callsWhenWarm,
  };
}

/** kube-apiserver's own cache ends after 10 s, so it asks again about a person at work. */
const reviewEveryMs = 10_000;
const peopleAtWork = 5;

/** Measures how often people at work make the Worker call GitHub, on the Worker's own clock. */
export async function measureWorkingDay(real: Rig, noCache: Rig, reviewsPerPerson: number): Promise<WorkingDay> {
  const callsOfAll = async (rig: Rig, kind: RigTokenKind) => {
    const tokens = Array.from({ length: peopleAtWork }, () => rig.newToken(kind));
    const before = rig.gitHubCalls();
    for (let review = 0; review < reviewsPerPerson; review += 1) {
      await Promise.all(tokens.map((token) => rig.reviewMs(token)));
      if (rig === real) await real.settle();
      rig.advance(reviewEveryMs);
    }
    const after = rig.gitHubCalls();
    const per1000 = (calls: number) => (calls / (peopleAtWork * reviewsPerPerson)) * 1000;
    return {
      costly: per1000(after.costly - before.costly),
      notModified: per1000(after.notModified - before.notModified),
    };
  };
  return {
    noCache: await callsOfAll(noCache, "classic"),
    octogate: { fine_grained: await callsOfAll(real, "fine_grained"), classic: await callsOfAll(real, "classic") },
  };
}

const peopleUnderLoad = 20;

/** Measures warm reviews under load. @param concurrency how many are under way at a time */
export async function measureLoad(rig: Rig, reviews: number, concurrency: number): Promise<Load> {
  const tokens = Array.from({ length: peopleUnderLoad }, () => rig.newToken());
  for (const token of tokens) await rig.reviewMs(token);
  const durationsMs: number[] = [];
  let left = reviews;
  const startedAtMs = performance.now();
  const client = async () => {
    while (left > 0) {
      left -= 1;
      durationsMs.push(await rig.reviewMs(tokens[left % peopleUnderLoad] ?? ""));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  const tookSeconds = (performance.now() - startedAtMs) / 1000;
  return {
    reviewsPerSecond: reviews / tookSeconds,
    p50Ms: median(durationsMs),
    p99Ms: quantile(durationsMs, 0.99),
  };
}

function callsOf(rig: Rig): number {
  const { costly, notModified } = rig.gitHubCalls();
  return costly + notModified;
}
