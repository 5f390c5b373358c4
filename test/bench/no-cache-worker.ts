// A webhook authenticator without a cache: the product's own way of asking GitHub, and its own policy. It asks GitHub
// again for each review.
import { authenticate } from "../../src/worker/authenticate.ts";
import { readConfig } from "../../src/worker/config/config.ts";
import { apiAddressOf } from "../../src/worker/github/api-address.ts";
import { createGitHubClient } from "../../src/worker/github/client.ts";
import type { FactsSource } from "../../src/worker/github/facts.ts";
import { createGitHubFacts } from "../../src/worker/github/github-facts.ts";
import { createPersonalMemberships } from "../../src/worker/github/memberships/own-token.ts";
import { statusResponse, verdictResponse } from "../../src/worker/http/answers.ts";
import { identifyCaller } from "../../src/worker/http/client-certificate.ts";
import { parseTokenReview } from "../../src/worker/http/token-review.ts";

function withoutMemory(githubApiUrl: string): FactsSource {
  const api = apiAddressOf(githubApiUrl);
  const client = createGitHubClient({ fetch: (input, init) => fetch(input, init) });
  const memberships = createPersonalMemberships(api.restUrl);
  const github = createGitHubFacts({ client, api, memberships, clientSecrets: new Map() });
  return {
    knownCredentialId: () => null,
    async load(token, _, question) {
      const { outcome, responseInfo } = await github.load(token, question, null);
      return { outcome: outcome.kind === "found" ? { ...outcome, outageGrace: false } : outcome, responseInfo };
    },
  };
}

export default {
  async fetch(request: Request & { readonly cf?: unknown }, env: Record<string, unknown>): Promise<Response> {
    const { service, clusters } = readConfig(env);
    const caller = identifyCaller(request.cf, clusters, Date.now());
    if (!service.ok || caller.kind === "refused") return statusResponse(403, "the benchmark is set up wrongly");
    const parsed = parseTokenReview(await request.text());
    if (!parsed.ok) return statusResponse(400, parsed.problem.message);
    const { githubApiUrl, tokenShape } = service.value;
    const { name, policy } = caller.cluster;
    const source = withoutMemory(githubApiUrl);
    const { verdict } = await authenticate(parsed.review.token, name, policy, {
      ok: true,
      value: { source, tokenShape },
    });
    return verdictResponse(parsed.review.apiVersion, verdict);
  },
};
