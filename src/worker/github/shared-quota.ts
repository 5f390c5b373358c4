// Quotas that all users share: GitHub counts what the deployment asks with its own credentials (an app's client, the
// installed app, each of its installations) against those, whoever the review is about. So each is watched in this
// isolate's memory: what is left is kept for users who are known, and nothing is asked while GitHub wants a rest.
import type { LimitedReason } from "./facts.ts";
import { type GitHubResponse, saysLimit } from "./outcomes.ts";

/** The deployment's own quota does not allow a call. */
export interface SharedLimit {
  readonly kind: "limited";
  readonly reason: Extract<LimitedReason, "shared_quota_spent" | "shared_quota_reserved">;
}

export interface SharedQuota {
  /**
   * @param isNeverSeen whether the call is about a token that never let its owner in
   * @returns why no call may be made now, or null
   */
  refusalOf(isNeverSeen: boolean): SharedLimit | null;
  /** Takes what a response says about the quota. */
  observe(response: GitHubResponse): void;
}

/** One quota for each name: GitHub counts apart for each credential, and GraphQL apart from all other calls. */
export interface SharedQuotas {
  of(name: string): SharedQuota;
}

export const sharedQuotaSpent: SharedLimit = { kind: "limited", reason: "shared_quota_spent" };
const sharedQuotaReserved: SharedLimit = { kind: "limited", reason: "shared_quota_reserved" };

/** This part of a quota is for users who are known. */
const reservedShare = 1 / 3;
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
  let left: { readonly share: number; readonly until: number } | null = null;
  let pausedUntil = 0;

  return {
    refusalOf(isNeverSeen) {
      const time = now();
      if (time < pausedUntil) return sharedQuotaSpent;
      if (left === null || time >= left.until) return null;
      if (left.share === 0) return sharedQuotaSpent;
      return isNeverSeen && left.share <= reservedShare ? sharedQuotaReserved : null;
    },
    observe(response) {
      // A credential that GitHub does not know is counted elsewhere.
      if (response.kind !== "answered" || response.status === 401) return;
      const { headers } = response;
      const resetMs = millisecondsIn(headers, "x-ratelimit-reset");
      const until = resetMs === null ? null : Math.min(resetMs, now() + windowMs);
      const limit = wholeNumberIn(headers, "x-ratelimit-limit");
      const remaining = wholeNumberIn(headers, "x-ratelimit-remaining");
      if (until !== null && limit !== null && limit > 0 && remaining !== null)
        left = { share: remaining / limit, until };
      if (!saysLimit(response)) return;
      const retryAfterMs = millisecondsIn(headers, "retry-after");
      const isSpent = remaining === 0 && until !== null;
      const pauseMs = retryAfterMs ?? (isSpent ? until - now() : defaultPauseMs);
      pausedUntil = now() + Math.min(pauseMs, windowMs);
    },
  };
}

function millisecondsIn(headers: Headers, name: string): number | null {
  const seconds = wholeNumberIn(headers, name);
  return seconds === null ? null : seconds * 1000;
}

function wholeNumberIn(headers: Headers, name: string): number | null {
  const value = headers.get(name) ?? "";
  return /^\d{1,12}$/.test(value) ? Number(value) : null;
}
