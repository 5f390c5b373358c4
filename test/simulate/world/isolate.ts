// One isolate: the product's own memory, put together as src/worker/app.ts does it, on a virtual clock.

import { createBreaker } from "../../../src/worker/cache/breaker.ts";
import { createFactsCache } from "../../../src/worker/cache/facts-cache.ts";
import type { Lifetimes } from "../../../src/worker/cache/freshness.ts";
import { createKvCache, type KeyValueStore } from "../../../src/worker/cache/kv.ts";
import { createMemory } from "../../../src/worker/cache/memory.ts";
import { createNegativeCache } from "../../../src/worker/cache/negative-cache.ts";
import type { FactsAnswer, FactsRequest, FactsSource } from "../../../src/worker/github/facts.ts";
import type { GitHubFacts } from "../../../src/worker/github/github-facts.ts";
import { plainSealer } from "./plain-sealer.ts";

export interface IsolateOptions {
  readonly now: () => number;
  readonly github: GitHubFacts;
  readonly store: KeyValueStore;
  readonly admitNeverSeen: (cluster: string) => Promise<boolean>;
  readonly lifetimes: Lifetimes;
}

export class Isolate {
  readonly #source: FactsSource;
  readonly #background: Promise<void>[] = [];

  constructor({ now, github, store, admitNeverSeen, lifetimes }: IsolateOptions) {
    this.#source = createFactsCache({
      github,
      memory: createMemory(),
      // The virtual KV always answers, so nothing ever waits for a deadline.
      kv: createKvCache({ store, sealer: plainSealer, now, deadline: never, writeWarning: () => {} }),
      refusals: createNegativeCache(),
      nameOf: plainSealer.nameOf,
      breaker: createBreaker(),
      admitNeverSeen,
      lifetimes,
      now,
      waitUntil: (work) => {
        this.#background.push(work);
      },
    });
  }

  /** @returns the answer, once all work in the background is done, too: both take no time here */
  async ask(token: string, question: FactsRequest): Promise<FactsAnswer> {
    const answer = await this.#source.load(token, "credential-id", question);
    for (let work = this.#background.pop(); work !== undefined; work = this.#background.pop()) await work;
    return answer;
  }
}

const never = () => new Promise<never>(() => {});
