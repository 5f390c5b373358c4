// Adapters for what Workers binds to a deployment: KV, the rate limiter and the dataset for metrics.
// All of them are optional. Without them no request is refused: there is less caching, no cap and nothing to count.
import type { KeyValueStore } from "./cache/kv.ts";
import type { Dataset } from "./log/metrics.ts";
import { withTimeout } from "./with-timeout.ts";

/** Workers refuse fewer than 30 s. An entry holds its own times, so an old one from KV's cache does no harm. */
const kvCacheTtlSeconds = 30;

/** The limiter counts in the same place, so it usually answers at once. */
const limiterTimeoutMs = 500;

/** @param binding `KV` of the environment, or undefined */
export function storeOf(binding: unknown): KeyValueStore {
  return boundStoreOf(binding) ?? { get: () => Promise.resolve(null), put: () => Promise.resolve() };
}

/**
 * @param binding `KV` of the environment, or undefined
 * @returns null where it is not one
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
 * @returns tells whether GitHub may be asked about one more never-seen token of a cluster
 */
export function limitOf(binding: unknown, writeWarning: (text: string) => void): (cluster: string) => Promise<boolean> {
  if (!isRateLimit(binding)) {
    writeWarning("NEVER_SEEN_LIMIT is not bound: there is no cap on tokens that were never seen");
    return () => Promise.resolve(true);
  }
  return async (cluster) => {
    try {
      return (await withTimeout(binding.limit({ key: cluster }), limiterTimeoutMs)).success;
    } catch {
      // A limiter that fails or hangs must not lock users out.
      return true;
    }
  };
}

/**
 * @param binding `METRICS` of the environment, or undefined
 * @returns null where it is not one
 */
export function datasetOf(binding: unknown): Dataset | null {
  if (!isDataset(binding)) return null;
  return { writeDataPoint: (point) => binding.writeDataPoint(point) };
}

/** wrangler.toml decides what is bound, so a binding is recognised by its methods alone. */
function isKvNamespace(binding: unknown): binding is KVNamespace {
  return typeof binding === "object" && binding !== null && "get" in binding && "put" in binding;
}

function isRateLimit(binding: unknown): binding is RateLimit {
  return typeof binding === "object" && binding !== null && "limit" in binding;
}

function isDataset(binding: unknown): binding is AnalyticsEngineDataset {
  return typeof binding === "object" && binding !== null && "writeDataPoint" in binding;
}
