// Reviews through `npm start` beside the same reviews on workerd alone: what the local edge adds.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { startGitHubStandIn } from "../../src/local/github/server.ts";
import { authorityOf, identityOf } from "../support/edge-client.ts";
import { createHttpClient } from "../support/http-client.ts";
import { makeClusters } from "../support/instrumented-client.ts";
import { startLocalEdge } from "../support/local-edge.ts";
import { childrenOf, cpuSecondsOf, residentBytesOf } from "../support/process-usage.ts";
import { cfHeader, startRawWorkerd } from "../support/raw-workerd.ts";
import { reviewPath } from "../support/review-body.ts";
import { addPeople, makeReviews, policy, type Review, ttlSeconds } from "./load.ts";
import { median } from "./quantiles.ts";

export interface WayCost {
  readonly reviewsPerSecond: number;
  /** Of a review under load. */
  readonly medianMs: number;
  /** The median of reviews one at a time. */
  readonly aloneMs: number;
  /** CPU for each review; null without an edge. */
  readonly edgeCpuMs: number | null;
  readonly workerdCpuMs: number;
  readonly edgeBytes: number | null;
  readonly workerdBytes: number;
}

export interface LocalEdgeComparison {
  readonly rounds: number;
  readonly reviewsEach: number;
  readonly concurrency: number;
  readonly workerdAlone: WayCost;
  readonly npmStart: WayCost;
}

/** A way to the Worker. */
interface Way {
  readonly review: Review;
  readonly edgePid: number | null;
  readonly workerdPid: number;
  stop(): Promise<void>;
}

const rounds = 3;
const concurrency = 32;
const turnReviews = 500;
/** One review alone for so many under load. */
const underLoadForAlone = 10;
const githubLatencyMs = 50;

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

async function startWorkerdAlone(githubUrl: string): Promise<Way> {
  const clusters = makeClusters({ production: policy });
  const variables = {
    GITHUB_API_URL: githubUrl,
    CACHE_SECRET: randomBytes(32).toString("base64"),
    CACHE_TTL_SECONDS: ttlSeconds,
    ...clusters.variables(),
  };
  // The log is read here because `npm start` prints it, too.
  const workerd = await startRawWorkerd({ main: "src/worker/index.ts", variables, keepsLog: true });
  const client = createHttpClient(workerd.url);
  const headers = {
    "content-type": "application/json",
    [cfHeader]: JSON.stringify({ tlsClientAuth: clusters.certificateOf(undefined, Date.now()) }),
  };
  return {
    review: (body) => client.send({ method: "POST", path: reviewPath, headers, body }),
    edgePid: null,
    workerdPid: workerd.pid,
    async stop() {
      client.close();
      await workerd.stop();
    },
  };
}

/** Asked over one HTTP/2 connection, as kube-apiserver does. */
async function startNpmStart(githubUrl: string): Promise<Way> {
  const folder = await mkdtemp(join(tmpdir(), "octogate-bench-"));
  const policyFile = join(folder, "policy.json");
  await writeFile(policyFile, JSON.stringify(policy));
  const args = ["--github", githubUrl, "--cluster", `bench=${policyFile}`, "--var", `CACHE_TTL_SECONDS=${ttlSeconds}`];
  const edge = await startLocalEdge({ args }).finally(() => rm(folder, { recursive: true, force: true }));
  const session = connect(`https://localhost:${edge.port}`, { ca: authorityOf(edge), ...identityOf(edge, "bench") });
  // An error of the connection fails the reviews on it.
  session.on("error", () => {});
  const [workerdPid] = await childrenOf(edge.pid);
  if (workerdPid === undefined) throw new Error("the local edge runs no workerd");
  return {
    async review(body) {
      const stream = session.request({
        ":method": "POST",
        ":path": reviewPath,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
      });
      let status = 0;
      stream.on("response", (headers) => {
        status = Number(headers[":status"]);
      });
      stream.end(body);
      return { body: await text(stream), status };
    },
    edgePid: edge.pid,
    workerdPid,
    async stop() {
      session.destroy();
      await edge.stop();
    },
  };
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
    edgeBytes: edgePid === null ? null : await residentBytesOf(edgePid),
    workerdBytes: await residentBytesOf(workerdPid),
  };
}

function medianOf(turns: readonly WayCost[]): WayCost {
  const of = (figure: (cost: WayCost) => number) => median(turns.map(figure));
  const ofEdge = (figure: (cost: WayCost) => number | null) => {
    const figures = turns.map(figure).filter((value) => value !== null);
    return figures.length === 0 ? null : median(figures);
  };
  return {
    reviewsPerSecond: of((cost) => cost.reviewsPerSecond),
    medianMs: of((cost) => cost.medianMs),
    aloneMs: of((cost) => cost.aloneMs),
    edgeCpuMs: ofEdge((cost) => cost.edgeCpuMs),
    workerdCpuMs: of((cost) => cost.workerdCpuMs),
    edgeBytes: ofEdge((cost) => cost.edgeBytes),
    workerdBytes: of((cost) => cost.workerdBytes),
  };
}

/** @returns the round with the most reviews a second, with the shortest time of a review alone in any round */
function best(results: readonly WayCost[]): WayCost {
  const [fastest] = results.toSorted((a, b) => b.reviewsPerSecond - a.reviewsPerSecond);
  if (fastest === undefined) throw new Error("nothing was measured");
  return { ...fastest, aloneMs: Math.min(...results.map(({ aloneMs }) => aloneMs)) };
}
