// kube-apiserver's side of the conversation with instrumented-worker.ts on some port: reviews of clusters' tokens, with
// a clock that can be set ahead and memory that can be taken away.
import { randomBytes } from "node:crypto";
import { clusterVariableName } from "../../src/worker/config/config.ts";
import { type Answer, holdToRules } from "./answer-rules.ts";
import { verifiedCertificate } from "./client-auth.ts";
import { createHttpClient } from "./http-client.ts";
import { clockAheadHeader, type Meters, metersPath, neverSeenLimitHeader, newIsolateHeader } from "./instruments.ts";
import { reviewBody, reviewPath } from "./review-body.ts";
import { until } from "./until.ts";

export type Policies = Readonly<Record<string, object>>;

export interface ReviewOptions {
  /** Default: the first. */
  readonly cluster?: string;
}

/** The clusters of a test, each with a certificate. */
export interface Clusters {
  /** Their variables, with these policies or their first ones. */
  variables(policies?: Policies): Record<string, object>;
  /** What Cloudflare says about the certificate of one of them. */
  certificateOf(cluster: string | undefined, now: number): Record<string, string | boolean>;
}

export interface InstrumentedClient {
  /** Sets the Worker's clock ahead by so much more. */
  advance(ms: number): void;
  /** Later reviews meet an isolate with an empty memory, and with these policies in place of the old ones. */
  newIsolate(policies?: Policies): void;
  /** Likewise, and each cluster may have so many never-seen tokens, once and for all. */
  limitNeverSeen(tokens: number): void;
  /** @returns the answer, held to the rules of all answers, and how long it took */
  ask(token: string, options?: ReviewOptions): Promise<Answer & { readonly durationMs: number }>;
  /** Waits until nothing goes on any more. */
  meters(): Promise<Meters>;
  close(): void;
}

const maxWaitMs = 10_000;
const certificateLifeMs = 90 * 24 * 60 * 60 * 1000;

export function makeClusters(first: Policies): Clusters {
  const fingerprints = new Map(Object.keys(first).map((name) => [name, randomBytes(32).toString("hex")]));
  const [firstName = ""] = fingerprints.keys();
  return {
    variables: (policies = first) =>
      Object.fromEntries(
        Object.entries(policies).map(([name, policy]) => [
          clusterVariableName(name),
          { client_certificates: [fingerprints.get(name)], ...policy },
        ]),
      ),
    certificateOf: (cluster = firstName, now) =>
      verifiedCertificate(fingerprints.get(cluster) ?? "", new Date(now + certificateLifeMs)),
  };
}

/**
 * The variables and secrets of a deployment whose GitHub is at an address of the test's.
 *
 * @param vars replace the usual ones
 */
export function variablesFor(
  githubApiUrl: string,
  clusters: Clusters,
  vars: Readonly<Record<string, string>> = {},
): Record<string, unknown> {
  return {
    GITHUB_API_URL: githubApiUrl,
    CACHE_SECRET: randomBytes(32).toString("base64"),
    ...clusters.variables(),
    ...vars,
  };
}

/**
 * @param url of the Worker's socket
 * @param cfHeader the header by which the runtime is told what Cloudflare knows about a request
 * @param target what stands before the path in a request line: an origin, where the socket takes requests as a proxy
 * does
 */
export function createInstrumentedClient(
  url: string,
  cfHeader: string,
  clusters: Clusters,
  target = "",
): InstrumentedClient {
  const client = createHttpClient(url);
  let aheadMs = 0;
  /** For the next review only. */
  let changes: Record<string, string> = {};
  return {
    advance(ms) {
      aheadMs += ms;
    },
    newIsolate(policies = {}) {
      changes = { ...changes, [newIsolateHeader]: JSON.stringify(clusters.variables(policies)) };
    },
    limitNeverSeen(tokens) {
      changes = { [newIsolateHeader]: "{}", ...changes, [neverSeenLimitHeader]: String(tokens) };
    },
    async ask(token, { cluster } = {}) {
      const certificate = clusters.certificateOf(cluster, Date.now() + aheadMs);
      const headers = {
        "content-type": "application/json",
        [cfHeader]: JSON.stringify({ tlsClientAuth: certificate }),
        [clockAheadHeader]: String(aheadMs),
        ...changes,
      };
      changes = {};
      const received = await client.send({
        method: "POST",
        path: target + reviewPath,
        headers,
        body: reviewBody(token),
      });
      const { status, body, durationMs } = received;
      const answer = { status, headers: new Headers(received.headers), body };
      holdToRules("POST", reviewPath, answer);
      return { ...answer, durationMs };
    },
    meters: () =>
      until(
        async () => {
          const { body } = await client.send({ method: "GET", path: target + metersPath, headers: {} });
          // Written by instrumented-worker.ts.
          const read = JSON.parse(body) as Meters;
          return read.underWay === 0 ? read : undefined;
        },
        maxWaitMs,
        "the Worker has nothing more to do",
      ),
    close: () => client.close(),
  };
}
