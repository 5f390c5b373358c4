// Facts straight from GitHub. About a token that was never seen, `GET /user` is asked first and alone: the token may be
// made up, and one call says so. About one that was once good, all questions are asked at once, on the condition that
// the answer has changed.
import { keyOfOrganisation } from "../config/organisations.ts";
import { type AppClients, fetchTokenOwner, hasScopes, type TokenOwner } from "./account.ts";
import type { ApiAddress } from "./api-address.ts";
import { createCalls, type GitHubCalls } from "./calls.ts";
import type { GitHubClient } from "./client.ts";
import { createConditionalClient, type Validators } from "./conditional-client.ts";
import {
  type Account,
  type Facts,
  type FactsRequest,
  type LookupFailure,
  type Membership,
  needsOrganisations,
} from "./facts.ts";
import type { MembershipSource, MembershipsRequest, MembershipsResult } from "./memberships/source.ts";
import { afterFound, inconsistentResponses } from "./outcomes.ts";
import { createSharedQuotas } from "./shared-quota.ts";
import type { Trace } from "./trace.ts";

/** What an earlier answer about the same token said. */
export interface Earlier extends Pick<TokenOwner, "oauthClientId" | "expiry"> {
  readonly account: Account;
  /** Whether this token has let its owner in before, at any cluster. */
  readonly hasAdmitted: boolean;
  readonly scopes: readonly string[] | null;
  /** Null to ask without a condition: a user who was not admitted may have mended what only a header tells. */
  readonly validators: Validators | null;
}

export type GitHubOutcome = { readonly kind: "found"; readonly facts: Facts } | LookupFailure;

export interface GitHubFacts {
  /**
   * @param earlier what is cached about this token, or null if it was never seen
   * @param trace takes every call
   * @returns the outcome, and the validators for the next time; it does not throw
   */
  load(
    token: string,
    request: FactsRequest,
    earlier: Earlier | null,
    trace: Trace,
  ): Promise<{ readonly outcome: GitHubOutcome; readonly validators: Validators }>;
}

export interface GitHubFactsOptions {
  readonly client: GitHubClient;
  readonly api: ApiAddress;
  readonly memberships: MembershipSource;
  /** The secrets of OAuth and GitHub Apps by client id: their users' tokens are checked with check-token. */
  readonly clientSecrets: ReadonlyMap<string, string>;
  /** Milliseconds. */
  readonly now: () => number;
}

/**
 * For all calls of one request together: kube-apiserver waits 30 s. One call that GitHub does not answer ends after
 * three, and a GitHub that does not say whose token it is ends all others. So only a user waits longer whose own list
 * of teams takes GitHub its ten seconds.
 */
export const totalTimeoutMs = 18_000;

export function createGitHubFacts({ client, api, memberships, clientSecrets, now }: GitHubFactsOptions): GitHubFacts {
  const clients: AppClients = { secrets: clientSecrets, quotas: createSharedQuotas(now) };

  async function load(
    calls: GitHubCalls,
    token: string,
    request: FactsRequest,
    earlier: Earlier | null,
    stop: () => void,
  ): Promise<GitHubOutcome> {
    const isNeverSeen = earlier?.hasAdmitted !== true;
    const loadMemberships = (owner: Pick<TokenOwner, "account" | "scopes">) =>
      fetchMemberships(memberships, calls, request, { token, isNeverSeen, owner });
    const inParallel = earlier === null ? null : loadMemberships(earlier);
    const owner = await fetchTokenOwner(calls, clients, { token, request, earlier });
    if (owner.kind === "unavailable" || owner.kind === "limited") {
      // Nothing else that GitHub may say can count.
      stop();
      return owner;
    }
    const early = await inParallel;
    if (owner.kind !== "found") {
      // One call says that the token is unknown, another accepted it: no user may be refused on that. A valid token of
      // none of this cluster's clients is not inconsistent.
      const isUnknown =
        afterFound(owner) === inconsistentResponses &&
        !(owner.kind === "refused" && owner.reason === "token_client_mismatch");
      return early?.kind === "known" && early.tookToken && isUnknown ? inconsistentResponses : owner;
    }
    if (earlier !== null && earlier.account.id !== owner.account.id) return inconsistentResponses;
    const isSameOwner = earlier !== null && isAsBefore(earlier, owner);
    const result = early !== null && isSameOwner ? early : await loadMemberships(owner);
    if (result.kind === "failed") return afterFound(result.failure);
    return { kind: "found", facts: factsOf(api.host, owner, request, result.memberships) };
  }

  return {
    async load(token, request, earlier, trace) {
      const conditional = createConditionalClient(client, earlier?.validators ?? {}, now);
      const stopped = new AbortController();
      const deadline = AbortSignal.any([AbortSignal.timeout(totalTimeoutMs), stopped.signal]);
      const calls = createCalls({ client: conditional, api, now, trace, deadline });
      const outcome = await load(calls, token, request, earlier, () => stopped.abort());
      return { outcome, validators: conditional.validators() };
    },
  };
}

async function fetchMemberships(
  memberships: MembershipSource,
  calls: GitHubCalls,
  request: FactsRequest,
  asked: Pick<MembershipsRequest, "token" | "isNeverSeen" | "owner">,
): Promise<MembershipsResult> {
  const { organisations, tokenKind } = request;
  if (organisations.length === 0 || !needsOrganisations(request, asked.owner.account)) {
    return { kind: "known", memberships: [], tookToken: false };
  }
  const isFineGrained = tokenKind === "fine_grained";
  return memberships.load({ ...asked, organisations, isFineGrained, hasScopes: hasScopes(tokenKind) }, calls);
}

/** Questions that were asked in parallel rest on the login and the scopes of an earlier time. */
function isAsBefore(earlier: Earlier, owner: TokenOwner): boolean {
  return (
    earlier.account.login === owner.account.login && JSON.stringify(earlier.scopes) === JSON.stringify(owner.scopes)
  );
}

function factsOf(
  host: string,
  { account, oauthClientId, scopes, expiry }: TokenOwner,
  { organisations }: FactsRequest,
  memberships: readonly Membership[],
): Facts {
  const byKey = memberships.flatMap((membership, index) => {
    const reference = organisations[index];
    return reference === undefined ? [] : [[keyOfOrganisation(reference), membership] as const];
  });
  return { host, account, oauthClientId, scopes, expiry, organisations: Object.fromEntries(byKey) };
}
