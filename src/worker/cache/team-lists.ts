// Lists of teams that came whole. A user's list can be made so long or so deep that GitHub fails at it, and grace is
// for outages of GitHub alone: where another account's list has come since, GitHub is not down.
import type { Entry } from "./entry.ts";

export interface TeamLists {
  /** Keeps whose lists GitHub has sent, to this isolate or to another one. */
  note(entry: Entry | null, now: number): void;
  /**
   * @param key of a part of an entry
   * @returns whether the same list of another account has come then, or later
   */
  hasAnothers(key: string, accountId: number, since: number): boolean;
}

interface Whole {
  readonly accountId: number;
  readonly at: number;
}

export function createTeamLists(): TeamLists {
  /** By the key of a part: the lists of the last account and of another one before it. */
  const whole = new Map<string, readonly Whole[]>();
  const othersOf = (key: string, accountId: number) =>
    (whole.get(key) ?? []).filter((one) => one.accountId !== accountId);

  return {
    note(entry, now) {
      if (entry?.kind !== "facts") return;
      const accountId = entry.account.id;
      for (const [key, { membership, askedAt: at }] of Object.entries(entry.organisations)) {
        if (membership.kind !== "active" || membership.teamsHidden !== null || at > now) continue;
        const known = [{ accountId, at }, ...othersOf(key, accountId)];
        whole.set(key, known.sort((one, other) => other.at - one.at).slice(0, 2));
      }
    },
    hasAnothers: (key, accountId, since) => othersOf(key, accountId).some(({ at }) => at >= since),
  };
}
