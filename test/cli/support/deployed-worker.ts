// The Worker itself behind the rig's edge, as it was deployed: with each upload a new one takes over, as at Cloudflare,
// while the one before ends what it has begun.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GitHubStandIn, startGitHubStandIn } from "../../../src/local/github/server.ts";
import { readWorkerSettings, startWorker } from "../../../src/local/worker.ts";
import { repositoryRoot } from "../../support/worker-config.ts";
import type { Rig } from "./rig.ts";
import { variablesOf } from "./worker-in-place.ts";

export interface DeployedWorkers {
  readonly github: GitHubStandIn;
  close(): Promise<void>;
}

/** @param limit on calls that each rate limiter allows, in place of the file's */
export async function serveDeployedWorkers(rig: Rig, limit?: number): Promise<DeployedWorkers> {
  const github = await startGitHubStandIn();
  const read = await readWorkerSettings(join(repositoryRoot, "wrangler.toml"));
  const limited = read.ratelimits.map((one) => ({
    ...one,
    simple: { ...one.simple, limit: limit ?? one.simple.limit },
  }));
  const settings = { ...read, ratelimits: limited };
  const closings: (() => Promise<void>)[] = [];
  rig.cloudflare.onUpload = async (script) => {
    const storage = await mkdtemp(join(tmpdir(), "octogate-kv-"));
    closings.push(() => rm(storage, { recursive: true, force: true }));
    const { port } = await startWorker(
      {
        entryPoint: join(repositoryRoot, "src", "worker", "index.ts"),
        settings,
        variables: { ...variablesOf(script), GITHUB_API_URL: github.url },
        storage,
        onLog: () => {},
      },
      (close) => closings.push(close),
    );
    rig.passTo(port);
  };
  return {
    github,
    async close() {
      for (const close of closings.reverse()) await close();
      await github.close();
    },
  };
}
