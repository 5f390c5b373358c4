// One isolate: the product's own caches, put together as src/worker/app.ts does it, on a virtual clock.

import { createBreaker } from "../../../src/worker/cache/breaker.ts";
import { createFactsCache, type FactsCache } from "../../../src/worker/cache/facts-cache.ts";
import type { Evaluate } from "../../../src/worker/cache/freshness.ts";
import { createKvCache, type KeyValueStore } from "../../../src/worker/cache/kv.ts";
import type { Lifetimes } from "../../../src/worker/cache/lifetimes.ts";
import type { LookupResult } from "../../../src/worker/cache/lookup.ts";
import { createMemory } from "../../../src/worker/cache/memory.ts";
import { createNegativeCache } from "../../../src/worker/cache/negative-cache.ts";
import { createTeamLists } from "../../../src/worker/cache/team-lists.ts";
import type { FactsRequest } from "../../../src/worker/github/facts.ts";
import type { GitHubFacts } from "../../../src/worker/github/github-facts.ts";
import { createTrace } from "../../../src/worker/github/trace.ts";
import { plainSealer } from "./plain-sealer.ts";

export interface IsolateOptions {
  readonly now: () => number;
  readonly github: GitHubFacts;
  readonly store: KeyValueStore;
  readonly admitNeverSeen: (cluster: string) => Promise<boolean>;
  readonly lifetimes: Lifetimes;
}

export class Isolate {
  readonly #factsCache: FactsCache;
  readonly #background: Promise<void>[] = [];

  constructor({ now, github, store, admitNeverSeen, lifetimes }: IsolateOptions) {
    this.#factsCache = createFactsCache({
      github,
      memory: createMemory(now),
      kv: createKvCache({ store, sealer: plainSealer, now, writeWarning: () => {} }),
      negative: createNegativeCache(),
      nameOf: plainSealer.nameOf,
      breaker: createBreaker(),
      teamLists: createTeamLists(),
      admitNeverSeen,
      lifetimes,
      now,
      writeWarning: () => {},
      waitUntil: (work) => {
        this.#background.push(work);
      },
    });
  }

  /** @returns the result, once all work in the background is done, too: both take no time here */
  async load(token: string, request: FactsRequest, evaluate: Evaluate): Promise<LookupResult> {
    const lookup = { token, credentialId: "credential-id", request, evaluate, trace: createTrace() };
    const result = await this.#factsCache.load(lookup);
    for (let work = this.#background.pop(); work !== undefined; work = this.#background.pop()) await work;
    return result;
  }
}
