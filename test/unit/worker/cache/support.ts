// Support for the tests of the cache: a clock by hand, accounts and policies, a GitHub that follows a script, a KV that
// can fail, and isolates built of the real parts.
import { randomBytes } from "node:crypto";
import { onTestFinished, vi } from "vitest";
import { makeToken } from "../../../../src/local/github/token.ts";
import { createBreaker } from "../../../../src/worker/cache/breaker.ts";
import { type FactsEntry, factsEntryOf } from "../../../../src/worker/cache/entry.ts";
import { createFactsCache, type FactsCache } from "../../../../src/worker/cache/facts-cache.ts";
import type { Evaluate } from "../../../../src/worker/cache/freshness.ts";
import { createKvCache, type KeyValueStore } from "../../../../src/worker/cache/kv.ts";
import type { LookupResult } from "../../../../src/worker/cache/lookup.ts";
import { createMemory, type Memory } from "../../../../src/worker/cache/memory.ts";
import { createNegativeCache } from "../../../../src/worker/cache/negative-cache.ts";
import { createSealer, type Sealer } from "../../../../src/worker/cache/sealer.ts";
import { createTeamLists } from "../../../../src/worker/cache/team-lists.ts";
import { type ClusterPolicy, readClusterPolicy } from "../../../../src/worker/config/cluster.ts";
import type { Account, Facts, FactsRequest, LookupFailure, Membership } from "../../../../src/worker/github/facts.ts";
import type { Earlier, GitHubFacts, GitHubOutcome } from "../../../../src/worker/github/github-facts.ts";
import { createTrace, type Trace } from "../../../../src/worker/github/trace.ts";
import { evaluate, factsRequestOf } from "../../../../src/worker/policy/evaluate.ts";

export const startOfTests = Date.parse("2026-11-20T10:00:00Z");
export const seconds = (count: number) => count * 1000;

export interface HandClock {
  readonly now: () => number;
  /** May be negative. */
  advance(ms: number): void;
}

export function handClock(): HandClock {
  let time = startOfTests;
  return {
    now: () => time,
    advance(ms) {
      time += ms;
    },
  };
}

export const mona: Account = { id: 1001, login: "mona", type: "User" };
export const acme = { login: "acme", id: 10, teams: [], needsTeams: true } as const;
export const member: Membership & { kind: "active" } = {
  kind: "active",
  id: acme.id,
  login: "acme",
  role: "member",
  teams: [{ id: 55, slug: "platform" }],
  teamsHidden: null,
};
export const notAMember: Membership = { kind: "none", nameTakenBy: null, isProven: true };

export function factsOf(overrides: Partial<Facts> = {}): Facts {
  return {
    host: "github.test",
    account: mona,
    oauthClientId: null,
    scopes: ["read:org"],
    expiry: { kind: "never" },
    organisations: { "acme#10": member },
    ...overrides,
  };
}

export const leftFacts = factsOf({ organisations: { "acme#10": notAMember } });

export function policyOf(settings: object = {}): ClusterPolicy {
  const policy = readClusterPolicy("CLUSTER_TEST", {
    client_certificates: ["ab".repeat(32)],
    allow: ["org:acme#10"],
    token_kinds: ["classic", "app"],
    ...settings,
  });
  if (!policy.ok) throw new Error(policy.problems.map(({ message }) => message).join());
  return policy.value;
}

/** A request of a cluster, together with the cluster's policy. */
export interface ClusterRequest extends FactsRequest {
  readonly evaluate: Evaluate;
}

export function requestFor(settings: object = {}, cluster = "test"): ClusterRequest {
  const policy = policyOf(settings);
  const credential = { tokenKind: "classic", credentialId: "id" } as const;
  return { ...factsRequestOf(cluster, policy, credential), evaluate: (facts) => evaluate(policy, credential, facts) };
}

export const request = requestFor();

/** @param facts as GitHub told them to this request */
export function entryOf(
  facts: Facts = factsOf(),
  askedAt = startOfTests,
  asked: FactsRequest = request,
  validators: FactsEntry["validators"] = {},
): FactsEntry {
  return factsEntryOf(facts, asked, { credentialId: "id", askedAt, validators });
}

export const refused: LookupFailure = { kind: "refused", reason: "token_refused" };
export const notOurs: LookupFailure = { kind: "refused", reason: "token_client_mismatch" };
export const suspended: LookupFailure = { kind: "suspended" };
export const unrecognised: LookupFailure = { kind: "unrecognised" };
export const limited: LookupFailure = { kind: "limited", reason: "github_rate_limit" };
export const unavailable: LookupFailure = { kind: "unavailable", reason: "github_server_error" };

export interface ScriptedAnswer {
  readonly outcome: GitHubOutcome;
  readonly retryAfterMs?: number;
  readonly validators?: FactsEntry["validators"];
  /** What happens while GitHub is thinking. */
  readonly meanwhile?: () => void | Promise<void>;
}

export interface ScriptedGitHub extends GitHubFacts {
  /** What it says from now on. */
  says(answer: ScriptedAnswer | LookupFailure | Facts): void;
  readonly calls: { readonly token: string; readonly request: FactsRequest; readonly earlier: Earlier | null }[];
}

export function scriptedGitHub(): ScriptedGitHub {
  let current: ScriptedAnswer = { outcome: { kind: "found", facts: factsOf() } };
  const calls: ScriptedGitHub["calls"] = [];
  return {
    calls,
    says(answer) {
      if ("outcome" in answer) current = answer;
      else current = { outcome: "host" in answer ? { kind: "found", facts: answer } : answer };
    },
    async load(token, asked, earlier, trace) {
      calls.push({ token, request: asked, earlier });
      const answer = current;
      await answer.meanwhile?.();
      const { retryAfterMs = null, validators = {} } = answer;
      traceCall(trace, answer.outcome, retryAfterMs);
      return { outcome: answer.outcome, validators };
    },
  };
}

/** Notes a call on which the outcome rests. */
export function traceCall(trace: Trace, outcome: GitHubOutcome, retryAfterMs: number | null = null): void {
  trace.begin()({
    endpoint: "user",
    method: "GET",
    url: "https://api.github.test/user",
    status: 200,
    requestId: null,
    retryAfterMs,
    headers: null,
    message: "",
    durationMs: 0,
    outcome: outcome.kind === "found" ? { kind: "ok" } : outcome,
  });
}

export interface FakeStore extends KeyValueStore {
  readonly values: Map<string, Uint8Array<ArrayBuffer>>;
  readonly reads: string[];
  readonly writes: { readonly name: string; readonly ttlSeconds: number }[];
  /** Takes the place of the usual answer, which it is handed. */
  onGet: (usual: ArrayBuffer | null, name: string) => Promise<ArrayBuffer | null>;
  onPut: (usual: () => void) => Promise<void>;
}

export function fakeStore(): FakeStore {
  const values: FakeStore["values"] = new Map();
  const reads: string[] = [];
  const writes: { name: string; ttlSeconds: number }[] = [];
  const store: FakeStore = {
    values,
    reads,
    writes,
    onGet: (usual) => Promise.resolve(usual),
    onPut: async (usual) => usual(),
    get(name) {
      reads.push(name);
      const value = values.get(name);
      return store.onGet(value === undefined ? null : value.slice().buffer, name);
    },
    put(name, value, ttlSeconds) {
      writes.push({ name, ttlSeconds });
      return store.onPut(() => values.set(name, value));
    },
  };
  return store;
}

/** Never: what a store that hangs answers. */
export const never = () => new Promise<never>(() => {});

/** What is left to do in this process's queues is done, and nothing else. */
export const turnOfTheLoop = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Waits until everything that can be done at once is done. */
export async function untilIdle(): Promise<void> {
  // Threads do the sealer's cryptography, which takes some turns.
  for (let turn = 0; turn < 20; turn += 1) await turnOfTheLoop();
}

/**
 * Lets timers fire as soon as everything else is done, until the test is over: only what hangs is late.
 *
 * @returns the delays of the timers so far, in milliseconds
 */
export function hurryTimers(): readonly number[] {
  const delays: number[] = [];
  const timers = vi.spyOn(globalThis, "setTimeout").mockImplementation((callback, ms = 0) => {
    delays.push(ms);
    void untilIdle().then(() => callback());
    // Only clearTimeout gets it. A timer that fires after its race is over does no harm.
    return 0 as unknown as NodeJS.Timeout;
  });
  onTestFinished(() => timers.mockRestore());
  return delays;
}

export const testSealer = (scope = "https://api.github.test") => createSealer(new Uint8Array(randomBytes(32)), scope);

export interface Isolate {
  readonly cache: FactsCache;
  readonly memory: Memory;
  readonly warnings: string[];
  /** The cluster of each request whether one more never-seen token may be asked about. */
  readonly neverSeen: string[];
  ask(token: string, asked?: ClusterRequest): Promise<LookupResult>;
  credentialIdOf(token: string): string | null;
  /** Waits for the work in the background. */
  settle(): Promise<void>;
}

export interface IsolateOptions {
  readonly github: GitHubFacts;
  readonly clock: HandClock;
  readonly store?: KeyValueStore;
  readonly sealer?: Sealer;
  readonly memory?: Memory;
  readonly ttlMs?: number;
  readonly graceMs?: number;
  readonly admitNeverSeen?: () => Promise<boolean>;
}

export function isolate(options: IsolateOptions): Isolate {
  const { github, clock, store = fakeStore(), sealer = testSealer(), memory = createMemory(clock.now) } = options;
  const { ttlMs = seconds(120), graceMs = seconds(600), admitNeverSeen } = options;
  const background: Promise<void>[] = [];
  const warnings: string[] = [];
  const neverSeen: string[] = [];
  const { now } = clock;
  const teamLists = createTeamLists();
  const cache = createFactsCache({
    github,
    memory,
    kv: createKvCache({ store, sealer, now, writeWarning: (text) => warnings.push(text) }),
    negative: createNegativeCache(),
    nameOf: sealer.nameOf,
    breaker: createBreaker(),
    teamLists,
    admitNeverSeen: async (cluster) => {
      neverSeen.push(cluster);
      return (await admitNeverSeen?.()) ?? true;
    },
    lifetimes: { ttlMs, graceMs, hasAnothers: teamLists.hasAnothers },
    now,
    writeWarning: (text) => warnings.push(text),
    waitUntil: (work) => background.push(work),
  });
  return {
    cache,
    memory,
    warnings,
    neverSeen,
    ask: (token, asked = request) =>
      cache.load({ token, credentialId: "id", request: asked, evaluate: asked.evaluate, trace: createTrace() }),
    credentialIdOf: (token) => cache.credentialIdOf(token),
    async settle() {
      // What is done in the background may begin something more.
      while (background.length > 0) await Promise.all(background.splice(0));
    },
  };
}

export const newToken = () => makeToken("classic");

/** What a story is made of: a token, and isolates that share clock, GitHub and KV. */
export function setUp(options: Omit<IsolateOptions, "github" | "clock" | "store" | "sealer"> = {}) {
  const clock = handClock();
  const github = scriptedGitHub();
  const store = fakeStore();
  const sealer = testSealer();
  const start = () => isolate({ github, clock, store, sealer, ...options });
  return { clock, github, store, sealer, token: newToken(), start, one: start() };
}

/** The same with two isolates from the beginning. */
export function setUpTwo() {
  const { one: a, ...all } = setUp();
  return { ...all, a, b: all.start() };
}

/** Fresh facts from one of the tiers. */
export const foundIn = (source: LookupResult["source"]) => ({ outcome: { kind: "found", isStale: false }, source });
