// Costs of a month at Cloudflare, from its published prices in November 2026.
// Workers: https://developers.cloudflare.com/workers/platform/pricing/
// Logs: https://developers.cloudflare.com/workers/observability/logs/workers-logs/ (another price from December 2026
// on) KV: https://developers.cloudflare.com/kv/platform/pricing/ and its limits:
// https://developers.cloudflare.com/kv/platform/limits/
import type { Counts } from "../world/counts.ts";

export interface MonthlyCost {
  /** The Workers Paid plan itself. */
  readonly plan: number;
  readonly requests: number;
  readonly cpu: number;
  readonly kvReads: number;
  readonly kvWrites: number;
  readonly kvStorage: number;
  readonly logs: number;
  readonly total: number;
}

const million = 1_000_000;

/** What the 5 dollars a month include, and what a million more costs. */
export const paid = {
  plan: 5,
  requests: { included: 10 * million, perMillion: 0.3 },
  cpuMs: { included: 30 * million, perMillion: 0.02 },
  kvReads: { included: 10 * million, perMillion: 0.5 },
  kvWrites: { included: million, perMillion: 5 },
  /** Gigabytes, not millions. */
  kvStorage: { includedGb: 1, perGb: 0.5 },
  logLines: { included: 20 * million, perMillion: 0.6 },
} as const;

/** The free plan's limits for a day; Cloudflare refuses what is beyond them. */
export const freeADay = { reviews: 100_000, kvReads: 100_000, kvWrites: 1_000 } as const;

/** Assumed, from above: `npm run bench` measures less than a tenth of it for a warm review. */
export const cpuMsPerReview = 1;
/** A sealed entry, with its ETags; it is kept for a week. */
const bytesPerEntry = 2_500;

/**
 * @param month what a month counts
 * @param people whose entries are kept
 */
export function costOf(
  { reviews, kvReads, kvWrites }: Pick<Counts, "reviews" | "kvReads" | "kvWrites">,
  people: number,
): MonthlyCost {
  const more = (used: number, { included, perMillion }: { included: number; perMillion: number }) =>
    (Math.max(0, used - included) / million) * perMillion;
  const parts = {
    plan: paid.plan,
    requests: more(reviews, paid.requests),
    cpu: more(reviews * cpuMsPerReview, paid.cpuMs),
    kvReads: more(kvReads, paid.kvReads),
    kvWrites: more(kvWrites, paid.kvWrites),
    kvStorage: Math.max(0, (people * bytesPerEntry) / 1e9 - paid.kvStorage.includedGb) * paid.kvStorage.perGb,
    logs: more(reviews, paid.logLines),
  };
  return { ...parts, total: Object.values(parts).reduce((sum, part) => sum + part, 0) };
}
