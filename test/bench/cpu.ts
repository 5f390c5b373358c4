// CPU of workerd for a warm review, beside a minimal Hono Worker: the process's own time under load, without edge and
// Miniflare. The Workers take short turns, so that what else the machine does hits both alike. Of each round the median
// turn counts, and of all rounds each Worker's best.
import { randomBytes } from "node:crypto";
import { startGitHubStandIn } from "../../src/local/github/stand-in.ts";
import { createHttpClient } from "../support/http-client.ts";
import { makeClusters } from "../support/instrumented-client.ts";
import { cfHeader, type RawWorkerd, startRawWorkerd } from "../support/raw-workerd.ts";
import { reviewBody, reviewPath } from "../support/review-body.ts";
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
const people = 20;
const warmUpReviews = 10_000;
const turnReviews = 250;

/** @param reviews how many each Worker answers in each round */
export async function compareCpu(reviews: number): Promise<CpuComparison> {
  const github = await startGitHubStandIn();
  const acme = github.addOrganisation({ login: "acme" });
  const tokens = Array.from({ length: people }, (_, index) => {
    const account = github.addAccount({ login: `person-${index}` });
    github.addMember(acme, account);
    return github.issueToken(account, { kind: "classic", scopes: ["read:org"] });
  });
  const clusters = makeClusters({ production: { allow: [`org:acme#${acme.id}`], token_kinds: ["classic"] } });
  const variables = {
    GITHUB_API_URL: github.url,
    CACHE_SECRET: randomBytes(32).toString("base64"),
    // Longer than the measurement takes: revalidation is no part of a warm review.
    CACHE_TTL_SECONDS: "600",
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
    const loads = { warm: loadOf(real.url, headers, tokens), minimal: loadOf(minimal.url, headers, tokens) };
    stops.push(async () => Object.values(loads).forEach(({ close }) => void close()));
    // After this, memory has every person's facts, and the compiler has seen the code.
    for (const { run } of Object.values(loads)) await run(warmUpReviews);
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

async function secondsOfTurn({ cpuSeconds }: RawWorkerd, run: (reviews: number) => Promise<void>): Promise<number> {
  const before = await cpuSeconds();
  await run(turnReviews);
  return (await cpuSeconds()) - before;
}

function loadOf(url: string, headers: Readonly<Record<string, string>>, tokens: readonly string[]) {
  const bodies = tokens.map((token) => reviewBody(token));
  const client = createHttpClient(url);
  const run = async (reviews: number) => {
    let left = reviews;
    await Promise.all(
      Array.from({ length: concurrency }, async () => {
        while (left > 0) {
          left -= 1;
          const body = bodies[left % bodies.length] ?? "";
          const answer = await client.send({ method: "POST", path: reviewPath, headers, body });
          if (answer.status !== 200 || !answer.body.includes('"authenticated":true')) {
            throw new Error(`a review was answered with ${answer.status}: ${answer.body}`);
          }
        }
      }),
    );
  };
  return { run, close: () => client.close() };
}
