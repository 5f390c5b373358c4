// GitHub itself as the source of facts. About a token that was never seen, `GET /user` is asked first and alone: it may be made up, and one call says so. About one that was once good,
// everything is asked at once, on the condition that it has changed.
import { keyOfOrganisation } from "../config/organisations.ts";
import { askAccount, type Holder } from "./account.ts";
import type { ApiAddress } from "./api-address.ts";
import { type Asked, afterFound, gravest } from "./call.ts";
import { checkToken } from "./check-token.ts";
import type { GitHubClient } from "./client.ts";
import { createConditionalClient, type Validators } from "./conditional-client.ts";
import type { Account, Evidence, Facts, Question, Refusal, Standing } from "./facts.ts";
import type { MembershipAnswer, MembershipSource } from "./memberships/source.ts";
import { contradiction } from "./outcomes.ts";

/** What an earlier answer about the same token said. */
export interface Earlier {
  readonly account: Account;
  readonly scopes: readonly string[] | null;
  readonly validators: Validators;
}

export interface GitHubAnswer {
  readonly outcome: { readonly kind: "found"; readonly facts: Facts } | Refusal;
  readonly evidence: Evidence;
  /** For the next time. */
  readonly validators: Validators;
}

export interface GitHubFacts {
  /** @param earlier what is remembered of this token, or null if it was never seen */
  ask(token: string, question: Question, earlier: Earlier | null): Promise<GitHubAnswer>;
}

export interface GitHubFactsOptions {
  readonly client: GitHubClient;
  readonly api: ApiAddress;
  readonly memberships: MembershipSource;
  /** The secrets of OAuth and GitHub Apps by client id: their users' tokens are checked with check-token. */
  readonly clientSecrets: ReadonlyMap<string, string>;
}

/** For all calls of one question together; the apiserver waits 30 s, and one kubectl asks five times in a row. */
const totalTimeoutMs = 8_000;

const noOrganisations: MembershipAnswer = { kind: "known", standings: [], tookToken: false };

export function createGitHubFacts(options: GitHubFactsOptions): GitHubFacts {
  const { api, memberships } = options;

  function askMemberships(
    client: GitHubClient,
    token: string,
    question: Question,
    holder: Pick<Holder, "account" | "scopes">,
    deadline: AbortSignal,
  ): Promise<MembershipAnswer> {
    const { organisations, tokenKind } = question;
    if (organisations.length === 0 || !question.dependsOnOrganisations(holder.account)) {
      return Promise.resolve(noOrganisations);
    }
    const isFineGrained = tokenKind === "fine_grained";
    const hasScopes = tokenKind === "classic" || tokenKind === "oauth" || tokenKind === "legacy";
    return memberships.ask({ token, client, holder, organisations, isFineGrained, hasScopes }, deadline);
  }

  async function inquire(
    client: GitHubClient,
    token: string,
    question: Question,
    earlier: Earlier | null,
  ): Promise<Asked<{ readonly kind: "found"; readonly facts: Facts } | Refusal>> {
    const deadline = AbortSignal.timeout(totalTimeoutMs);
    const [{ outcome: holder, evidence }, early] = await Promise.all([
      askHolder({ ...options, client }, token, question, deadline),
      earlier === null ? null : askMemberships(client, token, question, earlier, deadline),
    ]);
    if (holder.kind !== "found") {
      // One call says that the token is unknown, another took it: nobody can be refused on that. A good token of none of this cluster's clients is no contradiction.
      const isUnknown =
        afterFound(holder) === contradiction && !(holder.kind === "refused" && holder.reason === "token_not_ours");
      const isContradicted = early?.kind === "known" && early.tookToken && isUnknown;
      return { outcome: isContradicted ? contradiction : holder, evidence };
    }
    if (earlier !== null && earlier.account.id !== holder.account.id) return { outcome: contradiction, evidence };
    const isSameHolder = earlier !== null && isAsBefore(earlier, holder);
    const answer =
      early !== null && isSameHolder ? early : await askMemberships(client, token, question, holder, deadline);
    if (answer.kind === "failed") {
      return { outcome: afterFound(answer.asked.outcome), evidence: answer.asked.evidence };
    }
    const facts = factsOf(api.host, holder, question, answer.standings);
    return { outcome: { kind: "found", facts }, evidence };
  }

  return {
    async ask(token, question, earlier) {
      const client = createConditionalClient(options.client, earlier?.validators ?? {});
      const { outcome, evidence } = await inquire(client, token, question, earlier);
      return { outcome, evidence, validators: client.validators() };
    },
  };
}

async function askHolder(
  { client, api, clientSecrets }: GitHubFactsOptions,
  token: string,
  question: Question,
  deadline: AbortSignal,
): Promise<Asked<Holder | Refusal>> {
  const { restUrl } = api;
  const isAppToken = question.tokenKind === "oauth" || question.tokenKind === "app";
  const apps = (isAppToken ? question.oauthClients : []).flatMap((clientId) => {
    const secret = clientSecrets.get(clientId);
    return secret === undefined ? [] : [{ clientId, secret }];
  });
  const checks = await Promise.all(apps.map((app) => checkToken(client, restUrl, app, token, deadline)));
  for (const { outcome, evidence } of checks) if (outcome.kind === "found") return { outcome, evidence };
  const failed = gravest(
    checks.flatMap(({ outcome, evidence }) => (outcome.kind === "unavailable" ? [{ outcome, evidence }] : [])),
  );
  if (failed !== undefined) return failed;
  const [check] = checks;
  // None of those apps' tokens. It may still belong to a listed client without a secret, which GET /user tells.
  if (check === undefined || apps.length < question.oauthClients.length)
    return askAccount(client, restUrl, token, deadline);
  return { outcome: { kind: "refused", reason: "token_not_ours" }, evidence: check.evidence };
}

/** What was asked in parallel rests on the login and the scopes of an earlier time. */
function isAsBefore(earlier: Earlier, holder: Holder): boolean {
  return (
    earlier.account.login === holder.account.login && JSON.stringify(earlier.scopes) === JSON.stringify(holder.scopes)
  );
}

function factsOf(host: string, holder: Holder, { organisations }: Question, standings: readonly Standing[]): Facts {
  const { account, oauthClientId, scopes, expiry } = holder;
  const byKey = standings.flatMap((standing, index) => {
    const reference = organisations[index];
    return reference === undefined ? [] : [[keyOfOrganisation(reference), standing] as const];
  });
  return { host, account, oauthClientId, scopes, expiry, organisations: Object.fromEntries(byKey) };
}
