// Builds what a request needs from the environment: configuration, GitHub, cache, log. Once an isolate.
import type { Service } from "./authenticate.ts";
import { createBreaker } from "./cache/breaker.ts";
import { createFactsCache } from "./cache/facts-cache.ts";
import { createKvCache, type KeyValueStore } from "./cache/kv.ts";
import { createMemory } from "./cache/memory.ts";
import { createNegativeCache } from "./cache/negative-cache.ts";
import { createSealer } from "./cache/sealer.ts";
import { createTeamLists } from "./cache/team-lists.ts";
import type { Checked } from "./config/checked.ts";
import { type Config, clusterVariableName, readConfig } from "./config/config.ts";
import type { ServiceSettings } from "./config/service.ts";
import { apiAddressOf } from "./github/api-address.ts";
import { createGitHubClient } from "./github/client.ts";
import { connectGitHub } from "./github/connect.ts";
import { createDecisionLog, type DecisionLog } from "./log/decision-log.ts";
import { createMetrics, type Dataset, type Metrics } from "./log/metrics.ts";
import { createReadiness, type Readiness } from "./readiness.ts";
import { createRepeatedDenials } from "./repeated-denials.ts";
import { withTimeout } from "./with-timeout.ts";

/** Variables, secrets and bindings by name. */
export type Environment = Readonly<Record<string, unknown>>;

/** What the Worker needs from its runtime; a test hands in its own. */
export interface Runtime {
  readonly fetch: typeof fetch;
  /** Milliseconds. On Workers the clock stands still while code runs and moves on with I/O. */
  readonly now: () => number;
  /** Keeps work going after the response. */
  readonly waitUntil: (work: Promise<void>) => void;
  /** Takes one line of the decision log. */
  readonly writeLine: (line: string) => void;
  /** Takes faults and warnings, for the operator. */
  readonly writeError: (text: string) => void;
}

export interface Services {
  readonly config: Config;
  /** Not ok where the configuration of the whole deployment is wrong. */
  readonly service: Checked<Service>;
  readonly decisionLog: DecisionLog;
  readonly checkReadiness: Readiness;
  /** Writes each warning about a cluster's names once. */
  readonly warnOfNames: (clusterName: string, warnings: readonly string[]) => void;
}

/** @returns the services of an environment; the runtime hands over the same object with every request */
export function createServicesOnce(runtime: Runtime): (env: Environment) => Services {
  const created = new WeakMap<Environment, Services>();
  return (env) => {
    const earlier = created.get(env);
    if (earlier !== undefined) return earlier;
    const services = createServices(env, runtime);
    created.set(env, services);
    return services;
  };
}

function createServices(env: Environment, runtime: Runtime): Services {
  const config = readConfig(env);
  const { fetch, now, writeLine, writeError } = runtime;
  for (const { setting, message } of config.unknownNames) writeError(`${setting}: ${message}`);
  const dataset = datasetOf(env.METRICS);
  const metrics = dataset === null ? null : createMetrics(dataset, writeError);
  const githubUrl = config.service.ok ? apiAddressOf(config.service.value.githubApiUrl).restUrl : null;
  return {
    config,
    service: config.service.ok ? serviceOf(config.service.value, env, runtime, metrics) : config.service,
    decisionLog: createDecisionLog(writeLine, metrics),
    checkReadiness: createReadiness({ ...config, githubUrl, store: boundStoreOf(env.KV), fetch, now }),
    warnOfNames: createNameWarnings(writeError),
  };
}

function serviceOf(
  settings: ServiceSettings,
  env: Environment,
  { fetch, now, waitUntil, writeError }: Runtime,
  metrics: Metrics | null,
): Checked<Service> {
  const api = apiAddressOf(settings.githubApiUrl);
  const client = createGitHubClient({ fetch, writeWarning: writeError });
  // A user's own token and an app see different memberships, so neither uses what the other has cached.
  const sealer = createSealer(
    settings.cacheSecret,
    `${api.restUrl} ${settings.githubApp === null ? "own-token" : "app"}`,
  );
  const writeWarning = (text: string) => {
    writeError(text);
    metrics?.kvFault();
  };
  const teamLists = createTeamLists();
  const factsCache = createFactsCache({
    github: connectGitHub(client, api, settings, now),
    memory: createMemory(now),
    kv: createKvCache({ store: storeOf(env.KV), sealer, now, writeWarning }),
    negative: createNegativeCache(),
    nameOf: sealer.nameOf,
    breaker: createBreaker(),
    teamLists,
    admitNeverSeen: limitOf(env.NEVER_SEEN_LIMIT, writeError),
    lifetimes: {
      ttlMs: settings.cacheTtlSeconds * 1000,
      graceMs: settings.outageGraceSeconds * 1000,
      hasAnothers: teamLists.hasAnothers,
    },
    now,
    writeWarning: writeError,
    waitUntil,
  });
  const repeatedDenials = createRepeatedDenials();
  const isRepeatedDenial: Service["isRepeatedDenial"] = (cluster, credentialId) =>
    repeatedDenials.add(cluster, credentialId, now());
  return { ok: true, value: { factsCache, tokenShape: settings.tokenShape, isRepeatedDenial } };
}

/** There is a warning for each name that users bring along, so their number is bounded. */
const maxNameWarnings = 1000;

function createNameWarnings(writeError: (text: string) => void): Services["warnOfNames"] {
  const written = new Set<string>();
  return (clusterName, warnings) => {
    for (const warning of warnings) {
      const text = `${clusterVariableName(clusterName)}: ${warning}`;
      if (written.has(text) || written.size >= maxNameWarnings) continue;
      written.add(text);
      writeError(text);
    }
  };
}

// Adapters for what Workers binds to a deployment. All of it is optional: without it no request is refused, but there
// is less caching, no cap and nothing to count.

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

/**
 * @param binding `NEVER_SEEN_LIMIT` of the environment, or undefined
 * @returns tells whether GitHub may be asked about one more never-seen token of a cluster
 */
export function limitOf(binding: unknown, writeWarning: (text: string) => void): (cluster: string) => Promise<boolean> {
  if (!has<RateLimit>(binding, "limit")) {
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
  if (!has<AnalyticsEngineDataset>(binding, "writeDataPoint")) return null;
  return { writeDataPoint: (point) => binding.writeDataPoint(point) };
}

/** wrangler.toml decides what is bound, so a binding is recognised by its methods alone. */
function has<Binding>(binding: unknown, ...methods: readonly (keyof Binding)[]): binding is Binding {
  return typeof binding === "object" && binding !== null && methods.every((method) => method in binding);
}
