// The way of one token through the Worker's own code, here in Node: the same recognition, the same calls, the same
// policy, without a cache.
import { proxyHint } from "../../../node/proxy.ts";
import { authenticate, type Decision, type Service } from "../../../worker/authenticate.ts";
import type { ClusterPolicy } from "../../../worker/config/cluster.ts";
import type { ServiceSettings } from "../../../worker/config/service.ts";
import type { ForeignKind } from "../../../worker/credential/kind.ts";
import { type ApiAddress, apiAddressOf } from "../../../worker/github/api-address.ts";
import { createGitHubClient } from "../../../worker/github/client.ts";
import { connectGitHub } from "../../../worker/github/connect.ts";
import type { Facts } from "../../../worker/github/facts.ts";
import type { GitHubFacts } from "../../../worker/github/github-facts.ts";
import { createTrace, decidingCall, type TracedCall } from "../../../worker/github/trace.ts";
import type { PresentedCredential } from "../../../worker/policy/identity.ts";
import { reasons } from "../../../worker/reasons.ts";
import { sentenceOf, type UserInfo, type Verdict } from "../../../worker/verdict.ts";
import { type ExplainedEntry, explainEntries, type PolicyTexts } from "./entry-reasons.ts";

export interface Explanation {
  readonly cluster: string;
  readonly githubApiUrl: string;
  /** What the token is by its shape; its name is the one under which it may be written down. */
  readonly token: PresentedCredential | { readonly foreignKind: ForeignKind };
  readonly calls: readonly ShownCall[];
  readonly facts: Facts | null;
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
