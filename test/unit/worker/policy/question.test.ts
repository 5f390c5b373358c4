import { describe, expect, test } from "vitest";
import type { TokenKind } from "../../../../src/worker/config/cluster.ts";
import { questionOf } from "../../../../src/worker/policy/question.ts";
import { factsOf, policyOf } from "../support.ts";

const credentialOf = (tokenKind: TokenKind) => ({ tokenKind, credentialId: "GITHUBSHA256=abc" });
const octocat = { id: 583231, login: "OctoCat", type: "User" };

test("a question is about all organisations of the policy, the token's kind and the clients that are listed", () => {
  const policy = policyOf({
    allow: ["org:acme#1234", "team:umbrella/sre#7"],
    deny: ["org:evil"],
    groups_from: ["initech"],
    oauth_clients: ["Iv1.a", "Iv1.b"],
  });
  expect(questionOf("production", policy, credentialOf("oauth"))).toEqual({
    cluster: "production",
    tokenKind: "oauth",
    organisations: [
      { login: "acme", id: 1234, teamIds: [] },
      { login: "umbrella", id: null, teamIds: [7] },
      { login: "evil", id: null, teamIds: [] },
      { login: "initech", id: null, teamIds: [] },
    ],
    oauthClients: ["Iv1.a", "Iv1.b"],
    dependsOnOrganisations: expect.any(Function),
    admits: expect.any(Function),
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
  ])("somebody whom an entry could admit: %j", (changes) => {
    expect(questionOf("production", policyOf(changes), credentialOf("classic")).dependsOnOrganisations(octocat)).toBe(
      true,
    );
  });

  test.each([
    { allow: ["user:hubot"] },
    { allow: ["user:octocat#2", "user:hubot"], deny: ["org:evil"], groups_from: ["acme"] },
    { allow: ["org:acme"], deny: ["user:octocat"] },
    { allow: ["org:acme"], deny: ["org:evil", "user:renamed#583231"] },
    { allow: ["anyone"], deny: ["user:octocat#583231"] },
  ])("not for somebody whom no entry could admit: %j", (changes) => {
    expect(questionOf("production", policyOf(changes), credentialOf("classic")).dependsOnOrganisations(octocat)).toBe(
      false,
    );
  });

  test.each(["Bot", "Organization", "user", ""])("not for an account of type %j", (type) => {
    const { dependsOnOrganisations } = questionOf(
      "production",
      policyOf({ allow: ["anyone", "org:acme"] }),
      credentialOf("classic"),
    );
    expect(dependsOnOrganisations({ ...octocat, type })).toBe(false);
  });
});

test("facts that let the person in are told from those that do not", () => {
  const { admits } = questionOf("production", policyOf({ allow: ["user:octocat"] }), credentialOf("classic"));
  expect(admits(factsOf())).toBe(true);
  expect(admits(factsOf({ account: { login: "hubot" } }))).toBe(false);
});
