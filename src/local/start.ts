// Start of the local edge, part by part: certificates, GitHub stand-in, Worker variables, TLS server, Worker.
// Each part is handed to `shutdown`, so that a signal can end it at any moment.
import { join } from "node:path";
import { hasCode, writePublicly } from "../node/files.ts";
import { sendRequest } from "../node/https.ts";
import { webhookKubeconfig } from "../node/kubeconfig.ts";
import { bannerText, localAddress } from "./banner.ts";
import { type EdgeCertificates, keepCertificates } from "./certificates.ts";
import { type Edge, startEdge } from "./edge/server.ts";
import { addSampleUsers } from "./github/sample-users.ts";
import { startGitHubStandIn } from "./github/server.ts";
import type { Options } from "./options.ts";
import type { Shutdown } from "./shutdown.ts";
import {
  forgetRateLimits,
  keepCacheSecret,
  prepareStateFolder,
  readSampleTokens,
  type StateFolder,
  stateFolderAt,
  writeForCommand,
  writeSampleUserFiles,
} from "./state-folder.ts";
import { readWorkerSettings, startWorker } from "./worker.ts";
import { messageOf, readPolicyFile, StartError, withClientCertificate, workerVariables } from "./worker-variables.ts";

const repository = join(import.meta.dirname, "..", "..");

/** For another GitHub without a policy file: it admits anyone, so that there is something to see. */
const openPolicy = { allow: ["anyone"], token_kinds: ["fine_grained", "classic"] };

interface Console {
  out(text: string): void;
  error(text: string): void;
}

/** @throws StartError for what the user can put right */
export async function start(options: Options, shutdown: Shutdown, console: Console): Promise<void> {
  const folder = stateFolderAt(options.stateFolder);
  const policies = await readPolicies(options);
  const clusterNames = policies?.map(({ clusterName }) => clusterName) ?? ["local"];
  const certificates = await usable(folder, async () => {
    await prepareStateFolder(folder);
    return keepCertificates(folder, clusterNames, Date.now());
  });
  const edge = await listen(options.port, certificates);
  shutdown.add(() => edge.close());

  const gitHub = await gitHubFor(options, folder, shutdown, console);
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
  await writeForCommand(folder, variables, clusterNames);

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
  const failure = await checkHealth(options.port, certificates.authority.certificate);
  if (failure !== null) throw new StartError(`the Worker does not answer through the edge: ${failure}`);
  const { port } = options;
  console.out(bannerText({ port, githubUrl: gitHub.url, folder, clusterNames, sampleUsers: gitHub.sampleUsers }));
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

async function usable<Result>(folder: StateFolder, use: () => Promise<Result>): Promise<Result> {
  return use().catch((error: unknown) => {
    throw new StartError(`${folder.path}: cannot be used as the state folder: ${messageOf(error)}`);
  });
}

async function listen(port: number, { server, authority }: EdgeCertificates): Promise<Edge> {
  try {
    return await startEdge({ port, server, authorityCertificate: authority.certificate });
  } catch (error) {
    const why = hasCode(error, "EADDRINUSE")
      ? "is in use: if Octogate runs there already, leave it running; otherwise choose another port with --port"
      : `cannot be used: ${messageOf(error)}`;
    throw new StartError(`port ${port} ${why}`);
  }
}

async function gitHubFor({ githubUrl }: Options, folder: StateFolder, shutdown: Shutdown, console: Console) {
  if (githubUrl !== null) return { url: githubUrl, sampleUsers: [], policy: openPolicy };
  const standIn = await startGitHubStandIn();
  shutdown.add(() => standIn.close());
  const kept = await usable(folder, () => readSampleTokens(folder));
  const { users, policy } = addSampleUsers(standIn, kept);
  const warn = (message: string) => console.error(`octogate: ${message}`);
  await usable(folder, () => writeSampleUserFiles(folder, users, kept, warn));
  return { url: standIn.url, sampleUsers: users, policy };
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
    await writePublicly(folder.webhookKubeconfig(clusterName), text);
  }
}

/**
 * Asks for /healthz as a client does, through TLS and the edge to the Worker.
 *
 * @returns null if the Worker answers with 200, or else what went wrong
 */
async function checkHealth(port: number, authorityCertificate: string): Promise<string | null> {
  const connect = { host: "127.0.0.1", port };
  const endpoint = {
    hostname: connect.host,
    connect,
    authorities: authorityCertificate,
    proxy: null,
    timeoutMs: 10_000,
  };
  const response = await sendRequest(endpoint, { method: "GET", path: "/healthz", credential: null });
  if (response.kind === "failed") return response.why;
  return response.status === 200 ? null : `/healthz answered ${response.status}`;
}
