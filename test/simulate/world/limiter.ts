// The rate-limiting binding with the settings of wrangler.toml: in each location and for each cluster so many in a
// minute.

const limit = 300;
const periodMs = 60_000;

/** @returns one location's limiter: whether one more never-seen token of a cluster may be asked about */
export function createLimiter(now: () => number): (cluster: string) => Promise<boolean> {
  const windows = new Map<string, { readonly period: number; readonly count: number }>();
  return (cluster) => {
    const period = Math.floor(now() / periodMs);
    const earlier = windows.get(cluster);
    const count = earlier?.period === period ? earlier.count + 1 : 1;
    windows.set(cluster, { period, count });
    return Promise.resolve(count <= limit);
  };
}
