// GitHub itself as the source of facts. About a token that was never seen, `GET /user` is asked first and alone: it may be made up, and one call says so. About one that was once good,
// everything is asked at once, on the condition that it has changed.
import { keyOfOrganisation } from "../config/organisations.ts";
import { fetchAccount, type TokenOwner } from "./account.ts";
import type { ApiAddress } from "./api-address.ts";
import { afterFound, type WithResponse, worst } from "./call.ts";
import { checkToken } from "./check-token.ts";
import type { GitHubClient } from "./client.ts";
import { createConditionalClient, type Validators } from "./conditional-client.ts";
import type { Account, Facts, FactsRequest, LookupFailure, Membership, ResponseInfo } from "./facts.ts";
import type { MembershipSource, MembershipsResult } from "./memberships/source.ts";
import { inconsistentResponses } from "./outcomes.ts";

/** What an earlier answer about the same token said. */
export interface Earlier {
  readonly account: Account;
  readonly scopes: readonly string[] | null;
  readonly validators: Validators;
}

export interface GitHubAnswer {
  readonly outcome: { readonly kind: "found"; readonly facts: Facts } | LookupFailure;
  readonly responseInfo: ResponseInfo;
  /** For the next time. */
  readonly validators: Validators;
}

export interface GitHubFacts {
  /** @param earlier what is remembered of this token, or null if it was never seen */
  load(token: string, question: FactsRequest, earlier: Earlier | null): Promise<GitHubAnswer>;
}

export interface GitHubFactsOptions {
  readonly client: GitHubClient;
  readonly api: ApiAddress;
  readonly memberships: MembershipSource;
  /** The secrets of OAuth and GitHub Apps by client id: their users' tokens are checked with check-token. */
  readonly clientSecrets: ReadonlyMap<string, string>;
}

/** For all calls of one question together; the apiserver waits 30 s, and one kubectl asks five times in a row. */
export const totalTimeoutMs = 8_000;

const noOrganisations: MembershipsResult = { kind: "known", standings: [], tookToken: false };

export function createGitHubFacts(options: GitHubFactsOptions): GitHubFacts {
  const { api, memberships } = options;

  function askMemberships(
    client: GitHubClient,
    token: string,
    question: FactsRequest,
    owner: Pick<TokenOwner, "account" | "scopes">,
    deadline: AbortSignal,
  ): Promise<MembershipsResult> {
    const { organisations, tokenKind } = question;
    if (organisations.length === 0 || !question.dependsOnOrganisations(owner.account)) {
      return Promise.resolve(noOrganisations);
    }
    const isFineGrained = tokenKind === "fine_grained";
    const hasScopes = tokenKind === "classic" || tokenKind === "oauth" || tokenKind === "legacy";
    return memberships.load({ token, client, owner, organisations, isFineGrained, hasScopes }, deadline);
  }

  async function inquire(
    client: GitHubClient,
    token: string,
    question: FactsRequest,
    earlier: Earlier | null,
  ): Promise<WithResponse<{ readonly kind: "found"; readonly facts: Facts } | LookupFailure>> {
    const deadline = AbortSignal.timeout(totalTimeoutMs);
    const [{ outcome: owner, responseInfo }, early] = await Promise.all([
      askHolder({ ...options, client }, token, question, deadline),
      earlier === null ? null : askMemberships(client, token, question, earlier, deadline),
    ]);
    if (owner.kind !== "found") {
      // One call says that the token is unknown, another took it: nobody can be refused on that. A good token of none of this cluster's clients is no contradiction.
      const isUnknown =
        afterFound(owner) === inconsistentResponses &&
        !(owner.kind === "refused" && owner.reason === "token_client_mismatch");
      const isContradicted = early?.kind === "known" && early.tookToken && isUnknown;
      return { outcome: isContradicted ? inconsistentResponses : owner, responseInfo };
    }
    if (earlier !== null && earlier.account.id !== owner.account.id)
      return { outcome: inconsistentResponses, responseInfo };
    const isSameHolder = earlier !== null && isAsBefore(earlier, owner);
    const answer =
      early !== null && isSameHolder ? early : await askMemberships(client, token, question, owner, deadline);
    if (answer.kind === "failed") {
      return { outcome: afterFound(answer.asked.outcome), responseInfo: answer.asked.responseInfo };
    }
    const facts = factsOf(api.host, owner, question, answer.standings);
    return { outcome: { kind: "found", facts }, responseInfo };
  }

  return {
    async load(token, question, earlier) {
      const client = createConditionalClient(options.client, earlier?.validators ?? {});
      const { outcome, responseInfo } = await inquire(client, token, question, earlier);
      return { outcome, responseInfo, validators: client.validators() };
    },
  };
}

async function askHolder(
  { client, api, clientSecrets }: GitHubFactsOptions,
  token: string,
  question: FactsRequest,
  deadline: AbortSignal,
): Promise<WithResponse<TokenOwner | LookupFailure>> {
  const { restUrl } = api;
  const isAppToken = question.tokenKind === "oauth" || question.tokenKind === "app";
  const apps = (isAppToken ? question.oauthClients : []).flatMap((clientId) => {
    const secret = clientSecrets.get(clientId);
    return secret === undefined ? [] : [{ clientId, secret }];
  });
  const checks = await Promise.all(apps.map((app) => checkToken(client, restUrl, app, token, deadline)));
  for (const { outcome, responseInfo } of checks) if (outcome.kind === "found") return { outcome, responseInfo };
  const failed = worst(
    checks.flatMap(({ outcome, responseInfo }) => (outcome.kind === "unavailable" ? [{ outcome, responseInfo }] : [])),
  );
  if (failed !== undefined) return failed;
  const [check] = checks;
  // None of those apps' tokens. It may still belong to a listed client without a secret, which GET /user tells.
  if (check === undefined || apps.length < question.oauthClients.length)
    return fetchAccount(client, restUrl, token, deadline);
  return { outcome: { kind: "refused", reason: "token_client_mismatch" }, responseInfo: check.responseInfo };
}

/** What was asked in parallel rests on the login and the scopes of an earlier time. */
function isAsBefore(earlier: Earlier, owner: TokenOwner): boolean {
  return (
    earlier.account.login === owner.account.login && JSON.stringify(earlier.scopes) === JSON.stringify(owner.scopes)
  );
}

function factsOf(
  host: string,
  owner: TokenOwner,
  { organisations }: FactsRequest,
  standings: readonly Membership[],
): Facts {
  const { account, oauthClientId, scopes, expiry } = owner;
  const byKey = standings.flatMap((standing, index) => {
    const reference = organisations[index];
    return reference === undefined ? [] : [[keyOfOrganisation(reference), standing] as const];
  });
  return { host, account, oauthClientId, scopes, expiry, organisations: Object.fromEntries(byKey) };
}
