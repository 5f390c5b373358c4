// The one place where the tiers are stacked: isolate memory → Workers KV → GitHub. Facts are remembered, never decisions; a "no" is remembered for seconds only; and what GitHub refused can't come back
// while GitHub is down.
import type { Evidence, Facts, FactsAnswer, FactsSource, Question } from "../facts.ts";
import type { GitHubFacts } from "../github/github-facts.ts";
import { believe, believeInOutage, isDueForRefresh, type Lifetimes } from "./belief.ts";
import type { Breaker } from "./breaker.ts";
import { type Entry, type FactsEntry, factsEntryOf, factsIn, mergeEntries, missingParts } from "./entry.ts";
import type { KvTier } from "./kv-tier.ts";
import type { MemoryTier } from "./memory-tier.ts";
import type { Refusals } from "./refusals.ts";
import { isWorthWriting } from "./write-rule.ts";

export interface RememberedFactsOptions {
  readonly github: GitHubFacts;
  readonly memory: MemoryTier;
  readonly kv: KvTier;
  readonly refusals: Refusals;
  /** A token's name in KV and among the refusals. */
  readonly nameOf: (token: string) => Promise<string>;
  readonly breaker: Breaker;
  /** Whether one more never-seen token of this cluster may be asked about. */
  readonly admitNeverSeen: (cluster: string) => Promise<boolean>;
  readonly lifetimes: Lifetimes;
  readonly now: () => number;
  /** Keeps work going after the answer. */
  readonly waitUntil: (work: Promise<void>) => void;
}

/** A token in the middle of a review. */
interface Subject {
  readonly token: string;
  readonly credentialId: string;
  readonly question: Question;
}

/** What is known about it so far. */
interface Known {
  readonly entry: Entry | null;
  /** What KV holds as far as this isolate knows. */
  readonly copy: Entry | null;
}

const nobodyAsked: Evidence = { source: "none", githubStatus: null, githubRequestId: null, retryAfterMs: null };
const fromMemory: Evidence = { ...nobodyAsked, source: "memory" };
const fromKv: Evidence = { ...nobodyAsked, source: "kv" };

/** A refresh that has not ended by then never will: the request that it belonged to was cancelled. */
const refreshTimeoutMs = 15_000;

export function createRememberedFacts(options: RememberedFactsOptions): FactsSource {
  const { github, memory, kv, refusals, nameOf, breaker, admitNeverSeen, lifetimes, now, waitUntil } = options;

  async function ask(subject: Subject): Promise<FactsAnswer> {
    const { token, question } = subject;
    const remembered = memory.get(token) ?? null;
    const warm = believed(remembered?.entry, question);
    if (warm !== null) {
      refreshIfDue(subject);
      return found(warm, fromMemory);
    }

    const name = await nameOf(token);
    const refusal = refusals.get(name, now());
    if (refusal !== null) return { outcome: refusal, evidence: fromMemory };

    const copy = mergeEntries(remembered?.copy ?? null, await kv.read(name));
    const entry = mergeEntries(remembered?.entry ?? null, copy);
    if (entry !== null) memory.set(token, { entry, copy, refreshingSince: remembered?.refreshingSince ?? null });
    const shared = believed(entry, question);
    if (shared !== null) {
      refreshIfDue(subject);
      return found(shared, fromKv);
    }

    if (entry === null && !(await admitNeverSeen(question.cluster))) {
      return { outcome: { kind: "limited", reason: "never_seen_limit" }, evidence: nobodyAsked };
    }
    const known = { entry, copy };
    if (breaker.isOpen()) {
      const standing = stillStanding(entry, question);
      if (standing !== null) {
        refreshIfDue(subject);
        return found(standing, remembered === null ? fromKv : fromMemory, true);
      }
    }
    return askGitHub(subject, name, known);
  }

  /** Asks GitHub and remembers what it says; while it is unavailable, what is known may stand. */
  async function askGitHub(subject: Subject, name: string, { entry, copy }: Known): Promise<FactsAnswer> {
    const { token, credentialId, question } = subject;
    const askedAt = now();
    const earlier = entry?.kind === "facts" ? entry : null;
    const { outcome, evidence, validators } = await github.ask(token, narrowed(question, earlier), earlier);
    breaker.report(outcome.kind !== "unavailable", now(), evidence.retryAfterMs);
    switch (outcome.kind) {
      case "found": {
        const fresh = factsEntryOf(outcome.facts, { credentialId, askedAt, validators });
        const facts = rememberFacts(subject, name, fresh, { entry, copy });
        // Another call that began later has heard that the token is refused.
        if (facts === null) return { outcome: { kind: "refused", reason: "token_refused" }, evidence };
        return found(facts, evidence);
      }
      case "refused":
      case "suspended":
        if (earlier !== null) bury(token, name, askedAt, isKept(earlier, question, copy));
        refusals.add(name, outcome, now());
        return { outcome, evidence };
      case "unrecognised":
        refusals.add(name, outcome, now());
        return { outcome, evidence };
      case "limited":
        refusals.add(name, outcome, now(), evidence.retryAfterMs);
        return { outcome, evidence };
      case "unavailable": {
        const standing = stillStanding(entry, question);
        return standing === null ? { outcome, evidence } : found(standing, evidence, true);
      }
    }
  }

  /** @returns the facts that answer the question, or null where memory knows better by now */
  function rememberFacts({ token, question }: Subject, name: string, fresh: FactsEntry, known: Known): Facts | null {
    // Memory may have learnt something else while GitHub was asked.
    const current = mergeEntries(memory.get(token)?.entry ?? null, known.entry);
    const entry = mergeEntries(current, fresh) ?? fresh;
    const facts = entry.kind === "facts" ? factsIn(entry, question) : null;
    if (entry.kind !== "facts" || facts === null) return null;
    const admits = question.admits(facts);
    const isWritten = isWorthWriting(entry, known.copy, { admits, now: now(), ttlMs: lifetimes.ttlMs });
    if (isWritten) waitUntil(kv.write(name, entry));
    memory.set(token, { entry, copy: isWritten ? entry : known.copy, refreshingSince: null });
    return facts;
  }

  /** A tombstone takes the place of facts about a token that GitHub refused: no other isolate shall bring it back while GitHub is down. */
  function bury(token: string, name: string, askedAt: number, isKeptInKv: boolean): void {
    const tombstone: Entry = { kind: "tombstone", askedAt };
    memory.set(token, { entry: tombstone, copy: isKeptInKv ? tombstone : null, refreshingSince: null });
    if (isKeptInKv) waitUntil(kv.write(name, tombstone));
  }

  /** At most one at a time for a token, by a plain time: a promise of another request may never settle. */
  function refreshIfDue(subject: Subject): void {
    const { token, question } = subject;
    const remembered = memory.get(token);
    if (remembered?.entry.kind !== "facts" || !isDueForRefresh(remembered.entry, question, now(), lifetimes)) return;
    const { refreshingSince } = remembered;
    if (refreshingSince !== null && now() - refreshingSince < refreshTimeoutMs) return;
    if (breaker.isOpen() && !breaker.takeProbe(now())) return;
    memory.set(token, { ...remembered, refreshingSince: now() });
    waitUntil(refresh(subject, remembered));
  }

  async function refresh(subject: Subject, known: Known): Promise<void> {
    await askGitHub(subject, await nameOf(subject.token), known);
  }

  function believed(entry: Entry | null | undefined, question: Question): Facts | null {
    return entry?.kind === "facts" ? believe(entry, question, now(), lifetimes) : null;
  }

  function stillStanding(entry: Entry | null, question: Question): Facts | null {
    return entry?.kind === "facts" ? believeInOutage(entry, question, now(), lifetimes) : null;
  }

  /** A changed policy asks only for what is missing. */
  function narrowed(question: Question, earlier: FactsEntry | null): Question {
    if (earlier === null) return question;
    const missing = missingParts(earlier, question, now() - lifetimes.ttlMs);
    return missing === null ? question : { ...question, organisations: missing };
  }

  return {
    knownCredentialId(token) {
      const entry = memory.get(token)?.entry;
      return entry?.kind === "facts" ? entry.credentialId : null;
    },
    ask: (token, credentialId, question) => ask({ token, credentialId, question }),
  };
}

/** Whether KV may hold facts about this token: those that never let anybody in were not written. */
function isKept(entry: FactsEntry, question: Question, copy: Entry | null): boolean {
  const facts = factsIn(entry, question);
  return copy !== null || (facts !== null && question.admits(facts));
}

function found(facts: Facts, evidence: Evidence, inOutage = false): FactsAnswer {
  return { outcome: { kind: "found", facts, inOutage }, evidence };
}
