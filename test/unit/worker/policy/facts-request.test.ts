import { describe, expect, test } from "vitest";
import type { TokenKind } from "../../../../src/worker/config/cluster.ts";
import { needsOrganisations } from "../../../../src/worker/github/facts.ts";
import { factsRequestOf } from "../../../../src/worker/policy/evaluate.ts";
import { policyOf } from "../support.ts";

const credentialOf = (tokenKind: TokenKind) => ({ tokenKind, credentialId: "GITHUBSHA256=abc" });
const octocat = { id: 583231, login: "OctoCat", type: "User" };

test("a request names all organisations of the policy, the token's kind and the clients that are listed", () => {
  const policy = policyOf({
    allow: ["org:acme#1234", "team:umbrella/sre#7"],
    deny: ["org:evil"],
    groups_from: ["initech"],
    oauth_clients: ["Iv1.a", "Iv1.b"],
  });
  expect(factsRequestOf("production", policy, credentialOf("oauth"))).toEqual({
    cluster: "production",
    tokenKind: "oauth",
    organisations: [
      { login: "acme", id: 1234, teams: [], needsTeams: false },
      { login: "umbrella", id: null, teams: [{ slug: "sre", id: 7, isDenied: false }], needsTeams: true },
      { login: "evil", id: null, teams: [], needsTeams: false },
      { login: "initech", id: null, teams: [], needsTeams: true },
    ],
    oauthClients: ["Iv1.a", "Iv1.b"],
    candidates: { only: null, except: [] },
  });
});

describe("organisations can change something for", () => {
  test.each([
    { allow: ["org:acme"] },
    { allow: ["team:acme/platform"] },
    { allow: ["anyone"] },
    { allow: ["user:octocat#583231"] },
    { allow: ["user:renamed#583231"] },
    { allow: ["user:octocat"] },
    { allow: ["user:hubot", "user:octocat"] },
    { allow: ["user:hubot", "org:acme"] },
    { allow: ["org:acme"], deny: ["user:hubot", "org:evil", "team:acme/octocat"] },
    { allow: ["org:acme"], deny: ["user:octocat#2"] },
  ])("an account that an entry could admit: %j", (changes) => {
    expect(needsOrganisations(factsRequestOf("production", policyOf(changes), credentialOf("classic")), octocat)).toBe(
      true,
    );
  });

  test.each([
    { allow: ["user:hubot"] },
    { allow: ["user:octocat#2", "user:hubot"], deny: ["org:evil"], groups_from: ["acme"] },
    { allow: ["org:acme"], deny: ["user:octocat"] },
    { allow: ["org:acme"], deny: ["org:evil", "user:renamed#583231"] },
    { allow: ["anyone"], deny: ["user:octocat#583231"] },
  ])("not for an account that no entry could admit: %j", (changes) => {
    expect(needsOrganisations(factsRequestOf("production", policyOf(changes), credentialOf("classic")), octocat)).toBe(
      false,
    );
  });

  test.each(["Bot", "Organization", "user", ""])("not for an account of type %j", (type) => {
    const policy = policyOf({ allow: ["anyone", "org:acme"] });
    const request = factsRequestOf("production", policy, credentialOf("classic"));
    expect(needsOrganisations(request, { ...octocat, type })).toBe(false);
  });
});
