// The state folder: what `npm start` keeps from one start to the next, and where each file of it lies. Everything in it
// can be deleted; the next start makes it anew.
import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { keepOutOfGit, readIfThere, writePrivately } from "../node/files.ts";

export interface IdentityFiles {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface StateFolder {
  /** Absolute. */
  readonly path: string;
  readonly authority: IdentityFiles;
  readonly server: IdentityFiles;
  readonly cacheSecret: string;
  /** Where Miniflare keeps the Worker's KV. */
  readonly storage: string;
  /** A file for each sample user, with the user's token. */
  readonly tokens: string;
  /** For kubectl, with the sample users. */
  readonly userKubeconfig: string;
  client(clusterName: string): IdentityFiles;
  /** For a kube-apiserver. */
  webhookKubeconfig(clusterName: string): string;
}

/** The one file at the top that belongs to no cluster is `ca.crt`, so no cluster can have this name. */
export const reservedClusterName = "ca";

/** Finds the files' places; makes nothing yet. */
export function stateFolderAt(path: string): StateFolder {
  const root = resolve(path);
  // Cluster names hold no dots or slashes: nothing in a folder or without a dot can clash with NAME.crt.
  const own = (name: string) => join(root, "edge", name);
  return {
    path: root,
    authority: { certificate: join(root, `${reservedClusterName}.crt`), privateKey: own("ca.key") },
    server: { certificate: own("server.crt"), privateKey: own("server.key") },
    cacheSecret: own("cache-secret"),
    storage: join(root, "storage"),
    tokens: join(root, "tokens"),
    userKubeconfig: join(root, "kubeconfig"),
    client: (name) => ({ certificate: join(root, `${name}.crt`), privateKey: join(root, `${name}.key`) }),
    webhookKubeconfig: (name) => join(root, `${name}.kubeconfig`),
  };
}

/** Makes the folders, for their owner alone: they hold keys, tokens and cached facts. */
export async function prepareStateFolder(folder: StateFolder): Promise<void> {
  for (const path of [folder.path, join(folder.path, "edge"), folder.storage, folder.tokens]) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  }
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
