// Reviews through `npm start` beside the same reviews on workerd alone: what the local edge adds.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGitHubStandIn } from "../../src/local/github/stand-in.ts";
import { authorityOf, identityOf } from "../support/edge-client.ts";
import { createHttpClient } from "../support/http-client.ts";
import { makeClusters } from "../support/instrumented-client.ts";
import { startLocalEdge } from "../support/local-edge.ts";
import { childrenOf, cpuSecondsOf, residentBytesOf } from "../support/process-usage.ts";
import { cfHeader, startRawWorkerd } from "../support/raw-workerd.ts";
import { reviewBody, reviewPath } from "../support/review-body.ts";
import { median } from "./quantiles.ts";

/** What one way to the Worker costs. Of the edge there is nothing where workerd is asked directly. */
export interface WayCost {
  readonly reviewsPerSecond: number;
  /** Of one review under load. */
  readonly medianMs: number;
  /** Of one review with no other under way. */
  readonly aloneMs: number;
  readonly edgeCpuMs: number | null;
  readonly workerdCpuMs: number;
  readonly edgeBytes: number | null;
  readonly workerdBytes: number;
}

export interface LocalEdgeComparison {
  readonly concurrency: number;
  readonly reviewsEach: number;
  readonly workerdAlone: WayCost;
  readonly npmStart: WayCost;
}

/** A way to the Worker, ready to be used. */
interface Way {
  review(body: string): Promise<{ readonly status: number; readonly body: string }>;
  readonly edgePid: number | null;
  readonly workerdPid: number;
  stop(): Promise<void>;
}

const people = 20;
const rounds = 3;
const warmUpReviews = 2_000;
const aloneReviews = 200;
const policy = { allow: ["org:acme#1234"], token_kinds: ["classic"] };
/** Longer than the measurement takes: a refresh is no part of a warm review. */
const ttlSeconds = "600";

/**
 * Asks both in turns, so that what else the machine does hits both alike. Of the rounds each one's best counts.
 *
 * @param reviews how many in each round, on each way
 * @param concurrency how many are under way at a time
 */
export async function compareLocalEdge(reviews: number, concurrency: number): Promise<LocalEdgeComparison> {
  const github = await startGitHubStandIn({ latencyMs: 50 });
  const stops: (() => Promise<void>)[] = [() => github.close()];
  try {
    const acme = github.addOrganisation({ login: "acme", id: 1234 });
    const bodies = Array.from({ length: people }, (_, index) => {
      const account = github.addAccount({ login: `person-${index}` });
      github.addMember(acme, account);
      return reviewBody(github.issueToken(account, { kind: "classic", scopes: ["read:org"] }));
    });
    const workerdAlone = await startWorkerdAlone(github.url);
    stops.push(workerdAlone.stop);
    const npmStart = await startThroughEdge(github.url);
    stops.push(npmStart.stop);
    const ways = { workerdAlone, npmStart };
    for (const way of [workerdAlone, npmStart]) await load(way, bodies, warmUpReviews, concurrency);
    const results = { workerdAlone: [] as WayCost[], npmStart: [] as WayCost[] };
    for (let round = 0; round < rounds; round += 1) {
      for (const name of ["workerdAlone", "npmStart"] as const) {
        results[name].push(await measure(ways[name], bodies, reviews, concurrency));
      }
    }
    return {
      concurrency,
      reviewsEach: reviews,
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
  // `npm start` prints the decisions, so workerd alone has to write them as well.
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

/** One connection over HTTP/2, as kube-apiserver has it. */
async function startThroughEdge(githubUrl: string): Promise<Way> {
  const folder = await mkdtemp(join(tmpdir(), "octogate-bench-"));
  const policyFile = join(folder, "policy.json");
  await writeFile(policyFile, JSON.stringify(policy));
  const args = ["--github", githubUrl, "--cluster", `bench=${policyFile}`, "--var", `CACHE_TTL_SECONDS=${ttlSeconds}`];
  const edge = await startLocalEdge({ args }).finally(() => rm(folder, { recursive: true, force: true }));
  const session = connect(`https://localhost:${edge.port}`, { ca: authorityOf(edge), ...identityOf(edge, "bench") });
  // It is ready when the first review comes; what fails then fails the review.
  session.on("error", () => {});
  const [workerdPid] = await childrenOf(edge.pid);
  if (workerdPid === undefined) throw new Error("the local edge runs no workerd");
  const headers = {
    ":method": "POST",
    ":path": reviewPath,
    "content-type": "application/json",
  };
  return {
    review: (body) =>
      new Promise((resolve, reject) => {
        const stream = session.request({ ...headers, "content-length": Buffer.byteLength(body) });
        let status = 0;
        let text = "";
        stream.setEncoding("utf8");
        stream.on("response", (answered) => {
          status = Number(answered[":status"]);
        });
        stream.on("data", (chunk: string) => {
          text += chunk;
        });
        stream.on("end", () => resolve({ status, body: text }));
        stream.on("error", reject);
        stream.end(body);
      }),
    edgePid: edge.pid,
    workerdPid,
    async stop() {
      session.destroy();
      await edge.stop();
    },
  };
}

async function measure(way: Way, bodies: readonly string[], reviews: number, concurrency: number): Promise<WayCost> {
  const aloneMs = median(await load(way, bodies, Math.min(aloneReviews, reviews), 1));
  const cpuOf = async (pid: number | null) => (pid === null ? null : cpuSecondsOf(pid));
  const bytesOf = async (pid: number | null) => (pid === null ? null : residentBytesOf(pid));
  const before = { edge: await cpuOf(way.edgePid), workerd: await cpuSecondsOf(way.workerdPid) };
  const startedAtMs = performance.now();
  const durationsMs = await load(way, bodies, reviews, concurrency);
  const tookSeconds = (performance.now() - startedAtMs) / 1000;
  const edgeSeconds = await cpuOf(way.edgePid);
  const perReviewMs = (seconds: number) => (seconds * 1000) / reviews;
  return {
    reviewsPerSecond: reviews / tookSeconds,
    medianMs: median(durationsMs),
    aloneMs,
    edgeCpuMs: edgeSeconds === null || before.edge === null ? null : perReviewMs(edgeSeconds - before.edge),
    workerdCpuMs: perReviewMs((await cpuSecondsOf(way.workerdPid)) - before.workerd),
    edgeBytes: await bytesOf(way.edgePid),
    workerdBytes: await residentBytesOf(way.workerdPid),
  };
}

/** Keeps so many reviews under way until all are done. @returns how long each took, in milliseconds */
async function load(way: Way, bodies: readonly string[], reviews: number, concurrency: number): Promise<number[]> {
  const durationsMs: number[] = [];
  let left = reviews;
  const client = async () => {
    while (left > 0) {
      left -= 1;
      const startedAtMs = performance.now();
      const { status, body } = await way.review(bodies[left % bodies.length] ?? "");
      if (status !== 200 || !body.includes('"authenticated":true')) {
        throw new Error(`a review was answered with ${status}: ${body}`);
      }
      durationsMs.push(performance.now() - startedAtMs);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  return durationsMs;
}

/** The round with the most reviews a second; the time of a review alone is the best of all rounds. */
function best(costs: readonly WayCost[]): WayCost {
  const [fastest] = costs.toSorted((a, b) => b.reviewsPerSecond - a.reviewsPerSecond);
  if (fastest === undefined) throw new Error("nothing was measured");
  return { ...fastest, aloneMs: Math.min(...costs.map(({ aloneMs }) => aloneMs)) };
}
