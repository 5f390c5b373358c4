// Quotas that all users share: GitHub counts what the deployment asks with its own credentials (an app's client, the
// installed app, each of its installations) against those, for a review of any user. So each is watched in this
// isolate's memory: what is left is kept for users who are known, and nothing is asked while GitHub wants a rest.
import { BoundedMap } from "../bounded-map.ts";
import type { LimitedReason } from "./facts.ts";
import { type GitHubResponse, saysLimit } from "./outcomes.ts";

/** The deployment's own quota does not allow a call. */
export interface SharedLimit {
  readonly kind: "limited";
  readonly reason: Extract<LimitedReason, "shared_quota_spent" | "shared_quota_reserved">;
}

/** For whom a call is made. */
export interface QuotaUse {
  /** Whether it is about a token that never let its owner in. */
  readonly isNeverSeen: boolean;
  /** Whose token it is; null where that is not known, or does not count. */
  readonly accountId: number | null;
}

export interface SharedQuota {
  /** @returns why no call may be made now, or null; then the call counts as made */
  refusalOf(use: QuotaUse): SharedLimit | null;
  /** Takes a call back that cost nothing: GitHub answered 304. */
  takeBack(use: QuotaUse): void;
  /** Takes what a response says about the quota. */
  observe(response: GitHubResponse): void;
}

/** One quota for each name: GitHub counts apart for each credential, and GraphQL apart from all other calls. */
export interface SharedQuotas {
  of(name: string): SharedQuota;
}

export const sharedQuotaSpent: SharedLimit = { kind: "limited", reason: "shared_quota_spent" };
const sharedQuotaReserved: SharedLimit = { kind: "limited", reason: "shared_quota_reserved" };

/** This part of a quota is for users who are known, */
export const reservedShare = 1 / 3;
/** and not for one who used more than this part of it: a member may have hundreds of tokens. */
const fairShare = 1 / 30;
const maxAccounts = 20_000;
/** GitHub's windows are an hour. A wrong header must not stop all calls for longer. */
const windowMs = 60 * 60_000;
/** GitHub asks for at least a minute where it does not say how long. */
const defaultPauseMs = 60_000;

/** @param now milliseconds */
export function createSharedQuotas(now: () => number): SharedQuotas {
  const quotas = new Map<string, SharedQuota>();
  return {
    of(name) {
      const known = quotas.get(name);
      if (known !== undefined) return known;
      const quota = createSharedQuota(now);
      quotas.set(name, quota);
      return quota;
    },
  };
}

function createSharedQuota(now: () => number): SharedQuota {
  let left: { readonly limit: number; readonly remaining: number; readonly until: number } | null = null;
  let pausedUntil = 0;
  let uses = createUses();

  /** @returns how many calls were made for the account since the window began, with this one */
  function countUse(accountId: number | null): number {
    if (accountId === null) return 0;
    const count = (uses.get(String(accountId)) ?? 0) + 1;
    uses.set(String(accountId), count);
    return count;
  }

  return {
    takeBack({ accountId }) {
      const count = accountId === null ? undefined : uses.get(String(accountId));
      if (count !== undefined) uses.set(String(accountId), count - 1);
    },
    refusalOf({ isNeverSeen, accountId }) {
      const time = now();
      if (time < pausedUntil) return sharedQuotaSpent;
      if (left !== null && time >= left.until) {
        left = null;
        uses = createUses();
      }
      if (left?.remaining === 0) return sharedQuotaSpent;
      const count = countUse(accountId);
      if (left === null || left.remaining > left.limit * reservedShare) return null;
      return isNeverSeen || count > left.limit * fairShare ? sharedQuotaReserved : null;
    },
    observe(response) {
      // A credential that GitHub does not know is counted elsewhere.
      if (response.kind !== "answered" || response.status === 401) return;
      const { headers } = response;
      const resetMs = millisecondsIn(headers, "x-ratelimit-reset");
      const until = resetMs === null ? null : Math.min(resetMs, now() + windowMs);
      const limit = wholeNumberIn(headers, "x-ratelimit-limit");
      const remaining = wholeNumberIn(headers, "x-ratelimit-remaining");
      if (until !== null && limit !== null && limit > 0 && remaining !== null) left = { limit, remaining, until };
      if (!saysLimit(response)) return;
      const retryAfterMs = millisecondsIn(headers, "retry-after");
      const isSpent = remaining === 0 && until !== null;
      const pauseMs = retryAfterMs ?? (isSpent ? until - now() : defaultPauseMs);
      pausedUntil = now() + Math.min(pauseMs, windowMs);
    },
  };
}

function createUses(): BoundedMap<number> {
  return new BoundedMap({ maxEntries: maxAccounts, maxBytes: maxAccounts, bytesOf: () => 1 });
}

function millisecondsIn(headers: Headers, name: string): number | null {
  const seconds = wholeNumberIn(headers, name);
  return seconds === null ? null : seconds * 1000;
}

/** @returns the number in a header; null where there is none */
export function wholeNumberIn(headers: Headers, name: string): number | null {
  const value = headers.get(name) ?? "";
  return /^\d{1,12}$/.test(value) ? Number(value) : null;
}
