// The instrumented Worker on workerd alone, with a stand-in for GitHub: for very many reviews.
import { type GitHubStandIn, type StandInOptions, startGitHubStandIn } from "../../src/local/github/server.ts";
import type { StoreCounts } from "./counting-store.ts";
import {
  createInstrumentedClient,
  type InstrumentedClient,
  makeClusters,
  type Policies,
  variablesFor,
} from "./instrumented-client.ts";
import { instrumentedWorker } from "./instruments.ts";
import { cfHeader, startRawWorkerd } from "./raw-workerd.ts";

export interface WorkerOnWorkerdOptions {
  /** By the cluster's name. */
  readonly clusters: Policies;
  /** Variables that replace the usual ones. */
  readonly vars?: Readonly<Record<string, string>>;
  readonly github?: StandInOptions;
  /** Default: the instrumented one. */
  readonly main?: string;
}

export interface WorkerOnWorkerd extends Omit<InstrumentedClient, "close"> {
  readonly github: GitHubStandIn;
  /** What KV has been asked, as it counts itself. */
  storeCounts(): Promise<StoreCounts>;
  stop(): Promise<void>;
}

export async function startWorkerOnWorkerd(options: WorkerOnWorkerdOptions): Promise<WorkerOnWorkerd> {
  const github = await startGitHubStandIn(options.github);
  const clusters = makeClusters(options.clusters);
  const variables = variablesFor(github.url, clusters, options.vars);
  try {
    const workerd = await startRawWorkerd({ main: options.main ?? instrumentedWorker, variables });
    const client = createInstrumentedClient(workerd.url, cfHeader, clusters);
    return {
      ...client,
      github,
      storeCounts: workerd.storeCounts,
      async stop() {
        client.close();
        await workerd.stop();
        await github.close();
      },
    };
  } catch (error) {
    await github.close();
    throw error;
  }
}
