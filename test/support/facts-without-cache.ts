// Facts without a cache: every lookup asks GitHub, as other webhook authenticators do.
import type { FactsCache } from "../../src/worker/cache/facts-cache.ts";
import { apiAddressOf } from "../../src/worker/github/api-address.ts";
import { createGitHubClient } from "../../src/worker/github/client.ts";
import { createGitHubFacts } from "../../src/worker/github/github-facts.ts";
import { ownTokenMemberships } from "../../src/worker/github/memberships/own-token.ts";
import { decidingCall } from "../../src/worker/github/trace.ts";

/** @param githubApiUrl GITHUB_API_URL, without a trailing slash */
export function factsWithoutCache(githubApiUrl: string): FactsCache {
  const github = createGitHubFacts({
    client: createGitHubClient({ fetch: (input, init) => fetch(input, init) }),
    api: apiAddressOf(githubApiUrl),
    memberships: ownTokenMemberships,
    clientSecrets: new Map(),
    now: () => Date.now(),
  });
  return {
    credentialIdOf: () => null,
    isKnown: () => false,
    async load({ token, request, evaluate, trace }) {
      const { outcome } = await github.load(token, request, null, trace);
      const call = decidingCall(trace, outcome);
      if (outcome.kind !== "found") return { outcome, source: "github", call };
      return { outcome: { ...outcome, verdict: evaluate(outcome.facts), isStale: false }, source: "github", call };
    },
  };
}
