// The state folder: what `npm start` keeps from one start to the next, and where each file of it lies. Everything in it
// can be deleted; the next start makes it anew.
import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";

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
  client(clusterName: string): IdentityFiles;
  kubeconfig(clusterName: string): string;
}

/** The one file at the top that is no cluster's, `ca.crt`, so no cluster can be called that. */
export const reservedClusterName = "ca";

/** Finds the files' places; makes nothing yet. */
export function stateFolderAt(path: string): StateFolder {
  const root = resolve(path);
  // Cluster names hold no dots or slashes: nothing in a folder of its own can clash with NAME.crt.
  const own = (name: string) => join(root, "edge", name);
  return {
    path: root,
    authority: { certificate: join(root, `${reservedClusterName}.crt`), privateKey: own("ca.key") },
    server: { certificate: own("server.crt"), privateKey: own("server.key") },
    cacheSecret: own("cache-secret"),
    storage: join(root, "storage"),
    client: (name) => ({ certificate: join(root, `${name}.crt`), privateKey: join(root, `${name}.key`) }),
    kubeconfig: (name) => join(root, `${name}.kubeconfig`),
  };
}

/** Makes the folders, for their owner alone: keys and cached facts lie in them. */
export async function prepareStateFolder(folder: StateFolder): Promise<void> {
  await mkdir(folder.path, { recursive: true, mode: 0o700 });
  await mkdir(join(folder.path, "edge"), { recursive: true, mode: 0o700 });
  await mkdir(folder.storage, { recursive: true, mode: 0o700 });
}

/** Miniflare keeps the rate limiter's counters too. They are no facts worth keeping, and a restart is how one gets rid of them. */
export async function forgetRateLimits(folder: StateFolder): Promise<void> {
  await rm(join(folder.storage, "ratelimit"), { recursive: true, force: true });
}
