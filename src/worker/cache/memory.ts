// Isolate memory: records by the token itself. A token never leaves the isolate, and a warm review does no
// cryptography. Plain values only: a promise or a Response that another request waits for never settles if the request
// that made it is cancelled.
import { BoundedMap } from "../bounded-map.ts";
import { type Entry, withoutFuture } from "./entry.ts";
import { mergeEntries } from "./merge.ts";

/** What this isolate knows about one token. */
export interface TokenRecord {
  readonly entry: Entry | null;
  /** What KV holds as far as this isolate knows, or null. */
  readonly kvCopy: Entry | null;
  /** Whether facts of this token have admitted its owner: then KV may hold them, even where no copy was seen there. */
  readonly hasAdmitted: boolean;
  /** Whether its facts, as they were seen last, asked the user to put something right. */
  readonly wasDenied: boolean;
  /** When the facts changed so that they were written to KV, within the last hour; milliseconds. */
  readonly changesWrittenAt: readonly number[];
  /** When a revalidation in the background began that is not known to have ended; milliseconds. */
  readonly revalidatingSince: number | null;
}

export interface Memory {
  /** @returns the record as it is now; an empty one for a token that is not known */
  get(token: string): TokenRecord;
  /**
   * The only way to change a record. Other requests learn something while this one waits for KV or GitHub, so what it
   * knew before is merged into the record as it is now, and only then changed.
   *
   * @param before what the caller knew before it waited
   * @returns the new record
   */
  update(token: string, before: TokenRecord, change: (current: TokenRecord) => TokenRecord): TokenRecord;
  readonly size: number;
}

export const emptyRecord: TokenRecord = {
  entry: null,
  kvCopy: null,
  hasAdmitted: false,
  wasDenied: false,
  changesWrittenAt: [],
  revalidatingSince: null,
};

/** An isolate has 128 MB for all that it holds. */
export const maxBytes = 32 * 1024 * 1024;
export const maxEntries = 20_000;
/** Objects and strings cost more than their JSON. */
const overheadFactor = 3;
/** With the facts lives what a policy has made of them last. */
const overheadBytes = 1200;

/** @param now milliseconds */
export function createMemory(now: () => number): Memory {
  const records = new BoundedMap<TokenRecord>({ maxEntries, maxBytes, bytesOf });

  function get(token: string): TokenRecord {
    const record = records.get(token);
    if (record === undefined) return emptyRecord;
    const entry = withoutFuture(record.entry, now());
    return entry === record.entry ? record : { ...record, entry };
  }

  return {
    get,
    update(token, before, change) {
      const record = change(mergeRecords(get(token), before));
      // A flood of made-up tokens must not push users' tokens out of memory.
      if (record.entry !== null) records.set(token, record);
      return record;
    },
    get size() {
      return records.size;
    },
  };
}

function mergeRecords(current: TokenRecord, before: TokenRecord): TokenRecord {
  if (current === before) return current;
  return {
    entry: mergeEntries(current.entry, before.entry),
    kvCopy: mergeEntries(current.kvCopy, before.kvCopy),
    hasAdmitted: current.hasAdmitted || before.hasAdmitted,
    wasDenied: current.wasDenied,
    changesWrittenAt: current.changesWrittenAt.length === 0 ? before.changesWrittenAt : current.changesWrittenAt,
    revalidatingSince: current.revalidatingSince,
  };
}

function bytesOf(token: string, { entry, kvCopy }: TokenRecord): number {
  const copyBytes = kvCopy === entry ? 0 : bytesOfEntry(kvCopy);
  return overheadBytes + overheadFactor * token.length + bytesOfEntry(entry) + copyBytes;
}

/** A record changes several times in one review, its entry once. */
const measured = new WeakMap<Entry, number>();

function bytesOfEntry(entry: Entry | null): number {
  if (entry === null) return 0;
  const known = measured.get(entry);
  if (known !== undefined) return known;
  // The groups that a policy makes of memberships are about as long as these.
  const groupsLength = entry.kind === "facts" ? JSON.stringify(entry.organisations).length : 0;
  const bytes = overheadFactor * JSON.stringify(entry).length + groupsLength;
  measured.set(entry, bytes);
  return bytes;
}
