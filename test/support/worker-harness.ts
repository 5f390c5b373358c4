// The real Worker on the real runtime (workerd, by way of wrangler's harness), with a stand-in for GitHub as the only
// address that it can reach, and kube-apiserver's side of the conversation.
import { randomBytes } from "node:crypto";
import type { DispatchFetch } from "miniflare";
import { afterAll, afterEach, beforeAll, vi } from "vitest";
import { createTestHarness } from "wrangler";
import { type GitHubStandIn, type StandInOptions, startGitHubStandIn } from "../../src/local/github/server.ts";
import { clusterVariableName } from "../../src/worker/config/config.ts";
import { type Answer, holdToRules } from "./answer-rules.ts";
import { verifiedCertificate } from "./client-auth.ts";
import { credentialIdOf } from "./credential-id.ts";
import { guardOutbound } from "./outbound-guard.ts";
import { type ApiVersion, reviewBody, reviewPath } from "./review-body.ts";
import { repositoryRoot, workerConfig } from "./worker-config.ts";

type HarnessInit = NonNullable<Parameters<DispatchFetch>[1]>;
/** `cf` may be whatever a test likes: also what Cloudflare would never send. */
type FetchInit = Omit<HarnessInit, "cf"> & { readonly cf?: Readonly<Record<string, unknown>> };

/** One line of the decision log. */
export type DecisionLine = Readonly<Record<string, unknown>>;

export interface WorkerOptions {
  /** Policies by the cluster's name. Each gets a certificate of its own, unless it names some itself. */
  readonly clusters: Readonly<Record<string, object>>;
  /** Variables and secrets that replace the usual ones; undefined takes one away. */
  readonly vars?: Readonly<Record<string, unknown>>;
  /** Another entry point than the deployed one, as a path from the repository's root. */
  readonly main?: string;
  /** Bindings as wrangler.toml writes them, beside those that it has, or in their place. */
  readonly bindings?: Readonly<Record<string, unknown>>;
  readonly github?: StandInOptions;
  /**
   * Where the Worker finds GitHub, if not at the harness's own stand-in: the only address that it can reach then,
   * beside that of ACTIONS_ISSUER_URL.
   */
  readonly githubApiUrl?: string;
}

export interface ReviewOptions {
  /** Whose certificate comes with it; default: the first cluster's. */
  readonly cluster?: string;
  readonly apiVersion?: ApiVersion;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface WorkerUnderTest {
  readonly github: GitHubStandIn;
  /**
   * Any request, to the clusters' hostname where it is a path. Whatever the answer there, it is held to the rules that
   * all answers keep.
   */
  fetch(path: string, init?: FetchInit): Promise<Answer>;
  /** Posts a body to /authenticate. */
  post(body: FetchInit["body"], options?: ReviewOptions): Promise<Answer>;
  /** Asks whose token it is, as kube-apiserver does. */
  review(token: string, options?: ReviewOptions): Promise<Answer>;
  /** What Cloudflare says about a cluster's certificate. */
  certificateOf(cluster: string): Record<string, string | boolean>;
  fingerprintOf(cluster: string): string;
  /** Everything that was logged, a line each. */
  logLines(): string[];
  /** The lines that are records of the decision log, in order. */
  decisions(): DecisionLine[];
  /** The one decision about a token, once it is logged. */
  decisionAbout(token: string): Promise<DecisionLine>;
  /** The one decision of a cluster, once it is logged: also where the log does not say about which token. */
  decisionOf(cluster: string): Promise<DecisionLine>;
  stop(): Promise<void>;
}

const millisecondsPerDay = 24 * 60 * 60 * 1000;
/** How long the certificates of tests are valid from now on. */
export const certificateDays = 90;

/**
 * Starts the Worker before the tests of a file, fails every test in which it reaches for another address than the
 * stand-in's, and ends it.
 *
 * @param options or what makes them, where they need something that has to be started first
 * @returns what gives the running Worker inside of a test
 */
export function useWorker(options: WorkerOptions | (() => Promise<WorkerOptions>)): () => WorkerUnderTest {
  let running: (WorkerUnderTest & { readonly refused: string[] }) | null = null;
  const worker = () => {
    if (running === null) throw new Error("the Worker runs inside of tests only");
    return running;
  };
  beforeAll(async () => {
    running = await startWorker(typeof options === "function" ? await options() : options);
  });
  afterEach(() => {
    const refused = worker().refused.splice(0);
    if (refused.length > 0) throw new Error(`the Worker reached for ${refused.join(", ")}`);
  });
  afterAll(() => running?.stop());
  return worker;
}

async function startWorker(options: WorkerOptions): Promise<WorkerUnderTest & { readonly refused: string[] }> {
  // Neither may a test need the internet, nor shall anything be reported from it.
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";
  process.env.WRANGLER_SEND_METRICS = "false";
  const github = await startGitHubStandIn(options.github);
  const { githubApiUrl = github.url } = options;
  const { ACTIONS_ISSUER_URL: actionsIssuerUrl } = options.vars ?? {};
  const reachable = [githubApiUrl, ...(typeof actionsIssuerUrl === "string" ? [actionsIssuerUrl] : [])];
  const guard = guardOutbound(...reachable.map((url) => new URL(url).origin));
  const fingerprints = new Map(Object.keys(options.clusters).map((name) => [name, randomBytes(32).toString("hex")]));
  const config = { ...workerConfig(varsOf(options, githubApiUrl, fingerprints), options.main), ...options.bindings };
  const harness = createTestHarness({ root: repositoryRoot, workers: [{ config }] });
  await harness.listen();

  const [firstCluster = ""] = fingerprints.keys();
  const fingerprintOf = (cluster: string) => {
    const fingerprint = fingerprints.get(cluster);
    if (fingerprint === undefined) throw new Error(`there is no cluster ${cluster}`);
    return fingerprint;
  };
  const certificateOf = (cluster: string) =>
    verifiedCertificate(fingerprintOf(cluster), new Date(Date.now() + (certificateDays + 0.5) * millisecondsPerDay));

  async function fetch(path: string, init: FetchInit = {}): Promise<Answer> {
    // With an address in place of a path it goes to the sign-in hostname: past wrangler's proxy, which would put its
    // own host into the address, and its clients keep to other rules.
    const isPath = path.startsWith("/");
    // The type assertion is for cf, see FetchInit.
    const response = await (isPath ? harness : harness.getWorker()).fetch(path, {
      redirect: "manual",
      ...init,
    } as HarnessInit);
    const answer = {
      status: response.status,
      headers: new Headers([...response.headers]),
      body: await response.text(),
    };
    if (isPath) holdToRules(init.method ?? "GET", path, answer);
    return answer;
  }

  function post(body: FetchInit["body"], { cluster = firstCluster, headers = {} }: ReviewOptions = {}) {
    return fetch(reviewPath, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: body ?? null,
      duplex: "half",
      cf: { tlsClientAuth: certificateOf(cluster) },
    });
  }

  const logLines = () => harness.getLogs().map(({ message }) => message);
  const decisions = () =>
    logLines()
      .filter((line) => line.startsWith("{"))
      .map(parseDecision);

  const theOnly = (isRequested: (line: DecisionLine) => boolean) =>
    vi.waitFor(() => {
      const [decision, ...more] = decisions().filter(isRequested);
      if (decision === undefined) throw new Error("no decision is logged");
      if (more.length > 0) throw new Error(`${more.length + 1} decisions in place of one`);
      return decision;
    }, logDeadline);

  return {
    github,
    refused: guard.refused,
    fetch,
    post,
    review: (token, reviewOptions = {}) => post(reviewBody(token, reviewOptions.apiVersion), reviewOptions),
    certificateOf,
    fingerprintOf,
    logLines,
    decisions,
    decisionAbout(token) {
      const credentialId = credentialIdOf(token);
      return theOnly((line) => line.credentialId === credentialId);
    },
    decisionOf: (cluster) => theOnly((line) => line.cluster === cluster),
    async stop() {
      await harness.close();
      guard.remove();
      await github.close();
    },
  };
}

/** workerd's output comes to the test by way of a pipe. */
export const logDeadline = { timeout: 5_000, interval: 20 };

function varsOf(options: WorkerOptions, githubApiUrl: string, fingerprints: ReadonlyMap<string, string>) {
  const clusters = Object.entries(options.clusters).map(([name, policy]) => [
    clusterVariableName(name),
    { client_certificates: [fingerprints.get(name)], ...policy },
  ]);
  const vars = {
    GITHUB_API_URL: githubApiUrl,
    CACHE_SECRET: randomBytes(32).toString("base64"),
    ...Object.fromEntries(clusters),
    ...options.vars,
  };
  return Object.fromEntries(Object.entries(vars).filter(([, value]) => value !== undefined));
}

function parseDecision(line: string): DecisionLine {
  const parsed: unknown = JSON.parse(line);
  if (typeof parsed !== "object" || parsed === null) throw new Error(`no record: ${line}`);
  return { ...parsed };
}
