// Octogate on the local edge, with one cluster and a stand-in for GitHub that knows the people of the stories.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StandInAccount } from "../../../src/local/github/accounts.ts";
import { type GitHubStandIn, startGitHubStandIn } from "../../../src/local/github/server.ts";
import { freePort } from "../../support/free-port.ts";
import { type LocalEdge, startLocalEdge } from "../../support/local-edge.ts";

const clusterName = "e2e";

/** Octogate with a GitHub of its own. */
export interface Octogate {
  /** A folder that is removed with it. */
  readonly folder: string;
  readonly github: GitHubStandIn;
  /** An account that the cluster's policy lets in. */
  readonly maintainer: StandInAccount;
  /** An account that the policy does not mention. */
  readonly outsider: StandInAccount;
  /** The kubeconfig that the local edge wrote for kube-apiserver. */
  readonly webhookKubeconfig: string;
  /** Where the local edge listens, when it runs. */
  readonly port: number;
  readonly edge: () => LocalEdge;
  stopEdge(): Promise<void>;
  /** Starts it again, with the same state on the same port. */
  startEdge(): Promise<void>;
  stop(): Promise<void>;
}

export interface OctogateOptions {
  /** Of the Worker, in place of the usual ones. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Fills the stand-in for GitHub, and says which entries of `allow` come besides the maintainer's. */
  readonly addTo?: (github: GitHubStandIn) => readonly string[];
}

export async function startOctogate({ variables = {}, addTo = () => [] }: OctogateOptions = {}): Promise<Octogate> {
  const folder = await mkdtemp(join(tmpdir(), "octogate-e2e-"));
  const github = await startGitHubStandIn();
  const maintainer = github.addAccount({ login: "mira-maintainer" });
  const outsider = github.addAccount({ login: "sam-outsider" });

  const policy = join(folder, "policy.json");
  await writeFile(
    policy,
    JSON.stringify({
      allow: [`user:${maintainer.login}#${maintainer.id}`, ...addTo(github)],
      token_kinds: ["fine_grained", "classic"],
    }),
  );
  const stateDir = join(folder, "state");
  const port = await freePort();
  const vars = Object.entries(variables).flatMap(([name, value]) => ["--var", `${name}=${value}`]);
  const args = ["--github", github.url, "--cluster", `${clusterName}=${policy}`, "--port", String(port), ...vars];
  const startEdge = () => startLocalEdge({ args, stateDir });

  const stop = async (edge: LocalEdge | null) => {
    await edge?.stop();
    await github.close();
    await rm(folder, { recursive: true, force: true });
  };
  let edge: LocalEdge | null;
  try {
    edge = await startEdge();
  } catch (error) {
    await stop(null);
    throw error;
  }
  return {
    folder,
    github,
    maintainer,
    outsider,
    webhookKubeconfig: join(stateDir, `${clusterName}.kubeconfig`),
    port,
    edge() {
      if (edge === null) throw new Error("the local edge does not run");
      return edge;
    },
    async stopEdge() {
      await edge?.stop();
      edge = null;
    },
    async startEdge() {
      edge = await startEdge();
    },
    stop: () => stop(edge),
  };
}

/** How RBAC names a user, with the policy's default form. */
export function personOf(account: StandInAccount): string {
  return `${account.login}:${account.id}`;
}
