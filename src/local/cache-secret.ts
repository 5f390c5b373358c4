// CACHE_SECRET of the local edge: made once and kept, so that after a restart the Worker can still open what KV has.
import { randomBytes } from "node:crypto";
import { readIfThere, writePrivately } from "../node/files.ts";
import type { StateFolder } from "./state-folder.ts";

/** @returns base64 of 32 random bytes */
export async function keepCacheSecret(folder: StateFolder): Promise<string> {
  const kept = await readIfThere(folder.cacheSecret);
  if (kept !== null && Buffer.from(kept, "base64").length >= 32) return kept.trim();
  const secret = randomBytes(32).toString("base64");
  await writePrivately(folder.cacheSecret, `${secret}\n`);
  return secret;
}
