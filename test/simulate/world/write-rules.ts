// The rules that are compared for when facts are worth a write to KV. All of them write what KV must learn (facts about somebody it knows nothing of, changed facts, and that somebody no longer gets in);
// they differ in how old an unchanged copy has to be to be written anew. So each is the product's own rule with another age in place of the TTL.
import type { Lifetimes } from "../../../src/worker/cache/freshness.ts";
import { isWorthWriting, type WriteRule } from "../../../src/worker/cache/write-rule.ts";

const hourMs = 3_600_000;

const rules = {
  nothing: { meaning: "nothing is ever written", of: (): WriteRule => () => false },
  changes: { meaning: "only what has changed", of: () => renewedAfter(Number.POSITIVE_INFINITY) },
  hourly: { meaning: "a copy older than an hour", of: () => renewedAfter(hourMs) },
  "half grace": {
    meaning: "a copy older than the TTL and half of the grace",
    of: ({ ttlMs, graceMs }: Lifetimes) => renewedAfter(ttlMs + graceMs / 2),
  },
  believable: { meaning: "a copy older than the TTL: the product's rule", of: (): WriteRule => isWorthWriting },
  "three quarters": {
    meaning: "a copy older than three quarters of the TTL",
    of: ({ ttlMs }: Lifetimes) => renewedAfter(ttlMs * 0.75),
  },
  "every answer": { meaning: "every answer of GitHub's", of: () => renewedAfter(0) },
} as const;

export type WriteRuleName = keyof typeof rules;

export const writeRuleNames: readonly WriteRuleName[] = [
  "nothing",
  "changes",
  "hourly",
  "half grace",
  "believable",
  "three quarters",
  "every answer",
];

/** @returns which copies are written anew, in words */
export function meaningOf(name: WriteRuleName): string {
  return rules[name].meaning;
}

export function writeRuleOf(name: WriteRuleName, lifetimes: Lifetimes): WriteRule {
  return rules[name].of(lifetimes);
}

function renewedAfter(ageMs: number): WriteRule {
  return (entry, copy, circumstances) => isWorthWriting(entry, copy, { ...circumstances, ttlMs: ageMs });
}
