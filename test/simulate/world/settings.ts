// Settings of a simulation: the operator's settings, the clusters, the people, and assumptions about
// Cloudflare's network. Plain data: it travels to worker threads.
/** Where facts come from: what GitHub is asked with, and whose quota that costs. */
export const sources = ["own_token", "client_secret", "installed_app", "installed_app_with_teams"] as const;
export type Source = (typeof sources)[number];

export interface Settings {
  readonly seed: number;
  readonly source: Source;
  readonly people: number;
  /** No person works across regions, so each is simulated on its own, and the figures are added up. */
  readonly regions: number;
  /** Cloudflare locations in a region: that is where a region's clusters are. */
  readonly locations: number;
  readonly clusters: number;
  readonly apiserversPerCluster: number;
  /** --authentication-token-webhook-cache-ttl; the fixed 10 s come on top. */
  readonly apiserverCacheSeconds: number;
  /** CACHE_TTL_SECONDS */
  readonly ttlSeconds: number;
  /** OUTAGE_GRACE_SECONDS */
  readonly graceSeconds: number;
  /** Whether the free plan's daily limits apply to KV. */
  readonly plan: "free" | "paid";
  /**
   * Between which the connections of apiservers are spread in a location. Cloudflare documents neither this nor the
   * next two.
   */
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
  source: "own_token",
  people: 300,
  regions: 1,
  locations: 2,
  clusters: minClusters,
  apiserversPerCluster: 3,
  apiserverCacheSeconds: 10,
  ttlSeconds: 120,
  graceSeconds: 600,
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

/** @returns the settings of one region: its part of the people and clusters, and a seed of its own */
export function regionOf(settings: Settings, region: number): Settings {
  const partOf = (count: number) => Math.floor((count + region) / settings.regions);
  return {
    ...settings,
    seed: settings.seed + region * 1_000_003,
    people: partOf(settings.people),
    clusters: Math.max(1, partOf(settings.clusters)),
    regions: 1,
  };
}

const peoplePerIsolate = 1_500;
const minIsolates = 4;
const peoplePerRegion = 5_000;

/**
 * @returns settings for so many people, with as many clusters and isolates as they would have, and a region to 5,000 of
 * them
 */
export function settingsFor(people: number, changes: Partial<Settings> = {}): Settings {
  const regions = changes.regions ?? Math.ceil(people / peoplePerRegion);
  const { locations } = { ...defaults, ...changes };
  return {
    ...defaults,
    people,
    regions,
    clusters: clustersFor(people),
    isolatesPerLocation: Math.max(minIsolates, Math.ceil(people / regions / locations / peoplePerIsolate)),
    ...changes,
  };
}
