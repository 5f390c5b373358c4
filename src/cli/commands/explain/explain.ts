// The way of one token through the Worker's own code, here in Node: the same recognition, the same calls, the same
// policy, without a cache.
import { proxyHint } from "../../../node/proxy.ts";
import { authenticate, type Decision, type Service } from "../../../worker/authenticate.ts";
import type { ClusterPolicy } from "../../../worker/config/cluster.ts";
import type { ServiceSettings } from "../../../worker/config/service.ts";
import type { WorkflowSettings } from "../../../worker/config/workflows.ts";
import type { ForeignKind } from "../../../worker/credential/kind.ts";
import { type ApiAddress, apiAddressOf } from "../../../worker/github/api-address.ts";
import { createGitHubClient } from "../../../worker/github/client.ts";
import { connectGitHub } from "../../../worker/github/connect.ts";
import type { Facts } from "../../../worker/github/facts.ts";
import type { GitHubFacts } from "../../../worker/github/github-facts.ts";
import { createTrace, decidingCall, type TracedCall } from "../../../worker/github/trace.ts";
import type { PresentedCredential } from "../../../worker/policy/identity.ts";
import { workflowCredentialIdOf } from "../../../worker/policy/workflow-identity.ts";
import { reasons } from "../../../worker/reasons.ts";
import { sentenceOf, type UserInfo, type Verdict } from "../../../worker/verdict.ts";
import type { WorkflowFacts } from "../../../worker/workflows/facts.ts";
import { createActionsKeys } from "../../../worker/workflows/keys.ts";
import { createWorkflowVerifier, leewaySeconds } from "../../../worker/workflows/verify.ts";
import { type ExplainedEntry, explainEntries, explainWorkflowEntries, type PolicyTexts } from "./entry-reasons.ts";

export interface Explanation {
  readonly cluster: string;
  readonly githubApiUrl: string;
  /** What the token is by its shape; its name is the one under which it may be written down. */
  readonly token:
    | PresentedCredential
    | { readonly foreignKind: ForeignKind }
    | { readonly tokenKind: "workflow"; readonly credentialId: string | null };
  readonly calls: readonly ShownCall[];
  /** Of a person's token. */
  readonly facts: Facts | null;
  /** Of a workflow's token, where GitHub's signature holds. */
  readonly workflow: WorkflowFacts | null;
  /** Empty for what is no GitHub token. */
  readonly entries: readonly ExplainedEntry[];
  readonly verdict: ReturnType<typeof explainVerdict>;
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
  /** Null where no token of a workflow is taken. */
  readonly workflows: WorkflowSettings | null;
  readonly fetch: typeof fetch;
  readonly now: () => number;
}

export async function explain(options: ExplainOptions): Promise<Explanation> {
  const { token, cluster, policy, settings, fetch, now } = options;
  const api = apiAddressOf(settings.githubApiUrl);
  const trace = createTrace();
  const github = connectGitHub(createGitHubClient({ fetch }), api, settings, now);
  const service = { ...serviceWithoutCache(github, settings), workflows: verifierOf(options, api) };
  const decision = await authenticate(token, cluster, { ok: true, value: policy }, { ok: true, value: service }, trace);
  const { verdict } = decision;
  return {
    cluster,
    githubApiUrl: settings.githubApiUrl,
    token: tokenOf(decision),
    calls: trace.calls().map((call) => showCall(call, api, token)),
    facts: decision.kind === "evaluated" ? decision.facts : null,
    workflow: decision.kind === "workflow" ? decision.facts : null,
    entries: entriesOf(decision, options),
    verdict: explainVerdict(verdict),
    user: verdict.kind === "authenticated" ? verdict.user : null,
    nameWarnings: "nameWarnings" in decision ? decision.nameWarnings : [],
  };
}

function entriesOf(decision: Decision, { policy, texts }: ExplainOptions): ExplainedEntry[] {
  switch (decision.kind) {
    case "evaluated":
      return explainEntries(policy, texts, decision.credential, decision.facts);
    case "workflow":
      return explainWorkflowEntries(policy, texts, decision.facts);
    case "foreign":
    case "misconfigured":
      return [];
  }
}

/** GitHub is asked for its keys each time. */
function verifierOf({ workflows, fetch, now }: ExplainOptions, { host }: ApiAddress): Service["workflows"] {
  if (workflows === null) return null;
  const issuerUrl = workflows.actionsIssuerUrl;
  const keys = createActionsKeys({
    issuerUrl,
    client: createGitHubClient({ fetch }),
    store: { read: async () => null, write: async () => undefined },
    graceMs: 0,
    now,
    waitUntil: () => undefined,
    writeWarning: () => undefined,
  });
  return createWorkflowVerifier({ issuerUrl, host, keys, expiryLeewaySeconds: leewaySeconds, now });
}

function serviceWithoutCache(github: GitHubFacts, { tokenShape }: ServiceSettings): Omit<Service, "workflows"> {
  return {
    tokenShape,
    isRepeatedDenial: () => false,
    factsCache: {
      credentialIdOf: () => null,
      isKnown: () => false,
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
    case "workflow": {
      const { facts } = decision;
      return { tokenKind: "workflow", credentialId: facts === null ? null : workflowCredentialIdOf(facts) };
    }
    case "foreign":
      return { foreignKind: decision.foreignKind };
    case "misconfigured":
      throw new Error("the configuration was right a moment ago");
  }
}

/** @returns the problem, and the hint that puts it right: null for an account that gets in */
export function explainVerdict(verdict: Verdict) {
  const { kind, reason } = verdict;
  const { problem, hint: said } = reasons[reason];
  const hint = reason === "github_unreachable" ? `${said} ${proxyHint}` : said;
  const detail = "detail" in verdict ? verdict.detail : null;
  return {
    kind,
    reason,
    sentence: kind === "undetermined" && detail !== null ? detail : sentenceOf({ problem, hint: null }),
    hint: kind === "denied" && detail !== null ? `${hint} (${detail})` : hint,
  };
}

export type ShownCall = Readonly<ReturnType<typeof showCall>>;

const shownHeaders = [
  "x-oauth-scopes",
  "x-accepted-oauth-scopes",
  "x-accepted-github-permissions",
  "x-oauth-client-id",
  "github-authentication-token-expiration",
  "x-github-sso",
  "x-ratelimit-limit",
  "x-ratelimit-remaining",
  "retry-after",
  "x-github-request-id",
];

/**
 * Makes a call fit for a terminal: without the token, and without what could control a terminal.
 *
 * @param token never shown, whatever GitHub sends back
 */
export function showCall(call: TracedCall, { restUrl, graphqlUrl }: ApiAddress, token: string) {
  const { method, url, status, outcome, durationMs, message } = call;
  const shown = (text: string, maxLength: number) =>
    text
      .replaceAll(token, "[the token]")
      .replace(/[^\x20-\x7e]/g, "?")
      .slice(0, maxLength);
  const path = url === graphqlUrl ? new URL(url).pathname : url.slice(restUrl.length);
  const headers = shownHeaders.flatMap((name) => {
    const value = call.headers?.get(name) ?? null;
    return value === null ? [] : [[name, shown(value, 500)] as const];
  });
  const hasMessage = message !== "" && status !== null && status >= 400;
  return {
    method,
    // With its query, without the API's own address.
    path: shown(path, 500),
    // Null where no response came.
    status,
    // By the Worker's table of endpoints.
    outcome: outcome.kind,
    reason: outcome.reason ?? null,
    durationMs,
    headers: Object.fromEntries(headers),
    message: hasMessage ? shown(message, 300) : null,
  };
}
