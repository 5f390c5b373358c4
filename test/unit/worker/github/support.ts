// GitHub in these tests: one answer, delivered well or badly, and what is made of it.
import { makeToken } from "../../../../src/local/github/token.ts";
import type { Evidence, FactsOutcome } from "../../../../src/worker/facts.ts";
import { createGitHubFacts } from "../../../../src/worker/github/account.ts";
import { createGitHubClient, type GitHubClientOptions } from "../../../../src/worker/github/client.ts";

/** Asks GitHub whose token this is, where GitHub is `fetch`. */
export async function ask(
  fetch: typeof globalThis.fetch,
  options: Partial<GitHubClientOptions> = {},
): Promise<{ outcome: FactsOutcome; evidence: Evidence }> {
  const client = createGitHubClient({ fetch, apiUrl: "https://api.github.test", ...options });
  return createGitHubFacts(client).ask(makeToken("classic"), { about: "account" });
}

/** Asks a GitHub that gives this answer. */
export async function outcomeOf(answer: Response): Promise<FactsOutcome> {
  return (await ask(async () => answer)).outcome;
}
