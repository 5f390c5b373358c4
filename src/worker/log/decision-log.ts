// Decision log: one line of JSON for each review. Tokens that are not GitHub tokens can come by the ten thousand a
// minute (service account tokens of other audiences do), and so can made-up ones that look right: those are counted and
// logged as a sum. A token that GitHub once accepted is not made up, and gets its line. No token, nor a part of one,
// gets in here: only its credential-id does.
import type { Decision } from "../authenticate.ts";
import type { ForeignKind } from "../credential/kind.ts";
import type { Facts } from "../github/facts.ts";
import { workflowCredentialIdOf, workflowUidOf } from "../policy/workflow-identity.ts";
import type { Reason } from "../reasons.ts";
import { undetermined, type Verdict } from "../verdict.ts";
import type { WorkflowFacts } from "../workflows/facts.ts";
import type { MeasuredDecision, Metrics } from "./metrics.ts";

/** A review as the app knows it. */
export interface Review {
  readonly door: "webhook";
  readonly cluster: string;
  readonly certificateDaysLeft: number | null;
  /** Milliseconds. */
  readonly startedAt: number;
}

/** A decision at the sign-in hostname. */
export interface SignIn {
  readonly door: "sign-in";
  /** A cluster, or a web application. */
  readonly client: string;
  readonly grant: Grant;
  /** The decision before a code is given out, and the one before a token is. */
  readonly step: "callback" | "token";
  /** `jti` of the ID token that is issued if the decision allows it; null where none is. */
  readonly tokenId: string | null;
  /** Milliseconds. */
  readonly startedAt: number;
}

export type Grant = "authorization_code" | "refresh_token" | "device_code" | "token_exchange" | "userinfo";

export type Question = Review | SignIn;

export interface DecisionLog {
  /** @param now milliseconds */
  decided(question: Question, decision: Decision, now: number): void;
  /** A question that ended in an exception. */
  failed(question: Question, now: number): void;
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
  "workflow_token_forged",
  "workflow_key_unknown",
  "workflow_key_pending",
  "workflow_keys_unavailable",
] satisfies Reason[]);

/** What is counted between two sums, for one cluster or client: foreign tokens, and reasons of made-up ones. */
interface Sum {
  readonly question: Question;
  readonly foreign: Map<ForeignKind, number>;
  readonly doubtful: Map<Reason, number>;
}

/**
 * One log an isolate. A Worker has no timers between requests, so sums are written with the first review after 60 s.
 *
 * @param write takes one line without its end
 * @param metrics takes the same reviews; null for none
 */
export function createDecisionLog(write: (line: string) => void, metrics: Metrics | null = null): DecisionLog {
  let sums = new Map<string, Sum>();
  let countingSince: number | null = null;

  function sumOf(question: Question, now: number): Sum {
    countingSince ??= now;
    const key = `${question.door} ${nameOf(question)}`;
    const sum = sums.get(key) ?? { question, foreign: new Map(), doubtful: new Map() };
    sums.set(key, sum);
    return sum;
  }

  function writeSums(now: number): void {
    if (countingSince === null || now - countingSince < sumEveryMs) return;
    const seconds = Math.round((now - countingSince) / 1000);
    for (const { question, foreign, doubtful } of sums.values()) {
      for (const [foreignKind, number] of foreign) metrics?.ignored(nameOf(question), foreignKind, number);
      const withoutLine = [...doubtful].flatMap(([reason, number]) =>
        number > maxLines ? [[reason, number - maxLines] as const] : [],
      );
      const counts = Object.fromEntries([...foreign, ...withoutLine]);
      if (Object.keys(counts).length === 0) continue;
      const { door, cluster, client } = askerOf(question);
      write(JSON.stringify({ time: timeOf(now), event: "ignored", door, cluster, client, seconds, counts }));
    }
    sums = new Map();
    countingSince = null;
  }

  function writeDecision(question: Question, verdict: Verdict, decision: LoggedDecision | null, now: number): void {
    const isUnknown =
      (decision?.kind === "evaluated" && decision.facts === null && !decision.isKnownToken) ||
      (decision?.kind === "workflow" && decision.facts === null);
    const isDoubtful = isUnknown && summedReasons.has(verdict.reason);
    if (!isDoubtful || count(sumOf(question, now).doubtful, verdict.reason) <= maxLines) {
      write(lineOf(question, verdict, decision, now));
    }
    if (isCounted(question, verdict)) metrics?.decided(measured(question, verdict, decision, now));
  }

  function writeForeign(question: Question, foreignKind: ForeignKind, { kind, reason }: Verdict, now: number): void {
    const number = count(sumOf(question, now).foreign, foreignKind);
    if (foreignKind !== "github_malformed" || number > maxMalformedLines) return;
    write(JSON.stringify({ time: timeOf(now), ...askerOf(question), verdict: kind, reason, foreignKind }));
  }

  return {
    decided(question, decision, now) {
      writeSums(now);
      if (decision.kind === "foreign") writeForeign(question, decision.foreignKind, decision.verdict, now);
      else writeDecision(question, decision.verdict, decision, now);
    },
    failed(question, now) {
      writeSums(now);
      writeDecision(question, undetermined("internal_error"), null, now);
    },
  };
}

/** @returns how many of this kind there were since the last sum, this one included */
function count<Kind>(counts: Map<Kind, number>, kind: Kind): number {
  const number = (counts.get(kind) ?? 0) + 1;
  counts.set(kind, number);
  return number;
}

function nameOf(question: Question): string {
  return question.door === "webhook" ? question.cluster : question.client;
}

/** Of one sign-in, the metrics count what comes last: a refusal before the code, or what is decided about the token. */
function isCounted(question: Question, verdict: Verdict): boolean {
  if (question.door === "webhook") return true;
  return question.grant !== "userinfo" && (question.step === "token" || verdict.kind !== "authenticated");
}

function askerOf(question: Question) {
  const isReview = question.door === "webhook";
  return {
    door: question.door,
    cluster: isReview ? question.cluster : undefined,
    client: isReview ? undefined : question.client,
    grant: isReview ? undefined : question.grant,
    step: isReview ? undefined : question.step,
  };
}

/**
 * JSON leaves out what is undefined. One literal, copied nowhere: this runs with every review. A person who pushes a
 * branch chooses names in a token that GitHub signs: what could hide or move text on a screen, or look like another
 * character, is written as JSON's escapes.
 *
 * @param decision null where an exception came before one
 */
function lineOf(question: Question, verdict: Verdict, decision: LoggedDecision | null, now: number): string {
  const review = question.door === "webhook" ? question : undefined;
  const signIn = question.door === "sign-in" ? question : undefined;
  const evaluated = decision?.kind === "evaluated" ? decision : undefined;
  const user = verdict.kind === "authenticated" ? verdict.user : undefined;
  const facts = evaluated?.facts ?? undefined;
  const workflow = decision?.kind === "workflow" ? decision : undefined;
  const run = workflow?.facts ?? undefined;
  const line = JSON.stringify({
    time: timeOf(now),
    door: question.door,
    cluster: review?.cluster,
    client: signIn?.client,
    grant: signIn?.grant,
    step: signIn?.step,
    tokenId: user === undefined ? undefined : (signIn?.tokenId ?? undefined),
    verdict: verdict.kind,
    reason: verdict.reason,
    problems: decision?.kind === "misconfigured" ? decision.problems : undefined,
    user: user?.username,
    groups: user?.groups.length,
    login: facts?.account.login,
    uid: facts === undefined ? run && workflowUidOf(run) : String(facts.account.id),
    repository: run?.repository.name,
    workflow: run?.workflowRef ?? undefined,
    environment: run?.environment ?? undefined,
    event: run?.event,
    run: runOf(run),
    actor: run?.actor ?? undefined,
    organisations: facts === undefined ? undefined : membershipsOf(facts),
    credentialKind: workflow === undefined ? evaluated?.credential.tokenKind : "workflow",
    credentialId: run === undefined ? evaluated?.credential.credentialId : workflowCredentialIdOf(run),
    source: (evaluated ?? workflow)?.source,
    githubStatus: evaluated?.call?.status ?? undefined,
    githubRequestId: evaluated?.call?.requestId ?? undefined,
    outageGrace: evaluated?.graceEndsAt === undefined ? undefined : true,
    repeated: (evaluated ?? workflow)?.repeated,
    certificateDaysLeft: review?.certificateDaysLeft,
    durationMs: now - question.startedAt,
  });
  return line.replace(notAscii, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const notAscii = /[^\x20-\x7e]/g;

function measured(
  question: Question,
  verdict: Verdict,
  decision: LoggedDecision | null,
  now: number,
): MeasuredDecision {
  const evaluated = decision?.kind === "evaluated" ? decision : undefined;
  const workflow = decision?.kind === "workflow" ? decision : undefined;
  return {
    event: question.door === "webhook" ? "review" : "sign_in",
    name: nameOf(question),
    grant: question.door === "webhook" ? "" : question.grant,
    verdict,
    source: (evaluated ?? workflow)?.source ?? "none",
    tokenKind: workflow === undefined ? (evaluated?.credential.tokenKind ?? "") : "workflow",
    durationMs: now - question.startedAt,
    githubStatus: evaluated?.call?.status ?? null,
    certificateDaysLeft: question.door === "webhook" ? question.certificateDaysLeft : null,
    outageGrace: evaluated?.graceEndsAt !== undefined,
  };
}

/** @returns ID/ATTEMPT */
function runOf(facts: WorkflowFacts | undefined): string | undefined {
  return facts === undefined || facts.runId === null ? undefined : `${facts.runId}/${facts.runAttempt ?? ""}`;
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
