// Files that are written whole or not at all, and those with a key for their owner alone.
import { randomBytes } from "node:crypto";
import { renameSync } from "node:fs";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** The name of a file until it is whole. Only a killed process leaves one. Older versions had the number alone. */
export const temporaryName = /\.\d+(?:-[0-9a-f]+)?\.new$/;

/** Whether this is an error of Node's with this code, such as ENOENT. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** @returns the file's text, or null if there is none */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    // Node names no path where a folder stands in the file's place, and the operator wants to know which.
    if (error instanceof Error && hasCode(error, "EISDIR")) Object.assign(error, { path });
    throw error;
  }
}

/**
 * Writes a file that holds a key, or might. Makes its folder, for the owner alone as well.
 *
 * @param isStillWanted as in `writeWhole` @returns whether it was
 */
export async function writePrivately(path: string, text: string, isStillWanted = () => true): Promise<boolean> {
  await makePrivateFolder(dirname(path));
  return writeWhole(path, text, 0o600, isStillWanted);
}

/** Writes a file that all users of the machine may read. Its folder has to be there. */
export async function writePublicly(path: string, text: string): Promise<void> {
  await writeWhole(path, text, 0o644);
}

/**
 * Writes by way of a second file: a reader sees the old text or the new one, never a part.
 * Without a moment in which others could read it: the file has its mode from the beginning.
 *
 * @param isStillWanted the last look at what is there: nothing else of this process runs between it and the change
 * @returns whether it was still wanted, and so is written
 */
export async function writeWhole(
  path: string,
  text: string,
  mode: number,
  isStillWanted = () => true,
): Promise<boolean> {
  // Each write has a name of its own: two may run at once in one process.
  const temporary = `${path}.${process.pid}-${randomBytes(6).toString("hex")}.new`;
  try {
    // On the disk before anything is made that is of no use without it, such as a certificate for a key.
    await writeFile(temporary, text, { mode, flag: "wx", flush: true });
    if (!isStillWanted()) return false;
    renameSync(temporary, path);
    return true;
  } finally {
    await rm(temporary, { force: true });
  }
}

/**
 * Writes a private file that must not be there yet. Of two commands that run at once, each would otherwise make a key,
 * and have the other's signed.
 *
 * @throws with the code EEXIST if it is there
 */
export async function createPrivately(path: string, text: string): Promise<void> {
  await makePrivateFolder(dirname(path));
  await writeFile(path, text, { mode: 0o600, flag: "wx", flush: true });
}

/** The file by which git leaves a folder out. */
export const ignoreFile = ".gitignore";

const everything: readonly string[] = ["*"];

/**
 * Makes a folder for keys, and keeps them out of git, whatever repository the folder lies in.
 *
 * @param patterns of its .gitignore, which is made, or gets what is missing
 */
export async function keepOutOfGit(folder: string, patterns: readonly string[] = everything): Promise<void> {
  await makePrivateFolder(folder);
  const path = join(folder, ignoreFile);
  const kept = await readIfThere(path);
  // A folder that has one already is more than a folder of keys: all of it is never left out.
  if (kept !== null && patterns === everything) return;
  const text = kept ?? "";
  const present = text.split(/\r?\n/);
  const missing = patterns.filter((pattern) => !present.includes(pattern));
  if (missing.length === 0) return;
  const start = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  await writeWhole(path, `${start}${missing.join("\n")}\n`, kept === null ? 0o600 : (await stat(path)).mode & 0o777);
}

async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
}
