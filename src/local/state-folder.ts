// The state folder: what `npm start` keeps from one start to the next, and where each file of it lies. Everything in it
// can be deleted; the next start makes it anew.
import { createPrivateKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import { keepOutOfGit, readIfThere, writePrivately } from "../node/files.ts";
import type { SampleUser } from "./github/sample-users.ts";

export interface IdentityFiles {
  readonly certificate: string;
  readonly privateKey: string;
}

export type StateFolder = Readonly<ReturnType<typeof stateFolderAt>>;

/** The one file at the top that belongs to no cluster is `ca.crt`, so no cluster can have this name. */
export const reservedClusterName = "ca";

/** In the clone. */
export const defaultStateFolder = ".octogate";

/** @returns the files' places, absolute; makes nothing yet */
export function stateFolderAt(path: string) {
  const root = resolve(path);
  // Cluster names hold no dots or slashes: nothing in a folder or without a dot can clash with NAME.crt.
  const own = (name: string) => join(root, "edge", name);
  return {
    path: root,
    isDefault: root === resolve(defaultStateFolder),
    authority: { certificate: join(root, `${reservedClusterName}.crt`), privateKey: own("ca.key") },
    server: { certificate: own("server.crt"), privateKey: own("server.key") },
    cacheSecret: own("cache-secret"),
    signingKey: own("signing-key.pem"),
    // Client id and secret of the stand-in's app, a line each.
    githubApp: own("github-app"),
    signIns: own("github-sign-ins.json"),
    // Where Miniflare keeps the Worker's KV.
    storage: join(root, "storage"),
    // For a kube-apiserver on this machine, see docs/try-with-kubectl.md.
    cluster: (name: string) => join(root, "cluster", name),
    // A file for each sample user, with the user's token.
    tokens: join(root, "tokens"),
    // For kubectl, with the sample users.
    userKubeconfig: join(root, "kubeconfig"),
    client: (name: string) => ({ certificate: join(root, `${name}.crt`), privateKey: join(root, `${name}.key`) }),
    // For `octogate explain` and `octogate doctor`.
    configuration: join(root, "wrangler.toml"),
    commandClient: (name: string) => join(root, "clients", name),
    // For a kube-apiserver.
    webhookKubeconfig: (name: string) => join(root, `${name}.kubeconfig`),
    authenticationConfiguration: (name: string) => join(root, `${name}.authentication.yaml`),
    // For people who sign in with kubelogin.
    signInKubeconfig: (name: string) => join(root, `${name}.user.kubeconfig`),
  };
}

/** Secrets of the Worker, which the command does not need. */
const secretNames = [
  ...["CACHE_SECRET", "CACHE_SECRET_PREVIOUS", "SIGNING_KEY_A", "SIGNING_KEY_B"],
  ...["GITHUB_APP_PRIVATE_KEY", "OAUTH_CLIENT_SECRETS", "OIDC_CLIENT_SECRETS"],
];

/**
 * Writes what `octogate explain` and `octogate doctor` read: the variables as a wrangler.toml, and client certificates
 * under the names that they expect.
 *
 * @param variables the Worker's: texts, and tables of the clusters
 */
export async function writeForCommand(
  folder: StateFolder,
  variables: Readonly<Record<string, unknown>>,
  clusterNames: readonly string[],
): Promise<void> {
  const entries = Object.entries(variables).filter(([name]) => !secretNames.includes(name));
  const isTable = (value: unknown): value is object => typeof value === "object" && value !== null;
  // Texts, numbers and lists of texts are written the same in JSON and in TOML.
  const line = ([name, value]: [string, unknown]) => `${name} = ${JSON.stringify(value)}`;
  const tables = entries.flatMap(([name, value]) =>
    isTable(value) ? ["", `[vars.${name}]`, ...Object.entries(value).map(line)] : [],
  );
  const lines = [
    "# Written by each npm start, for octogate explain and octogate doctor.",
    "[vars]",
    ...entries.filter(([, value]) => !isTable(value)).map(line),
    ...tables,
  ];
  await writePrivately(folder.configuration, `${lines.join("\n")}\n`);
  for (const name of clusterNames) {
    const { certificate, privateKey } = folder.client(name);
    const client = folder.commandClient(name);
    await writePrivately(join(client, "client.crt"), await readFile(certificate, "utf8"));
    await writePrivately(join(client, "client.key"), await readFile(privateKey, "utf8"));
  }
}

/** Makes the folders, for their owner alone: they hold keys, tokens and cached facts. */
export async function prepareStateFolder(folder: StateFolder): Promise<void> {
  for (const path of [folder.path, join(folder.path, "edge"), folder.storage, folder.tokens, folder.cluster("bin")]) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  }
  await keepClusterFiles(folder);
  await keepOutOfGit(folder.path);
}

/** Miniflare keeps the rate limiter's counters, too. A restart is the user's way to get rid of them. */
export async function forgetRateLimits(folder: StateFolder): Promise<void> {
  await rm(join(folder.storage, "ratelimit"), { recursive: true, force: true });
}

/**
 * Makes CACHE_SECRET once and keeps it: without it, a restart could not open what KV holds.
 *
 * @returns base64 of 32 random bytes
 */
export async function keepCacheSecret(folder: StateFolder): Promise<string> {
  const kept = await readIfThere(folder.cacheSecret);
  if (kept !== null && Buffer.from(kept, "base64").length >= 32) return kept.trim();
  const secret = randomBytes(32).toString("base64");
  await writePrivately(folder.cacheSecret, `${secret}\n`);
  return secret;
}

/**
 * Makes SIGNING_KEY_A once and keeps it: kube-apiserver goes on trusting the tokens of an earlier start.
 *
 * @returns PKCS#8 in PEM
 */
export function keepSigningKey(folder: StateFolder): Promise<string> {
  return keepKey(folder.signingKey);
}

async function keepKey(path: string): Promise<string> {
  const kept = await readIfThere(path);
  if (kept !== null && isRsaKey(kept)) return kept;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  await writePrivately(path, key);
  return key;
}

/** What a kube-apiserver needs besides: a key for the tokens of service accounts, and a token for its administrator. */
async function keepClusterFiles({ cluster }: StateFolder): Promise<void> {
  await keepKey(cluster("service-accounts.key"));
  const kept = (await readIfThere(cluster("admin-token")))?.trim();
  const token = kept || randomBytes(16).toString("hex");
  await writePrivately(cluster("admin-token"), `${token}\n`);
  await writePrivately(cluster("admin.csv"), `${token},admin,admin,system:masters\n`);
}

function isRsaKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === "rsa";
  } catch {
    return false;
  }
}

export interface AppCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** @returns null where there is none yet */
export async function readAppCredentials({ githubApp }: StateFolder): Promise<AppCredentials | null> {
  const [clientId, clientSecret] = (await readIfThere(githubApp))?.split("\n") ?? [];
  return clientId && clientSecret ? { clientId, clientSecret } : null;
}

export async function writeAppCredentials(
  { githubApp }: StateFolder,
  { clientId, clientSecret }: AppCredentials,
): Promise<void> {
  await writePrivately(githubApp, `${clientId}\n${clientSecret}\n`);
}

/** @returns what the stand-in kept of people's sign-ins; null where there is none */
export function readSignIns({ signIns }: StateFolder): Promise<string | null> {
  return readIfThere(signIns);
}

export async function writeSignIns({ signIns }: StateFolder, json: string): Promise<void> {
  await writePrivately(signIns, json);
}

type UserToken = Pick<SampleUser, "name" | "token">;

/** @returns what the files of earlier starts hold, by the users' names; nothing is checked yet */
export async function readSampleTokens({ tokens }: StateFolder): Promise<Map<string, string>> {
  const kept = new Map<string, string>();
  for (const name of await readdir(tokens)) kept.set(name, (await readFile(join(tokens, name), "utf8")).trim());
  return kept;
}

/**
 * Writes tokens that are new, and the kubeconfig.
 *
 * @param kept what the files held before
 * @param signInUser the kubeconfig's entry for signing in with a browser
 * @param warn hears of each file whose token was of no use
 */
export async function writeSampleUserFiles(
  folder: StateFolder,
  users: readonly UserToken[],
  kept: ReadonlyMap<string, string>,
  signInUser: unknown,
  warn: (message: string) => void,
): Promise<void> {
  for (const { name, token } of users) {
    if (kept.get(name) === token) continue;
    const path = join(folder.tokens, name);
    if (kept.has(name)) warn(`${path}: was damaged, and has a new token now`);
    await writePrivately(path, `${token}\n`);
  }
  await writePrivately(folder.userKubeconfig, userKubeconfig(users, signInUser));
}

/** The cluster and its administrator are those of docs/try-with-kubectl.md. Paths count from the file's own folder. */
function userKubeconfig(users: readonly UserToken[], signInUser: unknown): string {
  const credentials = [
    // Not as `tokenFile`, over which kubectl's own --token would have no power.
    ...users.map(({ name, token }) => ({ name, user: { token } })),
    { name: "browser", user: signInUser },
    { name: "admin", user: { tokenFile: "cluster/admin-token" } },
  ];
  const cluster = { server: "https://127.0.0.1:6443", "certificate-authority": "cluster/apiserver.crt" };
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "try", cluster }],
    users: credentials,
    contexts: credentials.map(({ name }) => ({ name, context: { cluster: "try", user: name } })),
    "current-context": users[0]?.name,
  };
  return `# Written by each npm start, for docs/try-with-kubectl.md.\n${stringify(kubeconfig, { lineWidth: 0 })}`;
}
