// Whom the installed app was told to be no member: strangers can ask as often as they like, with as many tokens as they like, and each answer costs the app's quota, which
// everybody shares.

export interface NonMembers {
  has(accountId: number, organisationId: number): boolean;
  add(accountId: number, organisationId: number): void;
}

/** Short, for whoever is let into the organisation shall get in a moment later; what is remembered for each token may add 10 s. */
const ttlMs = 5_000;
const maxEntries = 10_000;

/** @param now milliseconds */
export function createNonMembers(now: () => number): NonMembers {
  const until = new Map<string, number>();
  const keyOf = (accountId: number, organisationId: number) => `${accountId}/${organisationId}`;
  return {
    has: (accountId, organisationId) => (until.get(keyOf(accountId, organisationId)) ?? 0) > now(),
    add(accountId, organisationId) {
      const key = keyOf(accountId, organisationId);
      until.delete(key);
      until.set(key, now() + ttlMs);
      // A Map keeps the order of insertion, so the first is the oldest.
      const oldest = until.keys().next();
      if (until.size > maxEntries && !oldest.done) until.delete(oldest.value);
    },
  };
}
