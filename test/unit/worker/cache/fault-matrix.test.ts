// Every fault of memory × every fault of KV × what happened before × what GitHub says now: no user gets in whom GitHub
// has not let in recently enough, and no user hears a no that GitHub did not say. What may be answered is worked out
// here from what GitHub has said alone.
import { describe, expect, test } from "vitest";
import { authenticate } from "../../../../src/worker/authenticate.ts";
import type { FactsCache } from "../../../../src/worker/cache/facts-cache.ts";
import type { GitHubFacts, GitHubOutcome } from "../../../../src/worker/github/github-facts.ts";
import type { VerdictKind } from "../../../../src/worker/reasons.ts";
import { isThorough } from "../../../support/thoroughness.ts";
import { faultyMemory, faultyStore, type KvFault, kvFaults, type MemoryFault, memoryFaults } from "./faults.ts";
import {
  factsOf,
  type HandClock,
  handClock,
  hurryTimers,
  isolate,
  leftFacts,
  limited,
  mona,
  newToken,
  policyOf,
  refused,
  seconds,
  suspended,
  testSealer,
  traceCall,
  unavailable,
  unrecognised,
} from "./support.ts";

const ttlMs = seconds(120);
const graceMs = seconds(600);

type Outcome = GitHubOutcome;
const found: Outcome = { kind: "found", facts: factsOf() };
const left: Outcome = { kind: "found", facts: leftFacts };
const outcomes: Readonly<Record<string, Outcome>> = {
  found,
  left,
  pending: {
    kind: "found",
    facts: factsOf({ organisations: { "acme#10": { kind: "pending", id: 10, login: "acme" } } }),
  },
  refused,
  suspended,
  unrecognised,
  limited,
  unavailable,
  timeout: { kind: "unavailable", reason: "github_timeout" },
  inconsistent: { kind: "unavailable", reason: "github_inconsistent_responses" },
};

/** What an answer from GitHub means for the person. */
const meanings: Readonly<Record<string, VerdictKind>> = {
  found: "authenticated",
  left: "unauthenticated",
  pending: "denied",
  refused: "unauthenticated",
  suspended: "denied",
  unrecognised: "unauthenticated",
};

interface Word {
  readonly meaning: VerdictKind;
  /** Whether older facts no longer count. "Unrecognised" is a no for now, and erases nothing. */
  readonly erases: boolean;
  readonly at: number;
  readonly isolate: "here" | "elsewhere";
  /** Whether it was heard before the faults began. */
  readonly isOld: boolean;
}

/** A step before the faults: how long to wait, who asks then, and what GitHub says. */
type Step = readonly [waitSeconds: number, isolate: Word["isolate"], outcome: keyof typeof outcomes];

/** What happened, and how long ago. */
const histories: Readonly<Record<string, { readonly steps: readonly Step[]; readonly agoSeconds: number }>> = {
  "never seen": { steps: [], agoSeconds: 0 },
  "just seen": { steps: [[0, "here", "found"]], agoSeconds: 10 },
  "due for a refresh": { steps: [[0, "here", "found"]], agoSeconds: 70 },
  "too old": { steps: [[0, "here", "found"]], agoSeconds: 130 },
  "at the end of grace": { steps: [[0, "here", "found"]], agoSeconds: 710 },
  "after grace": { steps: [[0, "here", "found"]], agoSeconds: 730 },
  "refused here": {
    steps: [
      [0, "here", "found"],
      [125, "here", "refused"],
    ],
    agoSeconds: 20,
  },
  "refused elsewhere": {
    steps: [
      [0, "here", "found"],
      [1, "elsewhere", "found"],
      [124, "elsewhere", "refused"],
    ],
    agoSeconds: 20,
  },
  "left a moment ago": {
    steps: [
      [0, "here", "found"],
      [125, "here", "left"],
    ],
    agoSeconds: 5,
  },
  "left here": {
    steps: [
      [0, "here", "found"],
      [125, "here", "left"],
    ],
    agoSeconds: 20,
  },
  "left elsewhere": {
    steps: [
      [0, "here", "found"],
      [1, "elsewhere", "found"],
      [124, "elsewhere", "left"],
    ],
    agoSeconds: 20,
  },
};

const policy = policyOf();
const sealer = testSealer();
const foreignSealer = testSealer();

interface Case {
  readonly memoryFault: MemoryFault;
  readonly kvFault: KvFault;
  readonly history: string;
  readonly now: keyof typeof outcomes;
}

/** A GitHub that notes down what it has said. */
function notingGitHub(
  clock: HandClock,
  isolateName: Word["isolate"],
  words: Word[],
  script: { now: string; isOld: boolean },
) {
  const github: GitHubFacts = {
    async load(_token, _request, _earlier, trace) {
      const { now, isOld } = script;
      const meaning = meanings[now];
      if (meaning !== undefined) {
        const erases = meaning !== "authenticated" && now !== "unrecognised";
        words.push({ meaning, erases, at: clock.now(), isolate: isolateName, isOld });
      }
      const outcome = outcomes[now] ?? unavailable;
      traceCall(trace, outcome);
      return { outcome, validators: {} };
    },
  };
  return github;
}

async function play({ memoryFault, kvFault, history, now }: Case) {
  const clock = handClock();
  const store = faultyStore(sealer, foreignSealer);
  const memory = faultyMemory(clock.now);
  const words: Word[] = [];
  const script = { now: "found", isOld: true };
  const start = (name: Word["isolate"], options: object) =>
    isolate({
      github: notingGitHub(clock, name, words, script),
      clock,
      store,
      sealer,
      ...options,
    });
  const isolates = { here: start("here", { memory }), elsewhere: start("elsewhere", {}) };
  const token = newToken();

  const { steps, agoSeconds } = histories[history] ?? { steps: [], agoSeconds: 0 };
  for (const [waitSeconds, name, outcome] of steps) {
    clock.advance(seconds(waitSeconds));
    script.now = outcome;
    await isolates[name].ask(token);
    await isolates[name].settle();
  }
  clock.advance(seconds(agoSeconds));
  script.now = now;
  script.isOld = false;
  memory.suffer(memoryFault, token);
  store.suffer(kvFault);

  const problems: string[] = [];
  for (const waitSeconds of [0, 0, 1, 12]) {
    clock.advance(seconds(waitSeconds));
    const verdict = await verdictFrom(isolates.here.cache, token);
    const problem = problemWith(verdict, { words, now: clock.now(), memoryFault, kvFault, outcome: now });
    if (problem !== null) problems.push(`${JSON.stringify({ memoryFault, kvFault, history, now })}: ${problem}`);
    await isolates.here.settle();
  }
  return problems;
}

async function verdictFrom(factsCache: FactsCache, token: string): Promise<VerdictKind> {
  const service = {
    ok: true,
    value: { factsCache, tokenShape: "exact", workflows: null, isRepeatedDenial: () => false },
  } as const;
  const { verdict } = await authenticate(token, "test", { ok: true, value: policy }, service);
  if (verdict.kind === "authenticated") expect(verdict.user.uid).toBe(String(mona.id));
  return verdict.kind;
}

interface Circumstances {
  readonly words: readonly Word[];
  readonly now: number;
  readonly memoryFault: MemoryFault;
  readonly kvFault: KvFault;
  readonly outcome: string;
}

/** @returns what is wrong with an answer, or null */
function problemWith(verdict: VerdictKind, circumstances: Circumstances): string | null {
  const { words, now, outcome } = circumstances;
  const isWordOf = (meaning: VerdictKind, withinMs: number) =>
    words.some((word) => word.meaning === meaning && now - word.at < withinMs);
  switch (verdict) {
    case "authenticated":
      return mayLetIn(circumstances) ? null : "a wrong yes";
    case "unauthenticated":
    case "denied":
      return isWordOf(verdict, seconds(10)) ? null : `${verdict}, which GitHub did not say`;
    case "undetermined":
      return outcome === "found" ? "no answer, though GitHub gave one" : null;
  }
}

function mayLetIn({ words, now, memoryFault, kvFault, outcome }: Circumstances): boolean {
  const isOutage = outcomes[outcome]?.kind === "unavailable";
  const inMemory = words.filter(
    (word) => word.isolate === "here" && (word.isOld ? memoryFault === "none" : memoryFault !== "miss"),
  );
  const inKv = kvFault === "none" ? words : [];
  return words.some((word) => {
    if (word.meaning !== "authenticated") return false;
    const age = now - word.at;
    if (age >= ttlMs + (isOutage ? graceMs : 0)) return false;
    // Facts that are fresh in memory are answered without a look at KV; beyond that, both are asked.
    const heard = age < ttlMs && inMemory.includes(word) ? inMemory : [...inMemory, ...inKv];
    const isErased = heard.some(({ erases, at }) => erases && at > word.at);
    return !isErased;
  });
}

/** Outside of CI a third of the cases, with every pair of faults, every history and every outcome among them. */
const isPlayed = (index: number) => isThorough || index % 3 === 0;

const pairsOfFaults = memoryFaults.flatMap((memoryFault) => kvFaults.map((kvFault) => ({ memoryFault, kvFault })));

describe("no user is let in wrongly, and no refusal is made up,", () => {
  test.each(pairsOfFaults)("with memory: $memoryFault, KV: $kvFault", async (faults) => {
    hurryTimers();
    const first = pairsOfFaults.indexOf(faults);
    const cases = Object.keys(histories).flatMap((history, row) =>
      Object.keys(outcomes).flatMap((now, column): Case[] =>
        isPlayed(first + row + column) ? [{ ...faults, history, now }] : [],
      ),
    );
    const problems: string[] = [];
    for (const one of cases) problems.push(...(await play(one)));
    expect(problems).toEqual([]);
  });
});
