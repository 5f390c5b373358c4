// What Workers KV is to a raw workerd: a service that keeps values under their names, in memory, and counts. It is
// asked by HTTP, with the name as the path.

/** GET it on the store's own port. No name of a value looks like it. */
export const countsPath = "/counts";

export interface StoreCounts {
  readonly reads: number;
  readonly writes: number;
}
