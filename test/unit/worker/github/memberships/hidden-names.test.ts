// A pinned organisation was renamed, and whoever has its old name hides from the token: that says nothing about the organisation that is meant.
import { expect, test } from "vitest";
import { createPersonalMemberships } from "../../../../../src/worker/github/memberships/own-token.ts";
import {
  acme,
  api,
  askFacts,
  error,
  json,
  membershipBody,
  octocatReadsOrganisations,
  paths,
  pinnedAcme,
  type ScriptedAnswer,
  scriptGitHub,
  teamBody,
} from "../support.ts";

const renamed = { login: "Acme-New", id: 1234 };
const hidden = error(403, "Resource not accessible by personal access token");
const invisible = { kind: "hidden", reason: "other_resource_owner", ssoUrl: null };

async function standingOf(reference: typeof acme, script: Record<string, ScriptedAnswer>) {
  const github = scriptGitHub({
    [paths.user]: octocatReadsOrganisations,
    [paths.membership("acme")]: hidden,
    ...script,
  });
  const { outcome } = await askFacts(github, {
    memberships: createPersonalMemberships(api.restUrl),
    question: { tokenKind: "fine_grained", organisations: [reference] },
  });
  if (outcome.kind !== "found") throw new Error(`nothing was found: ${outcome.kind}`);
  return { standing: Object.values(outcome.facts.organisations)[0], calls: github.calls };
}

test.each([
  ["by its number", pinnedAcme],
  ["by a pinned team", { ...acme, teamIds: [55] }],
])("a team shows it under its new name: %s", async (_, reference) => {
  const { standing } = await standingOf(reference, {
    [paths.teams]: json([teamBody(55, "platform", { organization: renamed })]),
    [paths.membership("Acme-New")]: json(membershipBody({ organization: renamed })),
  });
  expect(standing).toMatchObject({ kind: "active", id: 1234, login: "Acme-New", teams: [{ id: 55 }] });
});

test.each([
  ["there is no team", pinnedAcme, []],
  ["there are teams of others only", pinnedAcme, [teamBody(7, "dev", { organization: { login: "Globex", id: 5678 } })]],
  ["it is not pinned", acme, [teamBody(55, "platform", { organization: renamed })]],
  ["it hides itself, under its right name", pinnedAcme, [teamBody(55, "platform")]],
])("it stays invisible where %s", async (_, reference, teams) => {
  const { standing, calls } = await standingOf(reference, { [paths.teams]: json(teams) });
  expect(standing).toEqual(invisible);
  // Nothing is asked twice.
  expect(calls).toHaveLength(3);
});
