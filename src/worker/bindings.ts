// Adapters for what Workers binds to a deployment. All of it is optional: without it no request is refused, but there
// is less caching, no cap and nothing to count.
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
  if (!has<KVNamespace>(binding, "get", "put")) return null;
  return {
    get: (name) => binding.get(name, { type: "arrayBuffer", cacheTtl: kvCacheTtlSeconds }),
    put: (name, value, ttlSeconds) => binding.put(name, value, { expirationTtl: ttlSeconds }),
  };
}

/** What a missing limiter leaves without a limit, by the name of its binding. */
const limiters = {
  NEVER_SEEN_LIMIT: "there is no cap on tokens that were never seen",
  AUTHORIZE_LIMIT: "there is no limit on sign-ins by address",
  DEVICE_LIMIT: "there is no limit on device codes by address",
  TOKEN_FAILURE_LIMIT: "there is no limit on guesses by address",
} as const;

export type LimiterName = keyof typeof limiters;

/** @returns what an operator should know, or null for a limiter that is bound */
export function missingLimiter(name: LimiterName, binding: unknown): string | null {
  return has<RateLimit>(binding, "limit") ? null : `${name} is not bound: ${limiters[name]}`;
}

/**
 * @param binding the environment's of this name, or undefined
 * @returns tells whether one more with this key is within the limit
 */
export function limitOf(
  name: LimiterName,
  binding: unknown,
  writeWarning: (text: string) => void,
): (key: string) => Promise<boolean> {
  if (!has<RateLimit>(binding, "limit")) {
    writeWarning(`${name} is not bound: ${limiters[name]}`);
    return () => Promise.resolve(true);
  }
  return async (key) => {
    try {
      return (await withTimeout(binding.limit({ key }), limiterTimeoutMs)).success;
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
  if (!has<AnalyticsEngineDataset>(binding, "writeDataPoint")) return null;
  return { writeDataPoint: (point) => binding.writeDataPoint(point) };
}

/** wrangler.toml decides what is bound, so a binding is recognised by its methods alone. */
function has<Binding>(binding: unknown, ...methods: readonly (keyof Binding)[]): binding is Binding {
  return typeof binding === "object" && binding !== null && methods.every((method) => method in binding);
}
