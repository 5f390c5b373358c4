// Renamed organisations whose old name belongs to an organisation that hides from the token: that says nothing about
// the organisation of the policy.
import { expect, test } from "vitest";
import {
  acme,
  error,
  json,
  loadFacts,
  membershipBody,
  octocatReadsOrganisations,
  organisationById,
  paths,
  pinnedAcme,
  type ScriptedAnswer,
  scriptGitHub,
  teamBody,
  teamNamed,
} from "../support.ts";

const renamed = { login: "Acme-New", id: 1234 };
const forbidden = error(403, "Resource not accessible by personal access token");
const hidden = { kind: "hidden", reason: "other_resource_owner", ssoUrl: null };

async function membershipOf(reference: typeof acme, script: Record<string, ScriptedAnswer>) {
  const github = scriptGitHub({
    [paths.user]: octocatReadsOrganisations,
    [paths.membership("acme")]: forbidden,
    ...organisationById(1234, "Acme"),
    ...script,
  });
  const { outcome } = await loadFacts(github, {
    request: { tokenKind: "fine_grained", organisations: [reference] },
  });
  if (outcome.kind !== "found") throw new Error(`nothing was found: ${outcome.kind}`);
  return { membership: Object.values(outcome.facts.organisations)[0], calls: github.calls };
}

test.each([
  ["by its number", pinnedAcme],
  ["by a pinned team", { ...acme, teams: [teamNamed(55, "platform")], needsTeams: true }],
])("a team shows it under its new name: %s", async (_, reference) => {
  const { membership } = await membershipOf(reference, {
    [paths.teams]: json([teamBody(55, "platform", { organization: renamed })]),
    [paths.membership("Acme-New")]: json(membershipBody({ organization: renamed })),
  });
  expect(membership).toMatchObject({ kind: "active", id: 1234, login: "Acme-New", teams: [{ id: 55 }] });
});

test.each([
  ["there is no team", pinnedAcme, []],
  [
    "there are teams of other organisations only",
    pinnedAcme,
    [teamBody(7, "dev", { organization: { login: "Globex", id: 5678 } })],
  ],
  ["it is not pinned", acme, [teamBody(55, "platform", { organization: renamed })]],
  ["the organisation itself hides, under its name", pinnedAcme, [teamBody(55, "platform")]],
])("it stays hidden where %s", async (_, reference, teams) => {
  const { membership, calls } = await membershipOf(reference, { [paths.teams]: json(teams) });
  expect(membership).toEqual(hidden);
  // No call is made twice.
  expect(new Set(calls).size).toBe(calls.length);
});
