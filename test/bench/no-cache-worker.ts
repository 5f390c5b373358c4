// A webhook authenticator without a cache: the product's own way of asking GitHub, and its own policy. It asks GitHub
// again for each review.
import { authenticate } from "../../src/worker/authenticate.ts";
import { readConfig } from "../../src/worker/config/config.ts";
import { statusResponse, verdictResponse } from "../../src/worker/http/answers.ts";
import { identifyCaller } from "../../src/worker/http/client-certificate.ts";
import { parseTokenReview } from "../../src/worker/http/token-review.ts";
import { factsWithoutCache } from "../support/facts-without-cache.ts";

export default {
  async fetch(request: Request & { readonly cf?: unknown }, env: Record<string, unknown>): Promise<Response> {
    const { service, clusters } = readConfig(env);
    const caller = identifyCaller(request.cf, clusters, Date.now());
    if (!service.ok || caller.kind === "refused") return statusResponse(403, "the benchmark is set up wrongly");
    const parsed = parseTokenReview(await request.text());
    if (!parsed.ok) return statusResponse(400, parsed.problem.message);
    const { githubApiUrl, tokenShape } = service.value;
    const { name, policy } = caller.cluster;
    const factsCache = factsWithoutCache(githubApiUrl);
    const { verdict } = await authenticate(parsed.review.token, name, policy, {
      ok: true,
      value: { factsCache, tokenShape, workflows: null, isRepeatedDenial: () => false },
    });
    return verdictResponse(parsed.review.apiVersion, verdict);
  },
};
