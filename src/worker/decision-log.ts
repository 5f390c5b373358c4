// One line of JSON for each review. Tokens that are no GitHub tokens can come by the ten thousand a minute (service account tokens of other audiences do), so
// those are counted and logged as a sum. A token, or a part of one, never gets in here: only its credential-id does.
import type { Decision } from "./authenticate.ts";
import type { ForeignKind } from "./credential/recognise.ts";
import type { Facts } from "./facts.ts";
import { undetermined, type Verdict } from "./verdict.ts";

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

const sumEveryMs = 60_000;

/**
 * One log an isolate. A Worker has no timers between requests, so sums are written with the first review after 60 s.
 *
 * @param write takes one line without its end
 */
export function createDecisionLog(write: (line: string) => void): DecisionLog {
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
      const seconds = Math.round((now - countingSince) / 1000);
      writeRecord(now, { event: "ignored", cluster, seconds, counts: Object.fromEntries(byKind) });
    }
    counts = new Map();
    countingSince = null;
  }

  function writeReview(review: Review, verdict: Verdict, details: object, now: number): void {
    writeRecord(now, {
      cluster: review.cluster,
      verdict: verdict.kind,
      reason: verdict.reason,
      ...details,
      certificateDaysLeft: review.certificateDaysLeft,
      durationMs: now - review.startedAt,
    });
  }

  function writeRecord(now: number, record: object): void {
    write(JSON.stringify({ time: new Date(now).toISOString(), ...record }));
  }

  return {
    decided(review, decision, now) {
      writeSums(now);
      if (decision.kind === "foreign") count(review.cluster, decision.foreignKind, now);
      else writeReview(review, decision.verdict, detailsOf(decision), now);
    },
    failed(review, now) {
      writeSums(now);
      writeReview(review, undetermined("internal_error"), {}, now);
    },
  };
}

/** What is known beyond the verdict; JSON leaves out what is undefined. */
function detailsOf(decision: Exclude<Decision, { kind: "foreign" }>): object {
  if (decision.kind === "misconfigured") return { problems: decision.problems };
  const { verdict, credential, evidence, facts, inOutage } = decision;
  const user = verdict.kind === "authenticated" ? verdict.user : undefined;
  return {
    user: user?.username,
    groups: user?.groups.length,
    login: facts?.account.login,
    uid: facts === null ? undefined : String(facts.account.id),
    organisations: facts === null ? undefined : standingsOf(facts),
    credentialKind: credential.tokenKind,
    credentialId: credential.credentialId,
    source: evidence?.source ?? "none",
    githubStatus: evidence?.githubStatus ?? undefined,
    githubRequestId: evidence?.githubRequestId ?? undefined,
    inOutage,
  };
}

/** How the person stands to each organisation that was asked about, in a word: invisible ones with their reason. */
function standingsOf({ organisations }: Facts): object | undefined {
  const standings = Object.entries(organisations).map(([key, standing]) => [
    key,
    standing.kind === "invisible" ? standing.reason : standing.kind,
  ]);
  return standings.length === 0 ? undefined : Object.fromEntries(standings);
}
