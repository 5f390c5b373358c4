// Memberships that octocat's own token shows, where GitHub answers by a script.
import { makeToken } from "../../../../../src/local/github/token.ts";
import type { OrganisationReference } from "../../../../../src/worker/config/organisations.ts";
import { ownTokenMemberships } from "../../../../../src/worker/github/memberships/own-token.ts";
import type { MembershipsRequest } from "../../../../../src/worker/github/memberships/source.ts";
import { createTrace } from "../../../../../src/worker/github/trace.ts";
import { callsTo, octocat, type ScriptedAnswer, scriptGitHub } from "../support.ts";

export interface RequestChanges extends Partial<MembershipsRequest> {
  readonly scopes?: readonly string[] | null;
}

export async function loadMemberships(
  organisations: readonly OrganisationReference[],
  script: Record<string, ScriptedAnswer>,
  { scopes = ["read:org"], ...changes }: RequestChanges = {},
) {
  const github = scriptGitHub(script);
  const trace = createTrace();
  const result = await ownTokenMemberships.load(
    {
      token: makeToken("classic"),
      isNeverSeen: false,
      owner: { account: octocat, scopes },
      organisations,
      isFineGrained: false,
      hasScopes: true,
      ...changes,
    },
    callsTo(github, { trace }),
  );
  return {
    calls: github.calls,
    traced: trace.calls(),
    result,
    memberships: result.kind === "known" ? result.memberships : null,
    failure: result.kind === "failed" ? result.failure : null,
  };
}
