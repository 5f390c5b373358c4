// Calls to GitHub for a report, which has hundreds of them: within GitHub's limits, and with the patience of a person.
// One after the other, as GitHub asks for ("make requests serially"). What GitHub wants is waited for, up to a bound.
import type { ApiAddress } from "../../../worker/github/api-address.ts";
import {
  type CallFailure,
  type CallOptions,
  type CallResult,
  createCalls,
  type GitHubCalls,
  isOk,
} from "../../../worker/github/calls.ts";
import type { GitHubClient } from "../../../worker/github/client.ts";
import type { Endpoint } from "../../../worker/github/endpoints.ts";
import type { GitHubResponse } from "../../../worker/github/outcomes.ts";
import { wholeNumberIn } from "../../../worker/github/shared-quota.ts";
import type { Trace } from "../../../worker/github/trace.ts";
import { type Context, cliError } from "../../command.ts";

export interface PatientCalls extends GitHubCalls {
  /** How many requests were sent, repeated ones among them. */
  count(): number;
}

interface PatientCallsOptions extends Pick<Context, "now" | "sleep"> {
  readonly client: GitHubClient;
  readonly api: ApiAddress;
  /** For all waiting together. */
  readonly maxWaitMs: number;
  /**
   * The part of a credential's hourly quota that is left alone: an installation's quota is also that of all reviews.
   */
  readonly reserveOf: (authorization: string | null) => number;
  /** Tells a person why nothing happens for a while. */
  readonly say: (text: string) => void;
}

/** GitHub says how long to wait, or else a minute at least, and longer each time. */
const defaultPauseMs = 60_000;
/** What passes by itself within moments. */
const retryPausesMs = [1_000, 4_000];
/** A moment, so that GitHub's window has ended. */
const marginMs = 1_000;

/** Outcomes that a wait ends. */
const limits = ["github_rate_limit", "github_secondary_limit", "shared_quota_spent"];
const passing = ["github_server_error", "github_timeout", "github_unreachable"];

const noTrace: Trace = { calls: () => [], begin: () => () => {} };

/** @throws CliError, out of a call, where GitHub wants a longer wait than is left */
export function createPatientCalls(options: PatientCallsOptions): PatientCalls {
  const { client, api, now, sleep, maxWaitMs, reserveOf, say } = options;
  const deadline = new AbortController().signal;
  const calls = createCalls({ client, api, now, trace: noTrace, deadline });
  const pausedUntil = new Map<string | null, number>();
  let waitedMs = 0;
  let count = 0;

  async function waitFor(ms: number, why: string): Promise<void> {
    const until = new Date(now() + ms);
    const time = `${until.toISOString().slice(11, 19)} UTC`;
    if (waitedMs + ms > maxWaitMs) {
      const minutes = Math.ceil((waitedMs + ms) / 60_000);
      throw cliError(
        api.restUrl,
        `${why}, and answers again at ${time}: there is no report`,
        `run this again then, or wait here for it: --wait ${minutes}`,
      );
    }
    if (ms >= 10_000) say(`${why}: going on at ${time}`);
    waitedMs += ms;
    await sleep(ms);
  }

  /** The quota ends before GitHub says so: requests beyond it can have an integration banned. */
  function notePause(authorization: string | null, response: GitHubResponse): void {
    if (response.kind !== "answered" || response.status === 401) return;
    const { headers } = response;
    const [limit, remaining, reset] = ["limit", "remaining", "reset"].map((name) =>
      wholeNumberIn(headers, `x-ratelimit-${name}`),
    );
    if (limit == null || remaining == null || reset == null || remaining > limit * reserveOf(authorization)) return;
    pausedUntil.set(authorization, now() + Math.max(0, reset * 1000 - serverTime(headers, now())) + marginMs);
  }

  async function pause(authorization: string | null): Promise<void> {
    const ms = (pausedUntil.get(authorization) ?? 0) - now();
    pausedUntil.delete(authorization);
    if (ms <= 0) return;
    const share = reserveOf(authorization);
    await waitFor(
      ms,
      share === 0
        ? "GitHub's hourly limit for this credential is spent"
        : "the rest of the App's hourly quota is left to reviews",
    );
  }

  async function callUrl<Body, Failure extends CallFailure>(
    endpoint: Endpoint<never, Body, Failure>,
    url: string,
    request: CallOptions,
  ): Promise<CallResult<Body, Failure>> {
    let pauses = 0;
    let retries = 0;
    for (;;) {
      await pause(request.authorization);
      let last: GitHubResponse | null = null;
      const result = await calls.callUrl(endpoint, url, {
        ...request,
        onResponse: (response) => {
          last = response;
          count += 1;
          notePause(request.authorization, response);
          request.onResponse?.(response);
        },
      });
      if (isOk(result)) return result;
      const retryMs = retryPausesMs[retries];
      if (isLimit(result, request.authorization)) {
        const pauseMs = pauseAfter(last, now()) ?? defaultPauseMs * 2 ** pauses;
        pauses += 1;
        pausedUntil.delete(request.authorization);
        await waitFor(pauseMs, "GitHub answers no more requests for now");
      } else if (isOneOf(passing, result) && retryMs !== undefined) {
        retries += 1;
        await sleep(retryMs);
      } else return result;
    }
  }

  return {
    callUrl,
    call: (endpoint, params, request) => callUrl(endpoint, calls.urlOf(endpoint, params), request),
    urlOf: calls.urlOf,
    isOver: () => false,
    count: () => count,
  };
}

/** Without a credential, a limit of 60 is that of this address, and no sign of a token that GitHub does not know. */
function isLimit(result: CallFailure, authorization: string | null): boolean {
  return isOneOf(limits, result) || (authorization === null && result.kind === "unrecognised");
}

function isOneOf(reasons: readonly string[], { reason }: CallFailure): boolean {
  return reason !== undefined && reasons.includes(reason);
}

/** Retry-After first, then the time at which the spent quota is filled up; null where GitHub says neither. */
function pauseAfter(response: GitHubResponse | null, now: number): number | null {
  if (response?.kind !== "answered") return null;
  const { headers } = response;
  const seconds = wholeNumberIn(headers, "retry-after");
  if (seconds !== null) return seconds * 1000 + marginMs;
  const reset = wholeNumberIn(headers, "x-ratelimit-reset");
  if (reset === null || headers.get("x-ratelimit-remaining") !== "0") return null;
  return Math.max(0, reset * 1000 - serverTime(headers, now)) + marginMs;
}

/** By GitHub's own clock, where it tells the time. */
function serverTime(headers: Headers, now: number): number {
  const time = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(time) ? now : time;
}
