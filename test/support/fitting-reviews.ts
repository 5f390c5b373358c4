// Reviews by the Worker's own code, in Node and without a cache: the answer to compare a report with.
import { authenticate } from "../../src/worker/authenticate.ts";
import type { ClusterPolicy } from "../../src/worker/config/cluster.ts";
import type { ServiceSettings } from "../../src/worker/config/service.ts";
import { apiAddressOf } from "../../src/worker/github/api-address.ts";
import { createGitHubClient } from "../../src/worker/github/client.ts";
import { connectGitHub } from "../../src/worker/github/connect.ts";
import { createTrace } from "../../src/worker/github/trace.ts";
import type { Verdict } from "../../src/worker/verdict.ts";

/** @returns what asks about a token; all reviews share one installation of the App, where there is one */
export function createReviews(
  policy: ClusterPolicy,
  githubApiUrl: string,
  githubApp: ServiceSettings["githubApp"],
  send: typeof fetch = fetch,
): (token: string) => Promise<Verdict> {
  const settings = { githubApp, oauthClientSecrets: new Map<string, string>() };
  const client = createGitHubClient({ fetch: send });
  const github = connectGitHub(client, apiAddressOf(githubApiUrl), settings, Date.now);
  return async (token) => {
    const trace = createTrace();
    const decision = await authenticate(
      token,
      "production",
      { ok: true, value: policy },
      {
        ok: true,
        value: {
          tokenShape: "exact",
          isRepeatedDenial: () => false,
          workflows: null,
          factsCache: {
            credentialIdOf: () => null,
            isKnown: () => false,
            async load({ token: one, request, evaluate, trace: calls }) {
              const { outcome } = await github.load(one, request, null, calls);
              if (outcome.kind !== "found") return { outcome, source: "github", call: null };
              const { facts } = outcome;
              const found = { kind: "found", facts, verdict: evaluate(facts), isStale: false } as const;
              return { outcome: found, source: "github", call: null };
            },
          },
        },
      },
      trace,
    );
    return decision.verdict;
  };
}
