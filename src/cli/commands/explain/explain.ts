// The way of one token through the Worker's own code, here in Node: the same recognition, the same calls, the same
// policy, without a cache.
import { authenticate, type Decision, type Service } from "../../../worker/authenticate.ts";
import type { ClusterPolicy } from "../../../worker/config/cluster.ts";
import type { ServiceSettings } from "../../../worker/config/service.ts";
import type { ForeignKind } from "../../../worker/credential/kind.ts";
import { apiAddressOf } from "../../../worker/github/api-address.ts";
import { createGitHubClient } from "../../../worker/github/client.ts";
import { connectGitHub } from "../../../worker/github/connect.ts";
import type { Facts } from "../../../worker/github/facts.ts";
import type { GitHubFacts } from "../../../worker/github/github-facts.ts";
import { createTrace, decidingCall } from "../../../worker/github/trace.ts";
import type { PresentedCredential } from "../../../worker/policy/identity.ts";
import type { UserInfo } from "../../../worker/verdict.ts";
import { type ExplainedEntry, explainEntries, type PolicyTexts } from "./entry-reasons.ts";
import { type ShownCall, showCall } from "./shown-calls.ts";
import { type ExplainedVerdict, explainVerdict } from "./verdict-hint.ts";

export interface Explanation {
  readonly cluster: string;
  readonly githubApiUrl: string;
  /** What the token is by its shape; its name is the one under which it may be written down. */
  readonly token: PresentedCredential | { readonly foreignKind: ForeignKind };
  readonly calls: readonly ShownCall[];
  readonly facts: Facts | null;
  /** Empty for what is no GitHub token. */
  readonly entries: readonly ExplainedEntry[];
  readonly verdict: ExplainedVerdict;
  /** Who it is in the cluster, or null. */
  readonly user: UserInfo | null;
  /** Names in the policy that are uncertain, by what this person's facts show. */
  readonly nameWarnings: readonly string[];
}

export interface ExplainOptions {
  readonly token: string;
  readonly cluster: string;
  readonly policy: ClusterPolicy;
  readonly texts: PolicyTexts;
  readonly settings: ServiceSettings;
  readonly fetch: typeof fetch;
  readonly now: () => number;
}

export async function explain(options: ExplainOptions): Promise<Explanation> {
  const { token, cluster, policy, texts, settings, fetch, now } = options;
  const api = apiAddressOf(settings.githubApiUrl);
  const trace = createTrace();
  const github = connectGitHub(createGitHubClient({ fetch }), api, settings, now);
  const service = serviceWithoutCache(github, settings);
  const decision = await authenticate(token, cluster, { ok: true, value: policy }, { ok: true, value: service }, trace);
  const { verdict } = decision;
  return {
    cluster,
    githubApiUrl: settings.githubApiUrl,
    token: tokenOf(decision),
    calls: trace.calls().map((call) => showCall(call, api, token)),
    facts: decision.kind === "evaluated" ? decision.facts : null,
    entries: decision.kind === "evaluated" ? explainEntries(policy, texts, decision.credential, decision.facts) : [],
    verdict: explainVerdict(verdict),
    user: verdict.kind === "authenticated" ? verdict.user : null,
    nameWarnings: decision.kind === "evaluated" ? decision.nameWarnings : [],
  };
}

function serviceWithoutCache(github: GitHubFacts, { tokenShape }: ServiceSettings): Service {
  return {
    tokenShape,
    isRepeatedDenial: () => false,
    factsCache: {
      credentialIdOf: () => null,
      async load({ token, request, evaluate, trace }) {
        const { outcome } = await github.load(token, request, null, trace);
        const call = decidingCall(trace, outcome);
        if (outcome.kind !== "found") return { outcome, source: "github", call };
        const { facts } = outcome;
        const found = { kind: "found", facts, verdict: evaluate(facts), isStale: false } as const;
        return { outcome: found, source: "github", call };
      },
    },
  };
}

function tokenOf(decision: Decision): Explanation["token"] {
  switch (decision.kind) {
    case "evaluated":
      return decision.credential;
    case "foreign":
      return { foreignKind: decision.foreignKind };
    case "misconfigured":
      throw new Error("the configuration was right a moment ago");
  }
}
