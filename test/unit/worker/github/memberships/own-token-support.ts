// What octocat's own token shows of organisations, where GitHub answers by a script.
import { makeToken } from "../../../../../src/local/github/token.ts";
import type { OrganisationReference } from "../../../../../src/worker/config/organisations.ts";
import { createPersonalMemberships } from "../../../../../src/worker/github/memberships/own-token.ts";
import type { MembershipsRequest } from "../../../../../src/worker/github/memberships/source.ts";
import { api, inTime, type ScriptedAnswer, scriptGitHub } from "../support.ts";

export interface QuestionChanges extends Partial<MembershipsRequest> {
  readonly scopes?: readonly string[] | null;
}

export async function askAbout(
  organisations: readonly OrganisationReference[],
  script: Record<string, ScriptedAnswer>,
  { scopes = ["read:org"], ...changes }: QuestionChanges = {},
) {
  const github = scriptGitHub(script);
  const answer = await createPersonalMemberships(api.restUrl).load(
    {
      token: makeToken("classic"),
      client: github.client,
      owner: { account: { id: 583231, login: "octocat", type: "User" }, scopes },
      organisations,
      isFineGrained: false,
      hasScopes: true,
      ...changes,
    },
    inTime(),
  );
  return {
    calls: github.calls,
    answer,
    standings: answer.kind === "known" ? answer.standings : null,
    failure: answer.kind === "failed" ? answer.asked.outcome : null,
  };
}
