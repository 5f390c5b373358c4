// Calls of one isolate on quotas that all people share: the product's own watch over them, before GitHub's quotas.
import {
  createSharedQuotas,
  type QuotaUse,
  type SharedLimit,
  sharedQuotaSpent,
} from "../../../src/worker/github/shared-quota.ts";
import type { Meter } from "./counts.ts";
import { minuteMs } from "./habits.ts";
import type { HourlyQuota } from "./hourly-quota.ts";

/** The quotas of a deployment's credentials at GitHub, whichever isolate uses them. */
export interface GitHubQuotas {
  /** Of the OAuth App's client id and secret. */
  readonly client: HourlyQuota;
  /** Of the installation. */
  readonly rest: HourlyQuota;
  readonly graphql: HourlyQuota;
}

export interface SharedCalls {
  /** @returns why nothing was asked, or null */
  ask(name: keyof GitHubQuotas, use: QuotaUse, isNotModified?: boolean): SharedLimit | null;
  /** @returns whether the person's membership is known to this isolate in this version, for a 304 */
  knowsMembership(accountId: number, version: number): boolean;
}

/** An installation's token is replaced five minutes before its hour ends, and GitHub's ETags depend on it. */
const tokenLifeMs = 55 * minuteMs;

export function createSharedCalls(quotas: GitHubQuotas, meter: Meter, now: () => number): SharedCalls {
  const watched = createSharedQuotas(now);
  let versions = new Map<number, number>();
  let tokenEndsAt = Number.NEGATIVE_INFINITY;
  return {
    ask(name, use, isNotModified = false) {
      const quota = watched.of(name);
      const limit = quota.refusalOf(use);
      const response = limit === null ? quotas[name].answer(isNotModified) : null;
      if (response !== null) quota.observe(response);
      if (response === null || response.status === 403) {
        meter.counts.githubSharedRefused += 1;
        return limit ?? sharedQuotaSpent;
      }
      if (isNotModified) meter.counts.githubNotModified += 1;
      else if (name === "graphql") meter.counts.githubSharedGraphql += 1;
      else meter.counts.githubShared += 1;
      return null;
    },
    knowsMembership(accountId, version) {
      if (tokenEndsAt <= now()) {
        tokenEndsAt = now() + tokenLifeMs;
        versions = new Map();
      }
      const isKnown = versions.get(accountId) === version;
      versions.set(accountId, version);
      return isKnown;
    },
  };
}
