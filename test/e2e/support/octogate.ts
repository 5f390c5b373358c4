// Octogate on the local edge, with a cluster and a stand-in for GitHub that knows the people of the stories.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StandInAccount } from "../../../src/local/github/accounts.ts";
import { actionsIssuerUrl } from "../../../src/local/github/actions/routes.ts";
import type { StandInApp } from "../../../src/local/github/apps.ts";
import { type GitHubStandIn, startGitHubStandIn } from "../../../src/local/github/server.ts";
import { freePort } from "../../support/free-port.ts";
import { type LocalEdge, startLocalEdge } from "../../support/local-edge.ts";
import { featuresUnderTest } from "./needs.ts";
import { addSignInApp } from "./sign-in-app.ts";

export const clusterName = "e2e";

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
  /** The folder of the local edge's files. */
  readonly stateDir: string;
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
  /**
   * Fills the stand-in for GitHub, and says which entries of `allow` come besides the maintainer's. The app is the one
   * that people sign in with; it sees the organisations in which it is installed.
   */
  readonly addTo?: (github: GitHubStandIn, app: StandInApp, maintainer: StandInAccount) => readonly string[];
  /** Whether people sign in to the cluster, and to a second one, "other", with the same policy. */
  readonly signsIn?: boolean;
  /** Whether workflows of the stand-in's GitHub Actions can come. */
  readonly actions?: boolean;
  /** Web applications with the same policy: what else their tables hold, by their names. */
  readonly applications?: Readonly<Record<string, object>>;
}

export async function startOctogate(options: OctogateOptions = {}): Promise<Octogate> {
  const { variables = {}, addTo = () => [], signsIn = false, actions = false, applications = {} } = options;
  const folder = await mkdtemp(join(tmpdir(), "octogate-e2e-"));
  const github = await startGitHubStandIn();
  const maintainer = github.addAccount({ login: "mira-maintainer" });
  const outsider = github.addAccount({ login: "sam-outsider" });

  const port = await freePort();
  const signInPort = await freePort();
  const signIn = addSignInApp(github, `https://localhost:${signInPort}`);
  const policy = {
    allow: [`user:${maintainer.login}#${maintainer.id}`, ...addTo(github, signIn.app, maintainer)],
    token_kinds: ["fine_grained", "classic"],
  };
  const write = async (name: string, table: object) => {
    const path = join(folder, `${name}.json`);
    await writeFile(path, JSON.stringify(table));
    return `${name}=${path}`;
  };
  const stateDir = join(folder, "state");
  const args = ["--github", github.url, "--port", String(port), "--sign-in-port", String(signInPort)];
  for (const name of signsIn ? [clusterName, "other"] : [clusterName]) {
    args.push("--cluster", await write(name, signsIn ? { ...policy, sign_in: true } : policy));
  }
  for (const [name, table] of Object.entries(applications)) {
    args.push("--client", await write(name, { ...policy, ...table }));
  }
  const actionsVariables = actions ? { ACTIONS_ISSUER_URL: actionsIssuerUrl(github) } : {};
  const given = { ...(signsIn ? signIn.variables : {}), ...actionsVariables, ...variables };
  for (const [name, value] of Object.entries(given)) {
    args.push("--var", `${name}=${value}`);
  }
  const startEdge = async () => {
    const started = await startLocalEdge({ args, stateDir });
    if (signsIn) await fitToRelease(join(stateDir, `${clusterName}.authentication.yaml`));
    return started;
  };

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
    stateDir,
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

/** A file of `npm start` is for the newest release; for an older one it says what to change. */
async function fitToRelease(configuration: string): Promise<void> {
  const { trust } = featuresUnderTest();
  // Where a release reads no such file, none of its tests names it.
  if (trust.kind === "flags" || trust.version === "v1") return;
  const text = await readFile(configuration, "utf8");
  await writeFile(
    configuration,
    text.replace("apiserver.config.k8s.io/v1", `apiserver.config.k8s.io/${trust.version}`),
  );
}

/** How RBAC names a user, with the policy's default form. */
export function personOf(account: StandInAccount): string {
  return `${account.login}:${account.id}`;
}
