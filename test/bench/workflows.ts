// CPU of workerd for reviews of workflows' tokens with GitHub's keys in memory, and how often the keys are fetched: the
// process's own time, as in cpu.ts. Each token is another one, and each is verified. A review with nothing to verify,
// whose token ends by its shape, is measured beside it.
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type ActionsKey, makeActionsKey, mintWorkflowToken } from "../../src/local/github/actions/issuer.ts";
import { createHttpClient } from "../support/http-client.ts";
import { makeClusters } from "../support/instrumented-client.ts";
import { cfHeader, startRawWorkerd } from "../support/raw-workerd.ts";
import { reviewBody, reviewPath } from "../support/review-body.ts";
import { median, quantile } from "./quantiles.ts";

export type WorkflowToken = "verified" | "foreign";

export interface WorkflowReviews {
  readonly each: number;
  readonly cpuMs: Readonly<Record<WorkflowToken, number>>;
  /** One at a time. */
  readonly medianMs: Readonly<Record<WorkflowToken, number>>;
  /** Of all reviews together. */
  readonly keyFetches: number;
}

const issuerUrl = "https://login.example.com";
const repository = { name: "acme/shop", id: 9001, ownerId: 1234 };
const turnSize = 50;

/** @param reviews how many of each kind there are */
export async function measureWorkflowReviews(reviews: number): Promise<WorkflowReviews> {
  const key = makeActionsKey(0);
  const issuer = await startIssuer(key);
  const stops: (() => Promise<void>)[] = [issuer.close];
  try {
    const clusters = makeClusters({
      production: { allow: ["workflow:acme/shop/.github/workflows/deploy.yml@refs/heads/main#1234/9001"] },
    });
    const workerd = await startRawWorkerd({
      main: "src/worker/index.ts",
      variables: {
        CACHE_SECRET: randomBytes(32).toString("base64"),
        ISSUER_URL: issuerUrl,
        ACTIONS_ISSUER_URL: issuer.url,
        ...clusters.variables(),
      },
    });
    stops.push(workerd.stop);
    const client = createHttpClient(workerd.url);
    stops.push(async () => client.close());
    const headers = {
      "content-type": "application/json",
      [cfHeader]: JSON.stringify({ tlsClientAuth: clusters.certificateOf(undefined, Date.now()) }),
    };

    const tokenFrom = (iss: string) =>
      mintWorkflowToken(
        { repository },
        { issuer: iss, audience: `${issuerUrl}/clusters/production`, key, now: new Date() },
      );
    /** @returns how long it took */
    const review = async (token: string, isAdmitted: boolean): Promise<number> => {
      const { status, body, durationMs } = await client.send({
        method: "POST",
        path: reviewPath,
        headers,
        body: reviewBody(token),
      });
      if (status === 200 && body.includes('"authenticated":true') === isAdmitted) return durationMs;
      throw new Error(`a review was answered with ${status}: ${body}`);
    };
    /** @returns milliseconds of each: CPU, in the lower quarter of the turns, and the median of the whole review */
    const measure = async (iss: string, isAdmitted: boolean) => {
      const cpuMs: number[] = [];
      const tookMs: number[] = [];
      for (let done = 0; done < reviews; done += turnSize) {
        const tokens = Array.from({ length: turnSize }, () => tokenFrom(iss));
        const before = await workerd.cpuSeconds();
        for (const token of tokens) tookMs.push(await review(token, isAdmitted));
        cpuMs.push((((await workerd.cpuSeconds()) - before) * 1000) / turnSize);
      }
      return { cpuMs: quantile(cpuMs, 0.25), medianMs: median(tookMs) };
    };

    // The first of an isolate fetches the keys, and the compiler sees the code.
    for (let warmUp = 0; warmUp < turnSize; warmUp += 1) await review(tokenFrom(issuer.url), true);
    const verified = await measure(issuer.url, true);
    const foreign = await measure(`${issuer.url}/another`, false);
    return {
      each: reviews,
      cpuMs: { verified: verified.cpuMs, foreign: foreign.cpuMs },
      medianMs: { verified: verified.medianMs, foreign: foreign.medianMs },
      keyFetches: issuer.fetches(),
    };
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function startIssuer({ publicJwk }: ActionsKey) {
  let fetches = 0;
  const server = createServer((_request, response) => {
    fetches += 1;
    response.setHeader("content-type", "application/json").end(JSON.stringify({ keys: [publicJwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // It listens on a port, not on a pipe.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    fetches: () => fetches,
    close: async () => void server.close().closeAllConnections(),
  };
}
