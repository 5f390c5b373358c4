// The one place where the tiers are stacked: isolate memory → Workers KV → GitHub. Facts are remembered, never decisions; a "no" is remembered for seconds only; and what GitHub refused can't come back
// while GitHub is down.
import type { Facts, FactsAnswer, FactsRequest, FactsSource, LookupFailure, ResponseInfo } from "../github/facts.ts";
import type { GitHubFacts } from "../github/github-facts.ts";
import { inconsistentResponses } from "../github/outcomes.ts";
import type { Breaker } from "./breaker.ts";
import {
  type Entry,
  type FactsEntry,
  factsEntryOf,
  factsIn,
  mergeEntries,
  missingParts,
  withoutFuture,
} from "./entry.ts";
import { freshFacts, type Lifetimes, needsRevalidation, staleFacts } from "./freshness.ts";
import type { KvCache } from "./kv.ts";
import type { Memory, MemoryRecord } from "./memory.ts";
import type { NegativeCache } from "./negative-cache.ts";
import { isWorthWriting, type WriteRule } from "./write-rule.ts";

export interface FactsCacheOptions {
  readonly github: GitHubFacts;
  readonly memory: Memory;
  readonly kv: KvCache;
  readonly refusals: NegativeCache;
  /** A token's name in KV; refusals go by it, too. */
  readonly nameOf: (token: string) => Promise<string>;
  readonly breaker: Breaker;
  /** Whether one more never-seen token of this cluster may be asked about. */
  readonly admitNeverSeen: (cluster: string) => Promise<boolean>;
  readonly lifetimes: Lifetimes;
  /** Which facts are written to KV; the simulation compares this one with others. */
  readonly writeRule?: WriteRule;
  readonly now: () => number;
  /** Keeps work going after the answer. */
  readonly waitUntil: (work: Promise<void>) => void;
}

/** A token in the middle of a review. */
interface Subject {
  readonly token: string;
  readonly credentialId: string;
  readonly question: FactsRequest;
}

/** What is known about it so far, before GitHub is asked. */
type Known = Pick<MemoryRecord, "copy"> & { readonly entry: Entry | null };

const nobodyAsked: ResponseInfo = { source: "none", githubStatus: null, githubRequestId: null, retryAfterMs: null };
const fromMemory: ResponseInfo = { ...nobodyAsked, source: "memory" };
const fromKv: ResponseInfo = { ...nobodyAsked, source: "kv" };

/** A refresh that has not ended by then never will: the request that it belonged to was cancelled. */
const refreshTimeoutMs = 15_000;

export function createFactsCache(options: FactsCacheOptions): FactsSource {
  const { github, memory, kv, refusals, nameOf, breaker, admitNeverSeen, lifetimes, now, waitUntil } = options;
  const { writeRule = isWorthWriting } = options;

  async function ask(subject: Subject): Promise<FactsAnswer> {
    const { token, question } = subject;
    const remembered = recall(token);
    const warm = believed(remembered.entry, question);
    if (warm !== null) {
      refreshIfDue(subject);
      return found(warm, fromMemory);
    }

    const name = await nameOf(token);
    const refusal = refusals.get(refusalKeyOf(name, question), now());
    if (refusal !== null) return { outcome: refusal, responseInfo: fromMemory };

    const known = rememberCopy(token, await kv.read(name));
    const shared = believed(known.entry, question);
    if (shared !== null) {
      refreshIfDue(subject);
      return found(shared, fromKv);
    }

    const wasOnceGood = known.entry !== null || known.copy !== null;
    if (!wasOnceGood && !(await admitNeverSeen(question.cluster))) {
      return { outcome: { kind: "limited", reason: "new_token_rate_limit" }, responseInfo: nobodyAsked };
    }
    if (breaker.isOpen(now())) {
      const membership = stillStanding(known.entry, question);
      if (membership !== null) {
        refreshIfDue(subject);
        return found(membership, remembered.entry === null ? fromKv : fromMemory, true);
      }
    }
    return askGitHub(subject, name, known);
  }

  /** Asks GitHub and remembers what it says; while it is unavailable, what is known may stand. */
  async function askGitHub(subject: Subject, name: string, known: Known): Promise<FactsAnswer> {
    const { token, credentialId, question } = subject;
    const askedAt = now();
    const earlier = known.entry?.kind === "facts" ? known.entry : null;
    const asked = narrowed(question, earlier);
    const { outcome, responseInfo, validators } = await github.load(token, asked, earlier);
    breaker.report(outcome, now(), responseInfo.retryAfterMs);
    const refusalKey = refusalKeyOf(name, question);
    switch (outcome.kind) {
      case "found": {
        const fresh = factsEntryOf(outcome.facts, asked, { credentialId, askedAt, validators });
        const learnt = rememberFacts(subject, name, fresh, known);
        const facts = learnt.entry.kind === "facts" ? factsIn(learnt.entry, question) : null;
        // Another call has heard something else meanwhile: that the token is refused, or that the account has changed.
        if (facts === null) return { outcome: refusals.get(refusalKey, now()) ?? inconsistentResponses, responseInfo };
        // What was not asked again is too old to rest on: now that nothing is missing, everything is asked.
        if (asked !== question && believed(learnt.entry, question) === null) return askGitHub(subject, name, learnt);
        return found(facts, responseInfo);
      }
      case "refused":
      case "suspended":
        refusals.add(refusalKey, outcome, now());
        if (concernsToken(outcome, question, earlier)) bury(subject, name, known);
        return { outcome, responseInfo };
      case "unrecognised":
        refusals.add(refusalKey, outcome, now());
        return { outcome, responseInfo };
      case "limited":
        refusals.add(refusalKey, outcome, now(), responseInfo.retryAfterMs);
        return { outcome, responseInfo };
      case "unavailable": {
        // Memory may have heard of a refusal meanwhile.
        const membership = stillStanding(mergeEntries(recall(token).entry, known.entry), question);
        return membership === null ? { outcome, responseInfo } : found(membership, responseInfo, true);
      }
    }
  }

  /** What memory knows by now: to be asked anew after every wait, for other requests learn something meanwhile. */
  function recall(token: string): Known {
    const remembered = memory.get(token);
    if (remembered === undefined) return { entry: null, copy: null };
    return { entry: withoutFuture(remembered.entry, now()), copy: remembered.copy };
  }

  function rememberCopy(token: string, read: Entry | null): Known {
    const current = recall(token);
    const copy = mergeEntries(current.copy, read);
    const entry = mergeEntries(current.entry, withoutFuture(read, now()));
    if (read !== null && entry !== null) {
      memory.set(token, { entry, copy, revalidatingSince: memory.get(token)?.revalidatingSince ?? null });
    }
    return { entry, copy };
  }

  /** @returns what is known with it */
  function rememberFacts(subject: Subject, name: string, fresh: FactsEntry, known: Known): MemoryRecord {
    const { token, question } = subject;
    const current = recall(token);
    const earlier = mergeEntries(current.entry, known.entry);
    const entry = mergeEntries(earlier, fresh) ?? fresh;
    const copy = mergeEntries(current.copy, known.copy);
    const isWritten =
      entry.kind === "facts" &&
      writeRule(entry, copy, {
        admits: admits(entry, question),
        admittedBefore: admits(earlier, question),
        now: now(),
        ttlMs: lifetimes.ttlMs,
      });
    const learnt = { entry, copy: isWritten ? entry : copy, revalidatingSince: null };
    memory.set(token, learnt);
    if (isWritten) writeCopy(subject, name, entry, copy);
    return learnt;
  }

  /** A tombstone takes the place of facts about a token that GitHub refused: no other isolate shall bring it back while GitHub is down. */
  function bury(subject: Subject, name: string, known: Known): void {
    const { token, question } = subject;
    const current = recall(token);
    const earlier = mergeEntries(current.entry, known.entry);
    const copy = mergeEntries(current.copy, known.copy);
    // A flood of made-up tokens must not push anybody out of memory.
    if (earlier === null && copy === null) return;
    const tombstone: Entry = { kind: "tombstone", askedAt: now() };
    // KV may hold facts that let somebody in, even where none were seen there; of others it holds none.
    const isKept = copy === null ? admits(earlier, question) : copy.kind === "facts";
    memory.set(token, { entry: tombstone, copy: isKept ? tombstone : copy, revalidatingSince: null });
    if (isKept) writeCopy(subject, name, tombstone, copy);
  }

  /** What KV did not take is forgotten as its copy, so that it is tried again. */
  function writeCopy({ token, question }: Subject, name: string, entry: Entry, earlierCopy: Entry | null): void {
    const writing = kv.write(name, entry, !admits(entry, question)).then((isWritten) => {
      const remembered = memory.get(token);
      if (!isWritten && remembered?.copy === entry) memory.set(token, { ...remembered, copy: earlierCopy });
    });
    waitUntil(writing);
  }

  /** At most one at a time for a token, by a plain time: a promise of another request may never settle. */
  function refreshIfDue(subject: Subject): void {
    const { token, question } = subject;
    const remembered = memory.get(token);
    if (remembered?.entry.kind !== "facts" || !needsRevalidation(remembered.entry, question, now(), lifetimes)) return;
    const { revalidatingSince } = remembered;
    if (revalidatingSince !== null && now() - revalidatingSince < refreshTimeoutMs) return;
    if (breaker.isOpen(now()) && !breaker.takeProbe(now())) return;
    memory.set(token, { ...remembered, revalidatingSince: now() });
    waitUntil(refresh(subject));
  }

  async function refresh(subject: Subject): Promise<void> {
    const name = await nameOf(subject.token);
    // GitHub has just said no, or asked to be left alone.
    if (refusals.get(refusalKeyOf(name, subject.question), now()) !== null) return;
    await askGitHub(subject, name, recall(subject.token));
  }

  function believed(entry: Entry | null, question: FactsRequest): Facts | null {
    return entry?.kind === "facts" ? freshFacts(entry, question, now(), lifetimes) : null;
  }

  function stillStanding(entry: Entry | null, question: FactsRequest): Facts | null {
    return entry?.kind === "facts" ? staleFacts(entry, question, now(), lifetimes) : null;
  }

  /** A changed policy asks only for what is missing. */
  function narrowed(question: FactsRequest, earlier: FactsEntry | null): FactsRequest {
    if (earlier === null) return question;
    const missing = missingParts(earlier, question, now() - lifetimes.ttlMs);
    return missing === null ? question : { ...question, organisations: missing };
  }

  return {
    knownCredentialId(token) {
      const entry = memory.get(token)?.entry;
      return entry?.kind === "facts" ? entry.credentialId : null;
    },
    load: (token, credentialId, question) => ask({ token, credentialId, question }),
  };
}

/** Which clients a cluster lists decides whether an app's token is refused, so one cluster's refusals are not another's. */
function refusalKeyOf(name: string, { oauthClients }: FactsRequest): string {
  return `${name} ${oauthClients.join(",")}`;
}

/** That a token belongs to none of one cluster's clients says nothing against it elsewhere, unless it is known to belong to one of them. */
function concernsToken(outcome: LookupFailure, { oauthClients }: FactsRequest, earlier: FactsEntry | null): boolean {
  if (outcome.kind !== "refused" || outcome.reason !== "token_client_mismatch") return true;
  return earlier !== null && earlier.oauthClientId !== null && oauthClients.includes(earlier.oauthClientId);
}

function admits(entry: Entry | null, question: FactsRequest): boolean {
  const facts = entry?.kind === "facts" ? factsIn(entry, question) : null;
  return facts !== null && question.admits(facts);
}

function found(facts: Facts, responseInfo: ResponseInfo, outageGrace = false): FactsAnswer {
  return { outcome: { kind: "found", facts, outageGrace }, responseInfo };
}
