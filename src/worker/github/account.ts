// `GET /user`: whose token is this? REST on purpose: GraphQL's `viewer` also answers for the tokens of app installations, and so for anyone's workflow.
import * as v from "valibot";
import type { Account, Facts, FactsOutcome, FactsSource } from "../facts.ts";
import type { GitHubClient, GitHubReply } from "./client.ts";
import { nonsense, sortAccountReply } from "./outcomes.ts";
import { parseTokenExpiry } from "./token-expiry.ts";

/** Letters, digits, dashes, and the underscore before the short code of an enterprise's managed users. */
const personLogin = /^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$/;
/** Other accounts' may end in [bot]; they let nobody in, so this only keeps the log clean. */
const otherLogin = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}(?:\[bot\])?$/;

const accountSchema = v.pipe(
  v.object({
    id: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    login: v.string(),
    type: v.pipe(v.string(), v.regex(/^[A-Za-z]{1,40}$/)),
  }),
  v.check(({ login, type }) => (type === "User" ? personLogin : otherLogin).test(login)),
);

/** GitHub itself as the source of facts: one call a question. */
export function createGitHubFacts(client: GitHubClient): FactsSource {
  return {
    async ask(token) {
      const reply = await client.get("/user", token);
      const { status: githubStatus } = reply;
      return {
        outcome: accountOutcome(reply),
        evidence: { source: "github", githubStatus, githubRequestId: requestIdOf(reply) },
      };
    },
  };
}

function accountOutcome(reply: GitHubReply): FactsOutcome {
  const sorted = sortAccountReply(reply);
  if (sorted.kind !== "ok") return sorted;
  const account = v.safeParse(accountSchema, sorted.json);
  return account.success ? { kind: "found", facts: factsOf(account.output, sorted.headers) } : nonsense;
}

function factsOf({ id, login, type }: Account, headers: Headers): Facts {
  return {
    account: { id, login, type },
    oauthClientId: headers.get("x-oauth-client-id"),
    expiry: parseTokenExpiry(headers.get("github-authentication-token-expiration")),
  };
}

/** It goes into the log, so it has to look like one: with a separator, which no legacy token has. */
function requestIdOf(reply: GitHubReply): string | null {
  const id = reply.headers?.get("x-github-request-id") ?? "";
  return /^(?=.*[:-])[A-Za-z0-9:-]{1,100}$/.test(id) ? id : null;
}
