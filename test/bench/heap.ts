// Heap of an isolate's memory after a great many different tokens, of which GitHub refuses every other one. It runs in
// Node, which has the same JavaScript engine, with the product's own caches. KV and GitHub answer at once.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createBreaker } from "../../src/worker/cache/breaker.ts";
import { createFactsCache } from "../../src/worker/cache/facts-cache.ts";
import { createMemory } from "../../src/worker/cache/memory.ts";
import { createNegativeCache } from "../../src/worker/cache/negative-cache.ts";
import { createTeamLists } from "../../src/worker/cache/team-lists.ts";
import { readClusterPolicy } from "../../src/worker/config/cluster.ts";
import type { Facts } from "../../src/worker/github/facts.ts";
import type { GitHubFacts } from "../../src/worker/github/github-facts.ts";
import { createTrace } from "../../src/worker/github/trace.ts";
import { factsRequestOf } from "../../src/worker/policy/evaluate.ts";
import { evaluationOf } from "../../src/worker/policy/evaluation.ts";

export interface Heap {
  readonly tokens: number;
  readonly beforeBytes: number;
  readonly afterBytes: number;
  /** How many tokens' facts the memory still has. */
  readonly tokensKept: number;
}

const checkedPolicy = readClusterPolicy("CLUSTER_PRODUCTION", {
  client_certificates: ["a1".repeat(32)],
  allow: ["org:acme#1234"],
  groups_from: ["acme"],
  token_kinds: ["classic"],
});

/** @param tokens how many different ones there are */
export async function measureHeap(tokens: number): Promise<Heap> {
  if (!checkedPolicy.ok) throw new Error("the policy is wrong");
  const { value: policy } = checkedPolicy;
  const memory = createMemory(() => Date.now());
  const factsCache = createFactsCache({
    github: madeUpGitHub(),
    memory,
    kv: { read: async () => null, write: async () => true },
    negative: createNegativeCache(),
    nameOf: async (token) => `v1:${token.padEnd(64, "0")}`,
    breaker: createBreaker(),
    teamLists: createTeamLists(),
    admitNeverSeen: async () => true,
    lifetimes: { ttlMs: 120_000, graceMs: 600_000 },
    now: () => Date.now(),
    writeWarning: () => {},
    waitUntil: () => {},
  });
  const beforeBytes = heapBytes();
  for (let token = 0; token < tokens; token += 1) {
    const text = `ghp_${String(token).padStart(36, "0")}`;
    const credential = { tokenKind: "classic", credentialId: `GITHUBSHA256=${text}` } as const;
    await factsCache.load({
      token: text,
      credentialId: credential.credentialId,
      request: factsRequestOf("production", policy, credential),
      evaluate: (facts) => evaluationOf(policy, credential, facts).verdict,
      trace: createTrace(),
    });
  }
  const afterBytes = heapBytes();
  // Used after the measurement, so that the garbage collector has not thrown it away before.
  return { tokens, beforeBytes, afterBytes, tokensKept: memory.size };
}

function madeUpGitHub(): GitHubFacts {
  let loads = 0;
  return {
    async load() {
      loads += 1;
      if (loads % 2 === 0) {
        return { outcome: { kind: "refused", reason: "token_refused" }, validators: {} };
      }
      const login = `member-${loads}`;
      const facts: Facts = {
        host: "github.com",
        account: { id: loads, login, type: "User" },
        oauthClientId: null,
        scopes: ["read:org"],
        expiry: { kind: "never" },
        organisations: {
          "acme#1234": { kind: "active", id: 1234, login: "acme", role: "member", teams: [], teamsHidden: null },
        },
      };
      const validator = {
        etag: `W/"${String(loads).padStart(64, "0")}"`,
        readAt: Date.now(),
        headers: { "x-oauth-scopes": "read:org" },
      };
      const validators = {
        "https://api.github.com/user": { ...validator, json: facts.account },
        "https://api.github.com/user/memberships/orgs/acme": {
          ...validator,
          json: { state: "active", role: "member" },
        },
        "https://api.github.com/user/teams?per_page=100": { ...validator, json: [] },
      };
      return { outcome: { kind: "found", facts }, validators };
    },
  };
}

function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
  return process.memoryUsage().heapUsed;
}
