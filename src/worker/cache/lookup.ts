// One lookup of facts: what is asked, what the cache works with, and what comes out.
import type { FactsRequest, LookupFailure } from "../github/facts.ts";
import type { GitHubFacts } from "../github/github-facts.ts";
import type { Trace, TracedCall } from "../github/trace.ts";
import type { Breaker } from "./breaker.ts";
import type { Evaluate, EvaluatedFacts } from "./freshness.ts";
import type { KvCache } from "./kv.ts";
import type { Lifetimes } from "./lifetimes.ts";
import type { Memory } from "./memory.ts";
import type { NegativeCache } from "./negative-cache.ts";
import type { TeamLists } from "./team-lists.ts";

export interface Lookup {
  /** A GitHub token, right by its shape. */
  readonly token: string;
  /** See credential/credential-id.ts. */
  readonly credentialId: string;
  readonly request: FactsRequest;
  /** The asking cluster's policy: facts that admit the user are fresh for longer than others. */
  readonly evaluate: Evaluate;
  /** Takes the calls to GitHub. */
  readonly trace: Trace;
}

export type FactsOutcome = EvaluatedFacts | LookupFailure;

export interface LookupResult {
  readonly outcome: FactsOutcome;
  /** "none" where GitHub was not asked and nothing was known. */
  readonly source: "memory" | "kv" | "github" | "none";
  /** The call to GitHub on which the outcome rests; null where there was none. */
  readonly call: TracedCall | null;
}

/** What every lookup of an isolate works with. */
export interface CacheParts {
  readonly github: GitHubFacts;
  readonly memory: Memory;
  readonly kv: KvCache;
  readonly negative: NegativeCache;
  /** The key of a token in KV and in the negative cache. */
  readonly nameOf: (token: string) => Promise<string>;
  readonly breaker: Breaker;
  readonly teamLists: TeamLists;
  /** Whether one more never-seen token of this cluster may be asked about. */
  readonly admitNeverSeen: (cluster: string) => Promise<boolean>;
  readonly lifetimes: Lifetimes;
  /** Milliseconds. */
  readonly now: () => number;
  /** Takes a line for the operator: a name that RBAC may hold has changed. */
  readonly writeWarning: (text: string) => void;
  /** Keeps work going after the response. */
  readonly waitUntil: (work: Promise<void>) => void;
}

/**
 * The clients that a cluster lists decide whether an app's token is refused, so one cluster's refusals are not
 * another's.
 */
export function negativeKeyOf(name: string, { oauthClients }: FactsRequest): string {
  return `${name} ${oauthClients.join(",")}`;
}
