// What is simulated: the operator's settings, the clusters, the people, and what is assumed of Cloudflare's network. Plain data: it travels to worker threads.
import type { WriteRuleName } from "./write-rules.ts";

export interface Settings {
  readonly seed: number;
  readonly people: number;
  /** Nobody works across continents, so each is simulated on its own, and the figures are added up. */
  readonly continents: number;
  /** Of Cloudflare's, in a continent: that is where a continent's clusters are. */
  readonly locations: number;
  readonly clusters: number;
  readonly apiserversPerCluster: number;
  /** --authentication-token-webhook-cache-ttl; the fixed 10 s come on top. */
  readonly apiserverCacheSeconds: number;
  /** CACHE_TTL_SECONDS */
  readonly ttlSeconds: number;
  /** OUTAGE_GRACE_SECONDS */
  readonly graceSeconds: number;
  readonly writeRule: WriteRuleName;
  /** Whether the free plan's daily limits apply to KV. */
  readonly plan: "free" | "paid";
  /** Between which the connections of apiservers are spread in a location. Cloudflare documents neither this nor the next two. */
  readonly isolatesPerLocation: number;
  /** Mean: isolates end with deployments, for want of memory, or when they are idle. */
  readonly isolateLifeMinutes: number;
  /** Mean: an apiserver's connection leads to one isolate for as long as it lasts. 0: each review meets another one. */
  readonly connectionLifeMinutes: number;
  /** How long a write to KV takes at least to be seen in other locations; half a minute more on average. */
  readonly kvLagSeconds: number;
}

const peoplePerCluster = 100;
const minClusters = 3;

export const defaults: Settings = {
  seed: 1,
  people: 300,
  continents: 1,
  locations: 2,
  clusters: minClusters,
  apiserversPerCluster: 3,
  apiserverCacheSeconds: 10,
  ttlSeconds: 120,
  graceSeconds: 600,
  writeRule: "believable",
  plan: "paid",
  isolatesPerLocation: 4,
  isolateLifeMinutes: 60,
  connectionLifeMinutes: 30,
  kvLagSeconds: 60,
};

/** @returns how many clusters so many people have, where nothing else is said */
export function clustersFor(people: number): number {
  return Math.max(minClusters, Math.ceil(people / peoplePerCluster));
}

/** @returns the settings of one continent: its part of the people and clusters, and a seed of its own */
export function continentOf(settings: Settings, continent: number): Settings {
  const partOf = (count: number) => Math.floor((count + continent) / settings.continents);
  return {
    ...settings,
    seed: settings.seed + continent * 1_000_003,
    people: partOf(settings.people),
    clusters: Math.max(1, partOf(settings.clusters)),
    continents: 1,
  };
}

const peoplePerIsolate = 1_500;
const minIsolates = 4;
const peopleOfTwoContinents = 10_000;

/** @returns settings for so many people, with as many clusters and isolates as they would have, and two continents if they are many */
export function settingsFor(people: number, changes: Partial<Settings> = {}): Settings {
  const continents = changes.continents ?? (people >= peopleOfTwoContinents ? 2 : defaults.continents);
  const { locations } = { ...defaults, ...changes };
  return {
    ...defaults,
    people,
    continents,
    clusters: clustersFor(people),
    isolatesPerLocation: Math.max(minIsolates, Math.ceil(people / continents / locations / peoplePerIsolate)),
    ...changes,
  };
}
