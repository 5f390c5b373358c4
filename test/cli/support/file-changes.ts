// Tells of each change of a file that the command makes in this process: what a process that is killed then leaves
// behind.
import fs from "node:fs";
import files from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

const asynchronous = ["mkdir", "rm", "rmdir", "utimes", "writeFile"] as const;

/**
 * @param folder whose files are watched
 * @param onChange called right after each change
 * @returns what ends it
 */
export function watchFileChanges(folder: string, onChange: () => void): () => void {
  const originals = {
    renameSync: fs.renameSync,
    ...Object.fromEntries(asynchronous.map((name) => [name, files[name]])),
  };
  const isWatched = (path: unknown) => String(path).startsWith(folder);
  fs.renameSync = (from, to) => {
    originals.renameSync(from, to);
    if (isWatched(to)) onChange();
  };
  for (const name of asynchronous) {
    const original: (...args: never[]) => Promise<unknown> = files[name];
    const watched = async (...args: never[]) => {
      const result = await original(...args);
      if (isWatched(args[0])) onChange();
      return result;
    };
    Object.assign(files, { [name]: watched });
  }
  // Names that were imported before follow, too.
  syncBuiltinESMExports();
  return () => {
    const { renameSync, ...others } = originals;
    fs.renameSync = renameSync;
    Object.assign(files, others);
    syncBuiltinESMExports();
  };
}
