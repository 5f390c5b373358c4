// Writes files that hold a key, or might: for their owner alone, and whole or not at all.
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** On the disk before anything is made that is of no use without it, such as a certificate for a key. */
const options = { mode: 0o600, flag: "wx", flush: true } as const;

/** What a file is called until it is whole; only a killed process leaves one. */
export const temporaryName = /\.\d+\.new$/;

/** Writes by way of a second file: whoever reads sees the old text or the new one, never a part, and nobody else ever reads it. */
export async function writePrivately(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.new`;
  try {
    await rm(temporary, { force: true });
    await writeFile(temporary, text, options);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/**
 * Writes a file that must not be there yet: of two commands that run at once, each would otherwise make a key, and have the other's signed.
 *
 * @throws with the code EEXIST if it is
 */
export async function createPrivately(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, text, options);
}
