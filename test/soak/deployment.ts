// Octogate as a soak runs it: the edge in one process, each deployment of the Worker in another one, certificates and
// secrets that can be replaced while requests come.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Identity, issueCertificate, makeAuthority } from "../../src/local/certificates.ts";
import { actionsIssuerUrl } from "../../src/local/github/actions/routes.ts";
import type { GitHubStandIn } from "../../src/local/github/server.ts";
import { fingerprintOf } from "../../src/node/certificates.ts";
import { clusterVariableName } from "../../src/worker/config/config.ts";
import { freePort } from "../support/free-port.ts";
import { makeSigningKey } from "../support/signing-key.ts";
import type { EdgeCall, EdgeMemory } from "./edge-process.ts";
import type { ClusterPolicy } from "./oracle.ts";
import { type Remote, startRemote } from "./remote.ts";
import type { Store } from "./store.ts";
import { Timeline } from "./timeline.ts";
import type { WorkerStart, WorkerStarted } from "./worker-process.ts";

export const clusterNames = ["blue", "green", "red"] as const;
export type ClusterName = (typeof clusterNames)[number];
export type Policies = Readonly<Record<ClusterName, ClusterPolicy>>;

export interface Settings {
  readonly ttlSeconds: number;
  readonly graceSeconds: number;
  readonly idTokenSeconds: number;
}

export interface Deployment {
  readonly port: number;
  readonly signInPort: number;
  readonly issuerUrl: string;
  /** The folder with `ca.crt`. */
  readonly stateDir: string;
  readonly authorityCertificate: string;
  readonly edgePid: number;
  edgeUsedBytes(): Promise<number>;
  /** Of the deployment that answers now. */
  workerdPid(): number;
  readonly policies: Readonly<Record<ClusterName, Timeline<ClusterPolicy>>>;
  /** What the cluster's apiservers present now. */
  certificateOf(cluster: ClusterName): Identity;
  /** Certificates that were listed once, with the moment from which they speak for no cluster. */
  readonly retired: readonly { readonly identity: Identity; readonly since: number }[];
  /** Everything that the Worker wrote as an error. */
  errors(): string;
  restart(): Promise<void>;
  changePolicies(policies: Policies): Promise<void>;
  replaceCertificates(): Promise<void>;
  replaceSigningKey(): Promise<void>;
  replaceCacheSecret(): Promise<void>;
  killWorkerd(): void;
  leak(bytes: number, opensFile: boolean): Promise<void>;
  stop(): Promise<void>;
}

export interface DeploymentOptions {
  readonly github: GitHubStandIn;
  readonly store: Store;
  readonly settings: Settings;
  readonly policies: Policies;
  readonly client: { readonly clientId: string; readonly clientSecret: string };
  readonly workflowEntries: readonly string[];
  /** A sabotage: what is deployed differs from what the oracle is told. */
  readonly spoilt?: (variables: Record<string, unknown>) => Record<string, unknown>;
  /** Ports, so that the app's callback is known before. */
  readonly signInPort: number;
}

const dayMs = 24 * 60 * 60 * 1000;
/** The edge passes requests to the new Worker; the old one goes on for what it is answering. */
const drainMs = 12_000;

export async function startDeployment(options: DeploymentOptions): Promise<Deployment> {
  const { github, store, settings, client, workflowEntries, signInPort, spoilt = (same) => same } = options;
  const stateDir = await mkdtemp(join(tmpdir(), "octogate-soak-"));
  const validity = { notBefore: new Date(Date.now() - dayMs), notAfter: new Date(Date.now() + 30 * dayMs) };
  const authority = await makeAuthority(validity);
  await writeFile(join(stateDir, "ca.crt"), authority.certificate);
  const server = await issueCertificate(authority, "localhost", "server", validity);
  const port = await freePort();
  let errorText = "";
  const keepError = (text: string) => {
    errorText = (errorText + text).slice(-20_000);
  };
  const edge = startRemote<EdgeCall, Partial<EdgeMemory>>("edge-process.ts", keepError, ["--expose-gc"]);
  await edge.call({ kind: "start", port, signInPort, server, authorityCertificate: authority.certificate });

  const issue = (cluster: ClusterName) => issueCertificate(authority, cluster, "client", validity);
  const presented = new Map<ClusterName, Identity>();
  for (const cluster of clusterNames) presented.set(cluster, await issue(cluster));
  const retired: { identity: Identity; since: number }[] = [];
  let policies = options.policies;
  let listed = new Map(clusterNames.map((cluster) => [cluster, [identityOf(cluster)]]));
  const signingKeys = { a: makeSigningKey(), b: makeSigningKey() };
  let signs: "a" | "b" = "a";
  let cacheSecret = newSecret();
  let previousSecret: string | null = null;
  const published = new Date(Date.now() - 2 * dayMs).toISOString().replace(/\.\d+Z$/, "Z");
  let worker: { remote: Remote<WorkerStart, WorkerStarted>; workerdPid: number } | null = null;
  const ending = new Set<Promise<void>>();
  let deployments = 0;

  function identityOf(cluster: ClusterName): Identity {
    const identity = presented.get(cluster);
    if (identity === undefined) throw new Error(`${cluster} has no certificate`);
    return identity;
  }

  function variables(): Record<string, unknown> {
    const tables = clusterNames.map((cluster) => {
      const { allowsOrganisation, allowsTeam, allows, denies } = policies[cluster];
      const table = {
        client_certificates: (listed.get(cluster) ?? []).map(({ certificate }) => fingerprintOf(certificate)),
        allow: [
          ...(allowsOrganisation ? ["org:acme#1234"] : []),
          ...(allowsTeam ? ["team:acme/platform#55"] : []),
          ...allows.map((id) => `user:anybody#${id}`),
          ...workflowEntries,
        ],
        deny: denies.map((id) => `user:anybody#${id}`),
        groups_from: ["acme#1234"],
        username: "login:id",
        token_kinds: ["classic"],
        sign_in: true,
        exchange: true,
        device_flow: true,
      };
      return [clusterVariableName(cluster), table];
    });
    return spoilt({
      GITHUB_API_URL: github.url,
      GITHUB_WEB_URL: github.webUrl,
      ACTIONS_ISSUER_URL: actionsIssuerUrl(github),
      GITHUB_CLIENT_ID: client.clientId,
      OAUTH_CLIENT_SECRETS: JSON.stringify({ [client.clientId]: client.clientSecret }),
      ISSUER_URL: `https://localhost:${signInPort}`,
      ID_TOKEN_SECONDS: settings.idTokenSeconds,
      CACHE_TTL_SECONDS: settings.ttlSeconds,
      OUTAGE_GRACE_SECONDS: settings.graceSeconds,
      CACHE_SECRET: cacheSecret,
      ...(previousSecret === null ? {} : { CACHE_SECRET_PREVIOUS: previousSecret }),
      SIGNING_KEY_A: signingKeys.a,
      SIGNING_KEY_B: signingKeys.b,
      SIGNING_KEYS: { signs, published: { a: published, b: published } },
      KV_URL: store.url,
      ...Object.fromEntries(tables),
    });
  }

  /** @returns the span in which either deployment may have answered */
  async function deploy(): Promise<{ readonly from: number; readonly to: number }> {
    deployments += 1;
    const remote = startRemote<WorkerStart, WorkerStarted>("worker-process.ts", keepError);
    const storage = join(stateDir, `storage-${deployments}`);
    const started = await remote.call({ variables: variables(), storage });
    const from = Date.now();
    await edge.call({ kind: "pass", workerPort: started.port });
    const to = Date.now();
    const before = worker;
    worker = { remote, workerdPid: started.workerdPid };
    if (before !== null) {
      const end = new Promise((resolve) => setTimeout(resolve, drainMs)).then(() => before.remote.stop());
      ending.add(end);
      void end.then(() => ending.delete(end));
    }
    // A request that was sent later is answered by the new one.
    return { from, to };
  }

  await deploy();
  const timelines = Object.fromEntries(
    clusterNames.map((cluster) => [cluster, new Timeline(policies[cluster])]),
  ) as Record<ClusterName, Timeline<ClusterPolicy>>; // one for each name

  return {
    port,
    signInPort,
    issuerUrl: `https://localhost:${signInPort}`,
    stateDir,
    authorityCertificate: authority.certificate,
    edgePid: edge.pid,
    edgeUsedBytes: async () => (await edge.call({ kind: "memory" })).usedBytes ?? 0,
    workerdPid: () => worker?.workerdPid ?? 0,
    policies: timelines,
    certificateOf: identityOf,
    retired,
    errors: () => errorText,
    restart: async () => void (await deploy()),
    async changePolicies(changed) {
      policies = changed;
      const { from, to } = await deploy();
      for (const cluster of clusterNames) timelines[cluster].change(changed[cluster], from, to);
    },
    async replaceCertificates() {
      const before = new Map(presented);
      const next = new Map<ClusterName, Identity>();
      for (const cluster of clusterNames) next.set(cluster, await issue(cluster));
      const both = (cluster: ClusterName) => [before, next].flatMap((all) => all.get(cluster) ?? []);
      listed = new Map(clusterNames.map((cluster) => [cluster, both(cluster)]));
      await deploy();
      for (const [cluster, identity] of next) presented.set(cluster, identity);
      listed = new Map(clusterNames.map((cluster) => [cluster, [identityOf(cluster)]]));
      const { to } = await deploy();
      for (const identity of before.values()) retired.push({ identity, since: to });
    },
    async replaceSigningKey() {
      signs = signs === "a" ? "b" : "a";
      await deploy();
    },
    async replaceCacheSecret() {
      const until = new Date(Date.now() + dayMs).toISOString().replace(/\.\d+Z$/, "Z");
      previousSecret = `${cacheSecret}@${until}`;
      cacheSecret = newSecret();
      await deploy();
    },
    killWorkerd() {
      try {
        process.kill(worker?.workerdPid ?? 0, "SIGKILL");
      } catch {
        // It has ended already.
      }
    },
    leak: async (bytes, opensFile) => void (await edge.call({ kind: "leak", bytes, opensFile })),
    async stop() {
      await worker?.remote.stop();
      await Promise.all(ending);
      await edge.stop();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

function newSecret(): string {
  return randomBytes(32).toString("base64");
}
