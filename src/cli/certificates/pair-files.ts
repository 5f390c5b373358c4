// The folder .clusters/NAME/: keys and certificates of one cluster, as pairs of files.
// kube-apiserver uses "client". During a rotation "next" is the coming pair, and "previous" the old one. A key without
// a certificate is a request that was not answered yet.
import { existsSync, renameSync } from "node:fs";
import { readdir, rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { createPrivately, hasCode, readIfThere, temporaryName, writePrivately } from "../../node/files.ts";
import { cliError } from "../diagnostics.ts";

export const currentPair = "client";
export const nextPair = "next";
export const previousPair = "previous";

/** Names that `certificate issue` may not give. */
export const reservedPairs: readonly string[] = [currentPair, nextPair, previousPair];

/**
 * Beside the pairs, for nodes that have the current one where k8s/ expects it. `octogate kubeconfig` writes it for
 * others.
 */
export const kubeconfigFile = "webhook-kubeconfig.yaml";

export interface Pair {
  /** PEM */
  readonly key: string | null;
  /** PEM */
  readonly certificate: string | null;
}

export interface ClusterFolder {
  /** From the deployment's folder, for people. */
  readonly name: string;
  certificateFile(pair: string): string;
  keyFile(pair: string): string;
  read(pair: string): Promise<Pair>;
  /** The names of all pairs that are there, whole or not. */
  pairs(): Promise<string[]>;
  /** @throws CliError if there is one: a key is never replaced by another */
  createKey(pair: string, key: string): Promise<void>;
  writeKey(pair: string, key: string): Promise<void>;
  writeCertificate(pair: string, certificate: string): Promise<void>;
  /** When the pair's certificate was written, in milliseconds; null if there is none. */
  writtenAt(pair: string): Promise<number | null>;
  /** Puts a pair in another's place: what of it is still there, the key first. */
  move(from: string, to: string): void;
  remove(pair: string): Promise<void>;
  /** Other files beside the pairs. */
  hasFile(name: string): Promise<boolean>;
  writeFile(name: string, text: string): Promise<void>;
  removeFile(name: string): Promise<void>;
  /** Removes what a killed command left half written, and the folder if nothing else is in it. */
  removeIfEmpty(): Promise<void>;
}

/** @returns the folder of a cluster's pairs, from the deployment's folder */
export function clusterFolderName(clusterName: string): string {
  return join(".clusters", clusterName);
}

/** @param deployment the folder of wrangler.toml */
export function clusterFolder(deployment: string, clusterName: string): ClusterFolder {
  const name = clusterFolderName(clusterName);
  const folder = join(deployment, name);
  const keyFile = (pair: string) => join(folder, `${pair}.key`);
  const certificateFile = (pair: string) => join(folder, `${pair}.crt`);
  return {
    name,
    keyFile,
    certificateFile,
    read: async (pair) => ({
      key: await readIfThere(keyFile(pair)),
      certificate: await readIfThere(certificateFile(pair)),
    }),
    pairs: () => pairsIn(folder),
    async createKey(pair, key) {
      try {
        await createPrivately(keyFile(pair), key);
      } catch (error) {
        if (!hasCode(error, "EEXIST")) throw error;
        throw cliError(
          join(name, `${pair}.key`),
          "was made meanwhile: another command runs for this cluster",
          "wait for its end, and run this again",
        );
      }
    },
    writeKey: (pair, key) => writePrivately(keyFile(pair), key),
    writeCertificate: (pair, certificate) => writePrivately(certificateFile(pair), certificate),
    async writtenAt(pair) {
      try {
        return (await stat(certificateFile(pair))).mtimeMs;
      } catch (error) {
        if (hasCode(error, "ENOENT")) return null;
        throw error;
      }
    },
    move(from, to) {
      // Without a pause between them: a reader of both would find a key and a certificate that do not belong together.
      if (existsSync(keyFile(from))) renameSync(keyFile(from), keyFile(to));
      if (existsSync(certificateFile(from))) renameSync(certificateFile(from), certificateFile(to));
    },
    async remove(pair) {
      await rm(keyFile(pair), { force: true });
      await rm(certificateFile(pair), { force: true });
    },
    hasFile: async (file) => (await readIfThere(join(folder, file))) !== null,
    writeFile: (file, text) => writePrivately(join(folder, file), text),
    removeFile: (file) => rm(join(folder, file), { force: true }),
    async removeIfEmpty() {
      try {
        const leftovers = (await readdir(folder)).filter((file) => temporaryName.test(file));
        for (const file of leftovers) await rm(join(folder, file), { force: true });
        await rmdir(folder);
      } catch (error) {
        if (!hasCode(error, "ENOTEMPTY") && !hasCode(error, "ENOENT")) throw error;
      }
    },
  };
}

async function pairsIn(folder: string): Promise<string[]> {
  try {
    const names = (await readdir(folder)).map((name) => /^(.+)\.(?:key|crt)$/.exec(name)?.[1]);
    return [...new Set(names.filter((name) => name !== undefined))].sort();
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}

/**
 * How far a rotation is, told from the files alone: it goes on wherever it stopped. At every moment client.key and
 * client.crt hold a pair that the Worker accepts.
 *
 * - "none": nothing is under way
 * - "preparing": a new pair is made, signed, listed and deployed, beside the one in use
 * - "switching": both are accepted, and the files are changing places
 * - "switched": the new pair is in place; the old one is accepted until every node has the new one
 */
export type RotationStage = "none" | "preparing" | "switching" | "switched";

export async function rotationStage(folder: ClusterFolder): Promise<RotationStage> {
  const [next, previous] = [await folder.read(nextPair), await folder.read(previousPair)];
  const hasNext = next.key !== null || next.certificate !== null;
  if (previous.certificate !== null) return hasNext ? "switching" : "switched";
  return hasNext ? "preparing" : "none";
}

/**
 * Puts the new pair in the old one's place. The old one is kept until the rotation's end; its certificate is written
 * last, and says that this has begun.
 */
export async function switchPairs(folder: ClusterFolder, stage: RotationStage): Promise<void> {
  if (stage !== "switching") {
    const { key, certificate } = await folder.read(currentPair);
    if (key === null || certificate === null) throw new Error("there is no current pair to keep");
    await folder.writeKey(previousPair, key);
    await folder.writeCertificate(previousPair, certificate);
  }
  folder.move(nextPair, currentPair);
}
