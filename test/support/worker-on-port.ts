// The instrumented Worker as the local edge runs it, but without the edge: workerd itself asks GitHub, KV lies in a
// folder, and a clock can be set ahead. For tests of the cache.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GitHubStandIn, startGitHubStandIn } from "../../src/local/github/server.ts";
import { readWorkerSettings, startWorker, type WorkerSettings } from "../../src/local/worker.ts";
import type { Answer } from "./answer-rules.ts";
import { credentialIdOf } from "./credential-id.ts";
import {
  createInstrumentedClient,
  type InstrumentedClient,
  makeClusters,
  type Policies,
  type ReviewOptions,
  variablesFor,
} from "./instrumented-client.ts";
import { instrumentedWorker } from "./instruments.ts";
import { until } from "./until.ts";
import { repositoryRoot } from "./worker-config.ts";
import type { DecisionLine } from "./worker-harness.ts";

export interface WorkerOnPortOptions {
  /** By the cluster's name. */
  readonly clusters: Policies;
  /** Variables that replace the usual ones. */
  readonly vars?: Readonly<Record<string, string>>;
  /** Replaces what wrangler.toml says. */
  readonly settings?: Partial<WorkerSettings>;
}

/** An answer and the line of the decision log about it. */
export interface Reviewed extends Answer {
  readonly decision: DecisionLine;
}

export interface WorkerOnPort extends Pick<InstrumentedClient, "advance" | "newIsolate" | "ask" | "meters"> {
  readonly github: GitHubStandIn;
  /** The time that the Worker sees, in milliseconds. */
  now(): number;
  /** As `ask`, and waits for the log and for the work that goes on after the answer. */
  review(token: string, options?: ReviewOptions): Promise<Reviewed>;
  /** What the Worker said on stderr. */
  errors(): string[];
  /** Ends workerd and starts it again, on the same KV. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Miniflare's; see src/local/worker.ts. */
const cfHeader = "mf-cf-blob";
const maxWaitMs = 10_000;

export async function startWorkerOnPort(options: WorkerOnPortOptions): Promise<WorkerOnPort> {
  const storage = await mkdtemp(join(tmpdir(), "octogate-worker-"));
  const github = await startGitHubStandIn();
  const clusters = makeClusters(options.clusters);
  const variables = variablesFor(github.url, clusters, options.vars);
  const settings = { ...(await readWorkerSettings(join(repositoryRoot, "wrangler.toml"))), ...options.settings };
  let decisions: DecisionLine[] = [];
  const errors: string[] = [];

  async function startProcess(): Promise<{ url: string; close: () => Promise<void> }> {
    let close = async () => {};
    const onLog = (level: "out" | "error", line: string) => {
      if (level === "error") errors.push(line);
      // The Worker's own line: an object.
      else decisions.push(JSON.parse(line) as DecisionLine);
    };
    const entryPoint = join(repositoryRoot, instrumentedWorker);
    const { port } = await startWorker({ entryPoint, settings, variables, storage, onLog }, (end) => {
      close = end;
    });
    return { url: `http://127.0.0.1:${port}`, close };
  }

  let running = await startProcess();
  let client = createInstrumentedClient(running.url, cfHeader, clusters, "https://127.0.0.1");
  let aheadMs = 0;
  async function stopProcess(): Promise<void> {
    client.close();
    await running.close();
  }

  return {
    github,
    now: () => Date.now() + aheadMs,
    advance(ms) {
      aheadMs += ms;
      client.advance(ms);
    },
    newIsolate: (policies) => client.newIsolate(policies),
    ask: (token, reviewOptions) => client.ask(token, reviewOptions),
    async review(token, reviewOptions) {
      const credentialId = credentialIdOf(token);
      const isAboutIt = (line: DecisionLine) => line.credentialId === credentialId;
      decisions = decisions.filter((line) => !isAboutIt(line));
      const answer = await client.ask(token, reviewOptions);
      const decision = await until(() => decisions.find(isAboutIt), maxWaitMs, "the decision is logged");
      await client.meters();
      return { ...answer, decision };
    },
    meters: () => client.meters(),
    errors: () => errors,
    async restart() {
      await stopProcess();
      running = await startProcess();
      client = createInstrumentedClient(running.url, cfHeader, clusters, "https://127.0.0.1");
      client.advance(aheadMs);
    },
    async stop() {
      await stopProcess();
      await github.close();
      await rm(storage, { recursive: true, force: true });
    },
  };
}
