// What this isolate remembers, by the token itself: it never leaves the isolate, and a warm review does no cryptography. Plain values only: a promise or a Response that
// another request waits for never settles if the request that made it is cancelled.
import { BoundedMap } from "./bounded-map.ts";
import type { Entry } from "./entry.ts";

export interface MemoryRecord {
  readonly entry: Entry;
  /** What KV holds as far as this isolate knows, or null. */
  readonly copy: Entry | null;
  /** When a refresh in the background began that is not known to have ended; milliseconds. */
  readonly revalidatingSince: number | null;
}

export type Memory = Pick<BoundedMap<MemoryRecord>, "get" | "set" | "size">;

/** An isolate has 128 MB for everything. */
export const maxBytes = 32 * 1024 * 1024;
export const maxEntries = 20_000;
/** Objects and strings cost more than their JSON. */
const overheadFactor = 3;
const overheadBytes = 400;

export function createMemory(): Memory {
  return new BoundedMap<MemoryRecord>({ maxEntries, maxBytes, bytesOf });
}

function bytesOf(token: string, { entry, copy }: MemoryRecord): number {
  const lengths = [entry, copy === entry ? null : copy].map((part) =>
    part === null ? 0 : JSON.stringify(part).length,
  );
  return overheadBytes + overheadFactor * (token.length + lengths.reduce((sum, length) => sum + length, 0));
}
