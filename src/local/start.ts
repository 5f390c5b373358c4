// Start of the local edge, part by part: certificates, GitHub stand-in, Worker variables, TLS server, Worker.
// Each part is handed to `shutdown`, so that a signal can end it at any moment.
import { join } from "node:path";
import { hasCode, writePublicly } from "../node/files.ts";
import { sendRequest } from "../node/https.ts";
import { webhookKubeconfig } from "../node/kubeconfig.ts";
import { authenticationConfiguration, type SignInHost, signInKubeconfig, signInUser } from "../node/sign-in-files.ts";
import { clientVariableName, clusterVariableName } from "../worker/config/config.ts";
import { bannerText, localAddress } from "./banner.ts";
import { type EdgeCertificates, keepCertificates } from "./certificates.ts";
import { type Edge, type EdgeOptions, startEdge } from "./edge/server.ts";
import { actionsIssuerUrl } from "./github/actions/routes.ts";
import { addSampleApp } from "./github/sample-app.ts";
import { addSampleUsers } from "./github/sample-users.ts";
import { startGitHubStandIn } from "./github/server.ts";
import type { Options } from "./options.ts";
import { startSampleProgram } from "./sample-program.ts";
import type { Shutdown } from "./shutdown.ts";
import {
  forgetRateLimits,
  keepCacheSecret,
  keepSigningKey,
  prepareStateFolder,
  readAppCredentials,
  readSampleTokens,
  readSignIns,
  type StateFolder,
  stateFolderAt,
  writeAppCredentials,
  writeForCommand,
  writeSampleUserFiles,
  writeSignIns,
} from "./state-folder.ts";
import { readWorkerSettings, startWorker, type WorkerSettings } from "./worker.ts";
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
  const policies = await readPolicies(options.clusters);
  const applications = await readPolicies(options.applications);
  const clusterNames = policies.length === 0 ? ["local"] : policies.map(({ name }) => name);
  const certificates = await usable(folder, async () => {
    await prepareStateFolder(folder);
    return keepCertificates(folder, clusterNames, Date.now());
  });
  const { server, authority } = certificates;
  const edges = [
    await listen({ port: options.port, server, authorityCertificate: authority.certificate }, "--port"),
    await listen({ port: options.signInPort, server, authorityCertificate: null }, "--sign-in-port"),
  ];
  shutdown.add(() => Promise.all(edges.map((edge) => edge.close())).then(() => undefined));

  const issuerUrl = `https://localhost:${options.signInPort}`;
  const host = { issuerUrl, authority: { certificate: authority.certificate, file: folder.authority.certificate } };
  const gitHub = await gitHubFor(options, folder, host, shutdown, console);
  const clusters =
    policies.length === 0 ? [{ name: "local", source: "the default policy", policy: gitHub.policy }] : policies;
  const { CACHE_SECRET = await keepCacheSecret(folder), SIGNING_KEY_A = await keepSigningKey(folder) } =
    options.variables;
  const variables = workerVariables(
    [
      ...clusters.map(({ name, source, policy }) => ({
        variable: clusterVariableName(name),
        source,
        policy: withClientCertificate(policy, fingerprintFor(name, certificates)),
      })),
      ...applications.map((application) => ({ ...application, variable: clientVariableName(application.name) })),
    ],
    { GITHUB_API_URL: gitHub.url, ISSUER_URL: issuerUrl, ...gitHub.variables, CACHE_SECRET, SIGNING_KEY_A },
    options.variables,
  );
  await writeKubeconfigs(folder, clusterNames, options.port);
  for (const cluster of clusters) await writeSignInFiles(folder, host, cluster);
  await writeForCommand(folder, variables, clusterNames);

  await forgetRateLimits(folder);
  const settings = await readWorkerSettings(join(repository, "wrangler.toml"));
  const worker = await startWorker(
    {
      entryPoint: join(repository, "src", "worker", "index.ts"),
      settings: withLocalLimits(settings),
      variables,
      storage: folder.storage,
      onLog: (level, line) => console[level](line),
    },
    (close) => shutdown.add(close),
  );
  for (const edge of edges) edge.passTo(worker.port);
  const failure = await checkHealth(options.port, certificates.authority.certificate);
  if (failure !== null) throw new StartError(`the Worker does not answer through the edge: ${failure}`);
  const signIn = await signInFor(clusters, host, gitHub.webUrl, shutdown);
  const { port } = options;
  const isRemote = process.env.SSH_CONNECTION !== undefined;
  const { url: githubUrl, sampleUsers } = gitHub;
  console.out(bannerText({ port, githubUrl, folder, clusterNames, sampleUsers, signIn, isRemote }));
}

interface NamedPolicy {
  readonly name: string;
  /** Where a mistake is corrected: a policy file's path. */
  readonly source: string;
  readonly policy: Readonly<Record<string, unknown>>;
}

function readPolicies(options: Options["clusters"]): Promise<NamedPolicy[]> {
  return Promise.all(
    options.map(async ({ name, policyFile }) => ({
      name,
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

async function listen(options: EdgeOptions, option: string): Promise<Edge> {
  try {
    return await startEdge(options);
  } catch (error) {
    const why = hasCode(error, "EADDRINUSE")
      ? `is in use: if Octogate runs there already, leave it running; otherwise choose another port with ${option}`
      : `cannot be used: ${messageOf(error)}`;
    throw new StartError(`port ${options.port} ${why}`);
  }
}

async function gitHubFor(
  { githubUrl }: Options,
  folder: StateFolder,
  host: SignInHost,
  shutdown: Shutdown,
  console: Console,
) {
  if (githubUrl !== null) return { url: githubUrl, webUrl: null, sampleUsers: [], policy: openPolicy, variables: {} };
  const warn = (message: string) => console.error(`octogate: ${message}`);
  // Before anything happens at the stand-in, for each change is written.
  const earlier = await usable(folder, () => readSignIns(folder));
  const signIns = keptSignIns(folder, warn);
  const standIn = await startGitHubStandIn({ onSignInsChange: signIns.write });
  shutdown.add(() => standIn.close().then(signIns.written));
  const kept = await usable(folder, () => readSampleTokens(folder));
  const sample = addSampleUsers(standIn, kept);
  await usable(folder, () => writeSampleUserFiles(folder, sample.users, kept, signInUser(host, "local"), warn));
  const app = await usable(folder, async () => {
    const credentials = await readAppCredentials(folder);
    const added = addSampleApp(standIn, sample, {
      ...(credentials === null ? {} : { credentials }),
      callbackUrl: `${host.issuerUrl}/callback`,
    });
    await writeAppCredentials(folder, added);
    if (earlier !== null && !standIn.restoreSignIns(earlier)) warn(`${folder.signIns}: was damaged; sign in anew`);
    return added;
  });
  return {
    url: standIn.url,
    webUrl: standIn.webUrl,
    sampleUsers: sample.users,
    policy: { ...sample.policy, sign_in: true, device_flow: true, exchange: true },
    variables: {
      GITHUB_WEB_URL: standIn.webUrl,
      ACTIONS_ISSUER_URL: actionsIssuerUrl(standIn),
      GITHUB_CLIENT_ID: app.clientId,
      OAUTH_CLIENT_SECRETS: JSON.stringify({ [app.clientId]: app.clientSecret }),
    },
  };
}

/** People stay signed in at the stand-in from one start to the next. One write follows the other. */
function keptSignIns(folder: StateFolder, warn: (message: string) => void) {
  let last: Promise<void> = Promise.resolve();
  return {
    write: (json: string) => {
      last = last
        .then(() => writeSignIns(folder, json))
        .catch((error: unknown) => warn(`${folder.signIns}: cannot be written: ${messageOf(error)}`));
    },
    written: () => last,
  };
}

/** Ten times what a deployment has: tests and several browsers share one address here. */
function withLocalLimits(settings: WorkerSettings): WorkerSettings {
  const byAddress = new Set(["AUTHORIZE_LIMIT", "DEVICE_LIMIT", "TOKEN_FAILURE_LIMIT"]);
  const ratelimits = settings.ratelimits.map((limit) =>
    byAddress.has(limit.name) ? { ...limit, simple: { ...limit.simple, limit: limit.simple.limit * 10 } } : limit,
  );
  return { ...settings, ratelimits };
}

/** @returns what the banner says about the first cluster that people can sign in to; null where there is none */
async function signInFor(
  clusters: readonly NamedPolicy[],
  host: SignInHost,
  githubWebUrl: string | null,
  shutdown: Shutdown,
) {
  const cluster = clusters.find(({ policy }) => policy.sign_in === true);
  if (cluster === undefined || host.authority === null) return null;
  const program = await startSampleProgram({
    issuerUrl: host.issuerUrl,
    clusterName: cluster.name,
    authorityCertificate: host.authority.certificate,
  });
  shutdown.add(() => program.close());
  return { issuerUrl: host.issuerUrl, clusterName: cluster.name, programUrl: program.url, githubWebUrl };
}

/** For a cluster that trusts the sign-in hostname, and for the people who use it. */
async function writeSignInFiles(folder: StateFolder, host: SignInHost, { name, policy }: NamedPolicy): Promise<void> {
  if (policy.sign_in !== true) return;
  const prefix = typeof policy.prefix === "string" ? policy.prefix : "github:";
  await writePublicly(folder.authenticationConfiguration(name), authenticationConfiguration(host, name, prefix));
  const cluster = { name: "try", server: "https://127.0.0.1:6443", authorityFile: "cluster/apiserver.crt" };
  await writePublicly(folder.signInKubeconfig(name), signInKubeconfig(host, name, cluster));
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
