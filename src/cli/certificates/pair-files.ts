// The folder .clusters/NAME/: keys and certificates of one cluster, as pairs of files.
// kube-apiserver uses "client". During a rotation "next" is the coming pair, and "previous" the old one. A key without
// a certificate is a request that was not answered yet.
import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, renameSync } from "node:fs";
import { lstat, readdir, readFile, rm, rmdir, stat, utimes } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  createPrivately,
  hasCode,
  ignoreFile,
  keepOutOfGit,
  readIfThere,
  temporaryName,
  writePrivately,
} from "../../node/files.ts";
import type { CredentialData } from "../../node/kubeconfig.ts";
import { isClusterName } from "../../worker/config/config.ts";
import { type Context, cliError } from "../command.ts";

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

/** A message and its hint. */
export const madeMeanwhile = [
  "was made meanwhile: another command runs for this cluster",
  "wait for its end, and run this again",
] as const;

const pairFile = /^(.+)\.(?:key|crt)$/;
const ownFiles: readonly string[] = [kubeconfigFile, ignoreFile];

interface Pair {
  /** PEM */
  readonly key: string | null;
  /** PEM */
  readonly certificate: string | null;
}

/**
 * @returns the folder of a cluster's pairs, from the deployment's folder
 * @throws CliError if the name is none that a cluster can have: it could lead to another folder
 */
export function clusterFolderName(clusterName: string): string {
  if (!isClusterName(clusterName)) throw cliError(clusterName, "is no name of a cluster: [a-z][a-z0-9-]*");
  return join(".clusters", clusterName);
}

export class ClusterFolder {
  /** From the deployment's folder, for people. */
  readonly name: string;
  readonly clusterName: string;
  readonly #path: string;

  /** @param deployment the folder of wrangler.toml */
  constructor(deployment: string, clusterName: string) {
    this.name = clusterFolderName(clusterName);
    this.clusterName = clusterName;
    this.#path = join(deployment, this.name);
  }

  keyFile(pair: string): string {
    return join(this.#path, `${pair}.key`);
  }

  certificateFile(pair: string): string {
    return join(this.#path, `${pair}.crt`);
  }

  async read(pair: string): Promise<Pair> {
    const [key, certificate] = [await readIfThere(this.keyFile(pair)), await readIfThere(this.certificateFile(pair))];
    return { key, certificate };
  }

  /** @returns the names of all pairs that are there, whole or not */
  async pairs(): Promise<string[]> {
    const names = (await this.#names()).map((name) => pairFile.exec(name)?.[1]);
    return [...new Set(names.filter((name) => name !== undefined))].sort();
  }

  /** @returns what else is there, but for what octogate makes itself */
  async others(): Promise<string[]> {
    const isOther = (name: string) => !pairFile.test(name) && !temporaryName.test(name) && !ownFiles.includes(name);
    return (await this.#names()).filter(isOther).sort();
  }

  async #names(): Promise<string[]> {
    try {
      const entries = await readdir(this.#path, { withFileTypes: true });
      // A folder is none of a pair's files, whatever its name.
      return entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
    } catch (error) {
      if (hasCode(error, "ENOENT")) return [];
      throw error;
    }
  }

  /** Whether the folder is a link: what is in it lies in another place, and nothing there is removed. */
  async isLink(): Promise<boolean> {
    try {
      return (await lstat(this.#path)).isSymbolicLink();
    } catch (error) {
      if (hasCode(error, "ENOENT")) return false;
      throw error;
    }
  }

  async #refuseLink(): Promise<void> {
    if (!(await this.isLink())) return;
    throw cliError(this.name, "is a link to another place: nothing is removed there", "put a folder in its place");
  }

  /** @throws CliError if there is one: a key is never replaced by another */
  async createKey(pair: string, key: string): Promise<void> {
    await keepOutOfGit(this.#path);
    try {
      await createPrivately(this.keyFile(pair), key);
    } catch (error) {
      if (!hasCode(error, "EEXIST")) throw error;
      throw cliError(join(this.name, `${pair}.key`), ...madeMeanwhile);
    }
  }

  async writeKey(pair: string, key: string): Promise<void> {
    await keepOutOfGit(this.#path);
    await writePrivately(this.keyFile(pair), key);
  }

  async writeCertificate(pair: string, certificate: string): Promise<void> {
    await writePrivately(this.certificateFile(pair), certificate);
  }

  /** @returns false, with nothing written, if there is one */
  async createCertificate(pair: string, certificate: string): Promise<boolean> {
    const path = this.certificateFile(pair);
    return writePrivately(path, certificate, () => !existsSync(path));
  }

  /** @returns when the pair's certificate was written, in milliseconds; null if there is none */
  async writtenAt(pair: string): Promise<number | null> {
    return changedAt(this.certificateFile(pair));
  }

  /** @returns when a certificate for the pair's key was asked for at the latest; null if there is no key */
  async askedAt(pair: string): Promise<number | null> {
    return changedAt(this.keyFile(pair));
  }

  /** Keeps the time: a key may be older than the request for its certificate. */
  async keepAskedAt(pair: string): Promise<void> {
    const now = new Date();
    await utimes(this.keyFile(pair), now, now);
  }

  /**
   * Puts a pair in another's place: what of it is still there, the key first. Without a pause between them: a reader of
   * both would find a key and a certificate that do not belong together.
   */
  move(from: string, to: string): void {
    if (existsSync(this.keyFile(from))) renameSync(this.keyFile(from), this.keyFile(to));
    if (existsSync(this.certificateFile(from))) renameSync(this.certificateFile(from), this.certificateFile(to));
  }

  /** @throws CliError if the folder is a link */
  async remove(pair: string): Promise<void> {
    await this.#refuseLink();
    await rm(this.keyFile(pair), { force: true });
    await rm(this.certificateFile(pair), { force: true });
  }

  /** @param name of a file beside the pairs */
  hasFile(name: string): boolean {
    return existsSync(join(this.#path, name));
  }

  async writeFile(name: string, text: string): Promise<void> {
    await writePrivately(join(this.#path, name), text);
  }

  /** @throws CliError if the folder is a link */
  async removeFile(name: string): Promise<void> {
    await this.#refuseLink();
    await rm(join(this.#path, name), { force: true });
  }

  /** Whether the folder is there, and holds no pair and nothing of others: an earlier removal stopped half way. */
  async isRest(): Promise<boolean> {
    const names = await this.#names();
    if (!existsSync(this.#path) || (await this.isLink())) return false;
    return names.every((name) => temporaryName.test(name) || ownFiles.includes(name));
  }

  /** Removes what a killed command left half written, and the folder if nothing else is in it. */
  async removeIfEmpty(): Promise<void> {
    try {
      const names = await readdir(this.#path);
      const isLeftover = (file: string) => temporaryName.test(file) || file === ignoreFile;
      // What keeps a folder's keys out of git stays with whatever else is in the folder.
      if (names.every(isLeftover)) for (const file of names) await this.removeFile(file);
      await rmdir(this.#path);
    } catch (error) {
      if (!hasCode(error, "ENOTEMPTY") && !hasCode(error, "ENOENT")) throw error;
    }
  }
}

async function changedAt(path: string): Promise<number | null> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
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
type RotationStage = "none" | "preparing" | "switching" | "switched";

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

/** @param folder relative to the context's folder @throws CliError if they cannot be used */
export async function readClientCredential(folder: string, context: Context): Promise<CredentialData> {
  const certificate = await read(join(folder, "client.crt"), context);
  const key = await read(join(folder, "client.key"), context);
  // A pair that does not belong together would fail at every handshake.
  const isPair = belongTogether(certificate, key);
  if (isPair === null) {
    throw cliError(folder, "client.crt or client.key is no PEM of a certificate or a private key");
  }
  if (!isPair) throw cliError(folder, "client.key is not the key of client.crt");
  return { certificate, key };
}

async function read(path: string, context: Context): Promise<string> {
  try {
    return await readFile(resolve(context.folder, path), "utf8");
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    const message = error.code === "ENOENT" ? "there is no such file" : `cannot be read (${error.code})`;
    const hint = "octogate setup makes it, or name the folder that holds yours with --certificates";
    throw cliError(path, message, hint);
  }
}

function belongTogether(certificate: string, key: string): boolean | null {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    // Node has no other way to say so.
    return null;
  }
}
