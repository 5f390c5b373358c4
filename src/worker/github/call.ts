// One call that is answered, with what the log wants to know about it; and what several calls come to together.

import type { GitHubReply } from "./client.ts";
import type { LookupFailure, ResponseInfo } from "./facts.ts";
import { inconsistentResponses } from "./outcomes.ts";

/** An outcome and the answer that it rests on. */
export interface WithResponse<Outcome> {
  readonly outcome: Outcome;
  readonly responseInfo: ResponseInfo;
}

/** The responseInfo of what was known without a call. */
export const notAsked: ResponseInfo = {
  source: "github",
  githubStatus: null,
  githubRequestId: null,
  retryAfterMs: null,
};

export function responseInfoOf(reply: GitHubReply): ResponseInfo {
  const id = reply.headers?.get("x-github-request-id") ?? "";
  // It goes into the log, so it has to look like one: with a separator, which no legacy token has.
  const githubRequestId = /^(?=.*[:-])[A-Za-z0-9:-]{1,100}$/.test(id) ? id : null;
  const githubStatus = reply.kind === "answered" && reply.notModified ? 304 : reply.status;
  return { source: "github", githubStatus, githubRequestId, retryAfterMs: retryAfterOf(reply.headers) };
}

/** Retry-After in seconds, or else when the spent quota is filled up again, by GitHub's own clock. */
function retryAfterOf(headers: Headers | null): number | null {
  const seconds = headers?.get("retry-after") ?? "";
  if (/^\d{1,6}$/.test(seconds)) return Number(seconds) * 1000;
  if (headers?.get("x-ratelimit-remaining") !== "0") return null;
  const waitMs = Number(headers.get("x-ratelimit-reset") ?? Number.NaN) * 1000 - Date.parse(headers.get("date") ?? "");
  return Number.isNaN(waitMs) ? null : Math.max(waitMs, 0);
}

export function isLookupFailure(outcome: { readonly kind: string }): outcome is LookupFailure {
  return ["refused", "unrecognised", "suspended", "limited", "unavailable"].includes(outcome.kind);
}

/**
 * What a refusal means once `GET /user` has found the owner of the same token: another call that says the token is unknown or its owner suspended
 * contradicts it. One of the two may be a moment older, so this is no word of GitHub's that anybody could be refused on.
 */
export function afterFound(refusal: LookupFailure): LookupFailure {
  return refusal.kind === "limited" || refusal.kind === "unavailable" ? refusal : inconsistentResponses;
}

/** The refusal that counts among several: trouble first, since it says nothing about anybody. */
export function worst<A extends WithResponse<LookupFailure>>(asked: readonly A[]): A | undefined {
  return asked.find(({ outcome }) => outcome.kind === "unavailable") ?? asked[0];
}
