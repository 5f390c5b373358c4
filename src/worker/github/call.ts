// One call that is answered, with what the log wants to know about it; and what several calls come to together.

import type { GitHubReply } from "./client.ts";
import type { Evidence, Refusal } from "./facts.ts";
import { contradiction } from "./outcomes.ts";

/** An outcome and the answer that it rests on. */
export interface Asked<Outcome> {
  readonly outcome: Outcome;
  readonly evidence: Evidence;
}

/** The evidence of what was known without a call. */
export const notAsked: Evidence = { source: "github", githubStatus: null, githubRequestId: null, retryAfterMs: null };

export function evidenceOf(reply: GitHubReply): Evidence {
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

export function isRefusal(outcome: { readonly kind: string }): outcome is Refusal {
  return ["refused", "unrecognised", "suspended", "limited", "unavailable"].includes(outcome.kind);
}

/**
 * What a refusal means once `GET /user` has found the holder of the same token: another call that says the token is unknown or its holder suspended
 * contradicts it. One of the two may be a moment older, so this is no word of GitHub's that anybody could be refused on.
 */
export function afterFound(refusal: Refusal): Refusal {
  return refusal.kind === "limited" || refusal.kind === "unavailable" ? refusal : contradiction;
}

/** The refusal that counts among several: trouble first, since it says nothing about anybody. */
export function gravest<A extends Asked<Refusal>>(asked: readonly A[]): A | undefined {
  return asked.find(({ outcome }) => outcome.kind === "unavailable") ?? asked[0];
}
