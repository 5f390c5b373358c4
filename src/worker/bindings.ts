// The edge of what Workers binds to a deployment: KV, the rate limiter and the dataset for metrics, brought to the small interfaces that the rest knows. All are optional: without them
// nothing is refused, there is only less memory, no cap, and nothing to count.
import { deadline } from "./cache/deadline.ts";
import type { KeyValueStore } from "./cache/kv.ts";
import type { Dataset } from "./log/metrics.ts";

/** Fewer than 30 s are refused. A copy is judged by its own times, so an old one from KV's cache is no harm. */
const kvCacheTtlSeconds = 30;

/** The limiter counts in the same place and answers at once. */
const limiterTimeoutMs = 500;

/** @param binding `KV` of the environment, or undefined */
export function storeOf(binding: unknown): KeyValueStore {
  return boundStoreOf(binding) ?? { get: () => Promise.resolve(null), put: () => Promise.resolve() };
}

/**
 * @param binding `KV` of the environment, or undefined
 * @returns null where it is none
 */
export function boundStoreOf(binding: unknown): KeyValueStore | null {
  if (!isKvNamespace(binding)) return null;
  return {
    get: (name) => binding.get(name, { type: "arrayBuffer", cacheTtl: kvCacheTtlSeconds }),
    put: (name, value, ttlSeconds) => binding.put(name, value, { expirationTtl: ttlSeconds }),
  };
}

/**
 * @param binding `NEVER_SEEN_LIMIT` of the environment, or undefined
 * @returns whether one more never-seen token of a cluster may be asked about
 */
export function limitOf(binding: unknown, writeWarning: (text: string) => void): (cluster: string) => Promise<boolean> {
  if (!isRateLimit(binding)) {
    writeWarning("NEVER_SEEN_LIMIT is not bound: there is no cap on tokens that were never seen");
    return () => Promise.resolve(true);
  }
  return async (cluster) => {
    try {
      return (await Promise.race([binding.limit({ key: cluster }), deadline(limiterTimeoutMs)])).success;
    } catch {
      // A limiter that fails or hangs must lock nobody out.
      return true;
    }
  };
}

/**
 * @param binding `METRICS` of the environment, or undefined
 * @returns null where it is none
 */
export function datasetOf(binding: unknown): Dataset | null {
  if (!isDataset(binding)) return null;
  return { writeDataPoint: (point) => binding.writeDataPoint(point) };
}

/** What is bound is decided by wrangler.toml, so its methods are all that can be looked at. */
function isKvNamespace(binding: unknown): binding is KVNamespace {
  return typeof binding === "object" && binding !== null && "get" in binding && "put" in binding;
}

function isRateLimit(binding: unknown): binding is RateLimit {
  return typeof binding === "object" && binding !== null && "limit" in binding;
}

function isDataset(binding: unknown): binding is AnalyticsEngineDataset {
  return typeof binding === "object" && binding !== null && "writeDataPoint" in binding;
}
