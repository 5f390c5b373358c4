// Builds what a request needs from the environment: configuration, GitHub, cache, log. Once an isolate.
import type { Service } from "./authenticate.ts";
import { boundStoreOf, datasetOf, limitOf, storeOf } from "./bindings.ts";
import { createBreaker } from "./cache/breaker.ts";
import { createFactsCache } from "./cache/facts-cache.ts";
import { createKvCache } from "./cache/kv.ts";
import { createMemory } from "./cache/memory.ts";
import { createNegativeCache } from "./cache/negative-cache.ts";
import { createSealer } from "./cache/sealer.ts";
import type { Checked } from "./config/checked.ts";
import { type Config, clusterVariableName, readConfig } from "./config/config.ts";
import type { ServiceSettings } from "./config/service.ts";
import { apiAddressOf } from "./github/api-address.ts";
import { createGitHubClient } from "./github/client.ts";
import { connectGitHub } from "./github/connect.ts";
import { createDecisionLog, type DecisionLog } from "./log/decision-log.ts";
import { createMetrics, type Metrics } from "./log/metrics.ts";
import { createReadiness, type Readiness } from "./readiness.ts";
import { createRepeatedDenials } from "./repeated-denials.ts";

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
  const factsCache = createFactsCache({
    github: connectGitHub(client, api, settings, now),
    memory: createMemory(now),
    kv: createKvCache({ store: storeOf(env.KV), sealer, now, writeWarning }),
    negative: createNegativeCache(),
    nameOf: sealer.nameOf,
    breaker: createBreaker(),
    admitNeverSeen: limitOf(env.NEVER_SEEN_LIMIT, writeError),
    lifetimes: { ttlMs: settings.cacheTtlSeconds * 1000, graceMs: settings.outageGraceSeconds * 1000 },
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
