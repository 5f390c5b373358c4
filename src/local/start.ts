// Brings the local edge up, part by part: certificates, GitHub stand-in, settings, TLS server, Worker. Whatever it
// starts it hands to `shutdown`, so that it can be ended at any moment.
import { join } from "node:path";
import { writePublicly } from "../node/files.ts";
import { webhookKubeconfig } from "../node/kubeconfig.ts";
import { keepCacheSecret } from "./cache-secret.ts";
import { type EdgeCertificates, keepCertificates } from "./certificates/keep.ts";
import { type Edge, startEdge } from "./edge/server.ts";
import { addSampleUsers, type SampleUser } from "./github/sample-users.ts";
import { startGitHubStandIn } from "./github/server.ts";
import { greetingText, localAddress } from "./greeting.ts";
import { checkHealth } from "./health-check.ts";
import type { Options } from "./options.ts";
import { readPolicyFile, withClientCertificate } from "./policy-file.ts";
import { workerVariables } from "./settings.ts";
import type { Shutdown } from "./shutdown.ts";
import { StartFailure } from "./start-failure.ts";
import { forgetRateLimits, prepareStateFolder, type StateFolder, stateFolderAt } from "./state-folder.ts";
import { readWorkerSettings, startWorker } from "./worker.ts";

const repository = join(import.meta.dirname, "..", "..");

/** Where GitHub is real there is no cast, and no way to know whom to let in: everybody, so that there is something to see. */
const policyWithoutCast = { allow: ["anyone"], token_kinds: ["fine_grained", "classic"] };

export interface Console {
  out(text: string): void;
  error(text: string): void;
}

/** @throws StartFailure for what whoever started it can put right */
export async function start(options: Options, shutdown: Shutdown, console: Console): Promise<void> {
  const folder = stateFolderAt(options.stateFolder);
  const policies = await readPolicies(options);
  const clusterNames = policies?.map(({ clusterName }) => clusterName) ?? ["local"];
  const certificates = await prepare(folder, clusterNames);
  const edge = await listen(options.port, certificates);
  shutdown.add(() => edge.close());

  const gitHub = await gitHubFor(options, shutdown);
  const clusters = policies ?? [{ clusterName: "local", source: "the default policy", policy: gitHub.policy }];
  const { CACHE_SECRET = await keepCacheSecret(folder) } = options.variables;
  const own = { GITHUB_API_URL: gitHub.url, CACHE_SECRET };
  const variables = workerVariables(
    clusters.map((cluster) => ({
      ...cluster,
      policy: withClientCertificate(cluster.policy, fingerprintFor(cluster.clusterName, certificates)),
    })),
    own,
    options.variables,
  );
  await writeKubeconfigs(folder, clusterNames, options.port);

  await forgetRateLimits(folder);
  const settings = await readWorkerSettings(join(repository, "wrangler.toml"));
  const worker = await startWorker(
    {
      entryPoint: join(repository, "src", "worker", "index.ts"),
      settings,
      variables,
      storage: folder.storage,
      onLog: (level, line) => console[level](line),
    },
    (close) => shutdown.add(close),
  );
  edge.passTo(worker.port);
  const trouble = await checkHealth(options.port, certificates.authority.certificate);
  if (trouble !== null) throw new StartFailure(`the Worker does not answer through the edge: ${trouble}`);
  console.out(greetingText({ port: options.port, githubUrl: gitHub.url, folder, clusterNames, cast: gitHub.cast }));
}

/** @returns null if no cluster was named */
async function readPolicies({ clusters }: Options) {
  if (clusters.length === 0) return null;
  return Promise.all(
    clusters.map(async ({ name, policyFile }) => ({
      clusterName: name,
      source: policyFile,
      policy: await readPolicyFile(policyFile),
    })),
  );
}

async function prepare(folder: StateFolder, clusterNames: readonly string[]): Promise<EdgeCertificates> {
  try {
    await prepareStateFolder(folder);
    return await keepCertificates(folder, clusterNames, Date.now());
  } catch (error) {
    throw new StartFailure(`${folder.path}: cannot be used as the state folder: ${messageOf(error)}`);
  }
}

async function listen(port: number, { server, authority }: EdgeCertificates): Promise<Edge> {
  try {
    return await startEdge({ port, server, authorityCertificate: authority.certificate });
  } catch (error) {
    const inUse = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    const why = inUse
      ? "is in use: end what uses it, or choose another with --port"
      : `cannot be used: ${messageOf(error)}`;
    throw new StartFailure(`port ${port} ${why}`);
  }
}

interface GitHub {
  readonly url: string;
  readonly cast: readonly SampleUser[];
  readonly policy: Record<string, unknown>;
}

async function gitHubFor({ githubUrl }: Options, shutdown: Shutdown): Promise<GitHub> {
  if (githubUrl !== null) return { url: githubUrl, cast: [], policy: policyWithoutCast };
  const standIn = await startGitHubStandIn();
  shutdown.add(() => standIn.close());
  const { users, policy } = addSampleUsers(standIn);
  return { url: standIn.url, cast: users, policy };
}

function fingerprintFor(clusterName: string, { clients }: EdgeCertificates): string {
  const client = clients.find((candidate) => candidate.clusterName === clusterName);
  if (client === undefined) throw new Error(`no certificate was made for ${clusterName}`);
  return client.fingerprint;
}

async function writeKubeconfigs(folder: StateFolder, clusterNames: readonly string[], port: number): Promise<void> {
  for (const clusterName of clusterNames) {
    const { certificate, privateKey } = folder.client(clusterName);
    const text = webhookKubeconfig({
      hostname: localAddress(port),
      local: { authorityFile: folder.authority.certificate, user: clusterName },
      certificateFile: certificate,
      keyFile: privateKey,
    });
    await writePublicly(folder.kubeconfig(clusterName), text);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
