// One deployment: the Worker on workerd, in a process that ends with it.
import { readWorkerSettings, startWorker } from "../../src/local/worker.ts";
import { childrenOf } from "../support/process-usage.ts";
import { repositoryRoot } from "../support/worker-config.ts";
import { answerCalls } from "./remote.ts";

export interface WorkerStart {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly storage: string;
}

export interface WorkerStarted {
  readonly port: number;
  readonly workerdPid: number;
}

/** All requests of a soak come from one address. */
const limitFactor = 1_000;

answerCalls(async ({ variables, storage }: WorkerStart): Promise<WorkerStarted> => {
  const settings = await readWorkerSettings(`${repositoryRoot}/wrangler.toml`);
  const ratelimits = settings.ratelimits.map((limit) => ({
    ...limit,
    simple: { ...limit.simple, limit: limit.simple.limit * limitFactor },
  }));
  const { port } = await startWorker(
    {
      entryPoint: `${repositoryRoot}/test/soak/worker.ts`,
      settings: { ...settings, ratelimits, kv_namespaces: [] },
      variables,
      storage,
      onLog: (level, line) => {
        if (level === "error") process.stderr.write(`${line}\n`);
      },
    },
    (stop) => process.once("SIGTERM", () => void stop().then(() => process.exit())),
  );
  const [workerdPid] = await childrenOf(process.pid);
  if (workerdPid === undefined) throw new Error("there is no workerd");
  return { port, workerdPid };
});
