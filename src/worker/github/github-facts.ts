// GitHub itself as the source of facts. `GET /user` comes first and alone: a token that was never seen may be made up, and one call says so. Everything else
// follows in parallel, and only where it can change something.
import { keyOfOrganisation } from "../config/organisations.ts";
import type { Evidence, Facts, FactsAnswer, FactsSource, Question, Refusal, Standing } from "../facts.ts";
import { askAccount, type Holder } from "./account.ts";
import type { ApiAddress } from "./api-address.ts";
import { type Asked, gravest } from "./call.ts";
import { checkToken } from "./check-token.ts";
import type { GitHubClient } from "./client.ts";
import type { MembershipSource } from "./memberships.ts";

export interface GitHubFactsOptions {
  readonly client: GitHubClient;
  readonly api: ApiAddress;
  readonly memberships: MembershipSource;
  /** The secrets of OAuth and GitHub Apps by client id: their users' tokens are checked with check-token. */
  readonly clientSecrets: ReadonlyMap<string, string>;
}

/** For all calls of one question together; the apiserver waits 30 s, and one kubectl asks five times in a row. */
const totalTimeoutMs = 8_000;

export function createGitHubFacts(options: GitHubFactsOptions): FactsSource {
  const { client, api, memberships, clientSecrets } = options;
  const { restUrl, host } = api;

  async function askHolder(token: string, question: Question, deadline: AbortSignal): Promise<Asked<Holder | Refusal>> {
    if (question.tokenKind !== "oauth" && question.tokenKind !== "app")
      return askAccount(client, restUrl, token, deadline);
    const apps = question.oauthClients.flatMap((clientId) => {
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
    if (check !== undefined && apps.length === question.oauthClients.length) {
      return { outcome: { kind: "refused", reason: "token_not_ours" }, evidence: check.evidence };
    }
    return askAccount(client, restUrl, token, deadline);
  }

  return {
    async ask(token, question) {
      const deadline = AbortSignal.timeout(totalTimeoutMs);
      const { outcome: holder, evidence } = await askHolder(token, question, deadline);
      if (holder.kind !== "found") return { outcome: holder, evidence };
      if (question.organisations.length === 0 || !question.dependsOnOrganisations(holder.account)) {
        return found(host, holder, {}, evidence);
      }
      const answer = await memberships.ask(
        {
          token,
          holder,
          organisations: question.organisations,
          isFineGrained: question.tokenKind === "fine_grained",
          hasScopes: ["classic", "oauth", "legacy"].includes(question.tokenKind),
        },
        deadline,
      );
      if (answer.kind === "failed") return answer.asked;
      const standings = answer.standings.flatMap((standing, index) => {
        const reference = question.organisations[index];
        return reference === undefined ? [] : [[keyOfOrganisation(reference), standing] as const];
      });
      return found(host, holder, Object.fromEntries(standings), evidence);
    },
  };
}

function found(
  host: string,
  { account, oauthClientId, scopes, expiry }: Holder,
  organisations: Readonly<Record<string, Standing>>,
  evidence: Evidence,
): FactsAnswer {
  const facts: Facts = { host, account, oauthClientId, scopes, expiry, organisations };
  return { outcome: { kind: "found", facts }, evidence };
}
