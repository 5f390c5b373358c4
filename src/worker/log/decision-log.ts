// Decision log: one line of JSON for each review. Tokens that are not GitHub tokens can come by the ten thousand a
// minute (service account tokens of other audiences do), and so can made-up ones that look right: those are counted and
// logged as a sum. A token that GitHub once accepted is not made up, and gets its line. No token, nor a part of one,
// gets in here: only its credential-id does.
import type { Decision } from "../authenticate.ts";
import type { ForeignKind } from "../credential/kind.ts";
import type { Facts } from "../github/facts.ts";
import type { Reason } from "../reasons.ts";
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

/** So many lines of one kind a cluster gets between two sums. */
const maxLines = 20;
/** A token that was not copied whole is the commonest mistake, so one line says so. */
const maxMalformedLines = 1;

/** What is said about tokens that may be made up: nothing is known of their owner. */
const summedReasons: ReadonlySet<string> = new Set([
  "token_refused",
  "token_unrecognised",
  "token_client_mismatch",
  "token_kind_not_allowed",
  "new_token_rate_limit",
  "shared_quota_reserved",
] satisfies Reason[]);

/**
 * One log an isolate. A Worker has no timers between requests, so sums are written with the first review after 60 s.
 *
 * @param write takes one line without its end
 * @param metrics takes the same reviews; null for none
 */
export function createDecisionLog(write: (line: string) => void, metrics: Metrics | null = null): DecisionLog {
  /** By cluster: foreign tokens, and reviews whose reason may be that of a made-up token. */
  let foreign = new Map<string, Map<ForeignKind, number>>();
  let doubtful = new Map<string, Map<Reason, number>>();
  let countingSince: number | null = null;

  /** @returns how many of this kind the cluster had since the last sum, this one included */
  function count<Kind>(counts: Map<string, Map<Kind, number>>, cluster: string, kind: Kind, now: number): number {
    countingSince ??= now;
    const byKind = counts.get(cluster) ?? new Map<Kind, number>();
    const number = (byKind.get(kind) ?? 0) + 1;
    counts.set(cluster, byKind.set(kind, number));
    return number;
  }

  function writeSums(now: number): void {
    if (countingSince === null || now - countingSince < sumEveryMs) return;
    const seconds = Math.round((now - countingSince) / 1000);
    for (const cluster of new Set([...foreign.keys(), ...doubtful.keys()])) {
      const ignored = [...(foreign.get(cluster) ?? [])];
      for (const [foreignKind, reviews] of ignored) metrics?.ignored(cluster, foreignKind, reviews);
      const withoutLine = [...(doubtful.get(cluster) ?? [])].flatMap(([reason, reviews]) =>
        reviews > maxLines ? [[reason, reviews - maxLines] as const] : [],
      );
      const counts = Object.fromEntries([...ignored, ...withoutLine]);
      if (Object.keys(counts).length === 0) continue;
      write(JSON.stringify({ time: timeOf(now), event: "ignored", cluster, seconds, counts }));
    }
    foreign = new Map();
    doubtful = new Map();
    countingSince = null;
  }

  function writeReview(review: Review, verdict: Verdict, decision: LoggedDecision | null, now: number): void {
    const isUnknown = decision?.kind === "evaluated" && decision.facts === null && !decision.isKnownToken;
    const isDoubtful = isUnknown && summedReasons.has(verdict.reason);
    if (!isDoubtful || count(doubtful, review.cluster, verdict.reason, now) <= maxLines) {
      write(lineOf(review, verdict, decision, now));
    }
    metrics?.reviewed(measured(review, verdict, decision, now));
  }

  function writeForeign({ cluster }: Review, foreignKind: ForeignKind, { kind, reason }: Verdict, now: number): void {
    const number = count(foreign, cluster, foreignKind, now);
    if (foreignKind !== "github_malformed" || number > maxMalformedLines) return;
    write(JSON.stringify({ time: timeOf(now), cluster, verdict: kind, reason, foreignKind }));
  }

  return {
    decided(review, decision, now) {
      writeSums(now);
      if (decision.kind === "foreign") writeForeign(review, decision.foreignKind, decision.verdict, now);
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
    repeated: evaluated?.repeated,
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
    if (membership.kind === "active" && membership.teamsHidden !== null)
      memberships[key] += `, teams: ${membership.teamsHidden}`;
  }
  return memberships;
}
