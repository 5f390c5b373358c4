// One token's way through the Worker's own code, here in Node: the same shapes, the same calls, the same policy, but no
// cache.
import { authenticate, type Decision, type Service } from "../../../worker/authenticate.ts";
import type { ClusterPolicy } from "../../../worker/config/cluster.ts";
import type { ServiceSettings } from "../../../worker/config/service.ts";
import type { ForeignKind } from "../../../worker/credential/kind.ts";
import { apiAddressOf } from "../../../worker/github/api-address.ts";
import { createGitHubClient } from "../../../worker/github/client.ts";
import { connectGitHub } from "../../../worker/github/connect.ts";
import type { Facts } from "../../../worker/github/facts.ts";
import type { GitHubFacts } from "../../../worker/github/github-facts.ts";
import type { PresentedCredential } from "../../../worker/policy/identity.ts";
import type { UserInfo } from "../../../worker/verdict.ts";
import { type ExplainedEntry, explainEntries, type PolicyTexts } from "./entry-reasons.ts";
import { createRecorder, type RecordedCall } from "./recorded-calls.ts";
import { type ExplainedVerdict, explainVerdict } from "./verdict-hint.ts";

export interface Explanation {
  readonly cluster: string;
  readonly githubApiUrl: string;
  /** What the token is by its shape; its name is the one under which it may be written down. */
  readonly token: PresentedCredential | { readonly foreignKind: ForeignKind };
  readonly calls: readonly RecordedCall[];
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
  const recorder = createRecorder({ client: createGitHubClient({ fetch }), ...api, token, now });
  const github = connectGitHub(recorder.client, api, settings, now);
  const service = serviceWithoutMemory(github, settings);
  const decision = await authenticate(token, cluster, { ok: true, value: policy }, { ok: true, value: service });
  const { verdict } = decision;
  return {
    cluster,
    githubApiUrl: settings.githubApiUrl,
    token: tokenOf(decision),
    calls: recorder.calls(),
    facts: decision.kind === "judged" ? decision.facts : null,
    entries: decision.kind === "judged" ? explainEntries(policy, texts, decision.credential, decision.facts) : [],
    verdict: explainVerdict(verdict),
    user: verdict.kind === "authenticated" ? verdict.user : null,
    nameWarnings: decision.kind === "judged" ? decision.nameWarnings : [],
  };
}

function serviceWithoutMemory(github: GitHubFacts, { tokenShape }: ServiceSettings): Service {
  return {
    tokenShape,
    source: {
      knownCredentialId: () => null,
      async load(token, _, question) {
        const { outcome, responseInfo } = await github.load(token, question, null);
        return { outcome: outcome.kind === "found" ? { ...outcome, outageGrace: false } : outcome, responseInfo };
      },
    },
  };
}

function tokenOf(decision: Decision): Explanation["token"] {
  switch (decision.kind) {
    case "judged":
      return decision.credential;
    case "foreign":
      return { foreignKind: decision.foreignKind };
    case "misconfigured":
      throw new Error("the configuration was right a moment ago");
  }
}
