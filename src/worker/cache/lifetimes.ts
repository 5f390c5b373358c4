// How long what GitHub said is used.
export interface Lifetimes {
  /** How long facts are fresh. */
  readonly ttlMs: number;
  /** How much longer stale facts are used while GitHub is unavailable (stale-if-error, RFC 5861). */
  readonly graceMs: number;
  /** See TeamLists; left out where that is not known. */
  readonly hasAnothers?: (key: string, accountId: number, since: number) => boolean;
}
