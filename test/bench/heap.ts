// Heap of an isolate's memory after a great many different tokens, of which GitHub refuses every other one. It runs in
// Node, which has the same JavaScript engine, with the product's own caches. KV and GitHub answer at once.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createBreaker } from "../../src/worker/cache/breaker.ts";
import { createFactsCache } from "../../src/worker/cache/facts-cache.ts";
import { createMemory } from "../../src/worker/cache/memory.ts";
import { createNegativeCache } from "../../src/worker/cache/negative-cache.ts";
import type { Facts, FactsRequest } from "../../src/worker/github/facts.ts";
import type { GitHubFacts } from "../../src/worker/github/github-facts.ts";

export interface Heap {
  readonly tokens: number;
  readonly beforeBytes: number;
  readonly afterBytes: number;
  /** How many tokens' facts the memory still has. */
  readonly tokensKept: number;
}

const responseInfo = { source: "github", githubStatus: 200, githubRequestId: null, retryAfterMs: null } as const;
const question: FactsRequest = {
  cluster: "production",
  tokenKind: "classic",
  organisations: [{ login: "acme", id: 1234, teamIds: [] }],
  oauthClients: [],
  dependsOnOrganisations: () => true,
  admits: () => true,
};

/** @param tokens how many different ones there are */
export async function measureHeap(tokens: number): Promise<Heap> {
  const memory = createMemory();
  const refusals = createNegativeCache();
  const source = createFactsCache({
    github: madeUpGitHub(),
    memory,
    kv: { read: async () => null, write: async () => true },
    refusals,
    nameOf: async (token) => `v1:${token.padEnd(64, "0")}`,
    breaker: createBreaker(),
    admitNeverSeen: async () => true,
    lifetimes: { ttlMs: 120_000, graceMs: 600_000 },
    now: () => Date.now(),
    waitUntil: () => {},
  });
  const beforeBytes = heapBytes();
  for (let token = 0; token < tokens; token += 1) {
    const text = `ghp_${String(token).padStart(36, "0")}`;
    await source.load(text, `GITHUBSHA256=${text}`, question);
  }
  const afterBytes = heapBytes();
  // Used after the measurement, so that the garbage collector has not thrown it away before.
  return { tokens, beforeBytes, afterBytes, tokensKept: memory.size };
}

function madeUpGitHub(): GitHubFacts {
  let asked = 0;
  return {
    async load() {
      asked += 1;
      if (asked % 2 === 0) {
        return { outcome: { kind: "refused", reason: "token_refused" }, responseInfo, validators: {} };
      }
      const login = `member-${asked}`;
      const facts: Facts = {
        host: "github.com",
        account: { id: asked, login, type: "User" },
        oauthClientId: null,
        scopes: ["read:org"],
        expiry: { kind: "never" },
        organisations: { "acme#1234": { kind: "active", id: 1234, login: "acme", role: "member", teams: [] } },
      };
      const validator = { etag: `W/"${String(asked).padStart(64, "0")}"`, headers: { "x-oauth-scopes": "read:org" } };
      const validators = {
        "https://api.github.com/user": { ...validator, json: facts.account },
        "https://api.github.com/user/memberships/orgs/acme": {
          ...validator,
          json: { state: "active", role: "member" },
        },
        "https://api.github.com/user/teams?per_page=100": { ...validator, json: [] },
      };
      return { outcome: { kind: "found", facts }, responseInfo, validators };
    },
  };
}

function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
  return process.memoryUsage().heapUsed;
}
