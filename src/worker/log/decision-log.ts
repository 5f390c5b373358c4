// Decision log: one line of JSON for each review. Tokens that are not GitHub tokens can come by the ten thousand a
// minute (service account tokens of other audiences do), so those are counted and logged as a sum. No token, nor a part
// of one, gets in here: only its credential-id does.
import type { Decision } from "../authenticate.ts";
import type { ForeignKind } from "../credential/kind.ts";
import type { Facts } from "../github/facts.ts";
import { undetermined, type Verdict } from "../verdict.ts";
import type { MeasuredReview, Metrics } from "./metrics.ts";

/** A review as the app knows it. */
export interface Review {
  readonly cluster: string;
  readonly certificateDaysLeft: number | null;
  /** Milliseconds. */
  readonly startedAt: number;
}

export interface DecisionLog {
  /** @param now milliseconds */
  decided(review: Review, decision: Decision, now: number): void;
  /** A review that ended in an exception. */
  failed(review: Review, now: number): void;
}

/** Decisions that get a line of their own. */
type LoggedDecision = Exclude<Decision, { kind: "foreign" }>;

export const sumEveryMs = 60_000;

/**
 * One log an isolate. A Worker has no timers between requests, so sums are written with the first review after 60 s.
 *
 * @param write takes one line without its end
 * @param metrics takes the same reviews; null for none
 */
export function createDecisionLog(write: (line: string) => void, metrics: Metrics | null = null): DecisionLog {
  let counts = new Map<string, Map<ForeignKind, number>>();
  let countingSince: number | null = null;

  function count(cluster: string, foreignKind: ForeignKind, now: number): void {
    countingSince ??= now;
    const byKind = counts.get(cluster) ?? new Map<ForeignKind, number>();
    counts.set(cluster, byKind.set(foreignKind, (byKind.get(foreignKind) ?? 0) + 1));
  }

  function writeSums(now: number): void {
    if (countingSince === null || now - countingSince < sumEveryMs) return;
    for (const [cluster, byKind] of counts) {
      for (const [foreignKind, reviews] of byKind) metrics?.ignored(cluster, foreignKind, reviews);
      const seconds = Math.round((now - countingSince) / 1000);
      write(
        JSON.stringify({ time: timeOf(now), event: "ignored", cluster, seconds, counts: Object.fromEntries(byKind) }),
      );
    }
    counts = new Map();
    countingSince = null;
  }

  function writeReview(review: Review, verdict: Verdict, decision: LoggedDecision | null, now: number): void {
    write(lineOf(review, verdict, decision, now));
    metrics?.reviewed(measured(review, verdict, decision, now));
  }

  return {
    decided(review, decision, now) {
      writeSums(now);
      if (decision.kind === "foreign") count(review.cluster, decision.foreignKind, now);
      else writeReview(review, decision.verdict, decision, now);
    },
    failed(review, now) {
      writeSums(now);
      writeReview(review, undetermined("internal_error"), null, now);
    },
  };
}

/**
 * JSON leaves out what is undefined. One literal, copied nowhere: this runs with every review.
 *
 * @param decision null where an exception came before one
 */
function lineOf(review: Review, verdict: Verdict, decision: LoggedDecision | null, now: number): string {
  const evaluated = decision?.kind === "evaluated" ? decision : undefined;
  const user = verdict.kind === "authenticated" ? verdict.user : undefined;
  const facts = evaluated?.facts ?? undefined;
  return JSON.stringify({
    time: timeOf(now),
    cluster: review.cluster,
    verdict: verdict.kind,
    reason: verdict.reason,
    problems: decision?.kind === "misconfigured" ? decision.problems : undefined,
    user: user?.username,
    groups: user?.groups.length,
    login: facts?.account.login,
    uid: facts === undefined ? undefined : String(facts.account.id),
    organisations: facts === undefined ? undefined : membershipsOf(facts),
    credentialKind: evaluated?.credential.tokenKind,
    credentialId: evaluated?.credential.credentialId,
    source: evaluated?.source,
    githubStatus: evaluated?.call?.status ?? undefined,
    githubRequestId: evaluated?.call?.requestId ?? undefined,
    outageGrace: evaluated?.outageGrace,
    certificateDaysLeft: review.certificateDaysLeft,
    durationMs: now - review.startedAt,
  });
}

function measured(
  { cluster, certificateDaysLeft, startedAt }: Review,
  verdict: Verdict,
  decision: LoggedDecision | null,
  now: number,
): MeasuredReview {
  const evaluated = decision?.kind === "evaluated" ? decision : undefined;
  return {
    cluster,
    verdict,
    source: evaluated?.source ?? "none",
    tokenKind: evaluated?.credential.tokenKind ?? "",
    durationMs: now - startedAt,
    githubStatus: evaluated?.call?.status ?? null,
    certificateDaysLeft,
    outageGrace: evaluated?.outageGrace ?? false,
  };
}

function timeOf(now: number): string {
  return new Date(now).toISOString();
}

/** The membership in each organisation that was asked about, in a word: of a hidden one, the reason. */
function membershipsOf({ organisations }: Facts): Record<string, string> | undefined {
  let memberships: Record<string, string> | undefined;
  for (const [key, membership] of Object.entries(organisations)) {
    memberships ??= {};
    memberships[key] = membership.kind === "hidden" ? membership.reason : membership.kind;
  }
  return memberships;
}
