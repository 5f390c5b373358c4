// Endpoints of the user's own token: their paths, their failures, and the shapes of their responses.
import { describe, expect, test } from "vitest";
import { makeToken } from "../../../../src/local/github/token.ts";
import { ownMembership, ownMemberships, ownTeams, team } from "../../../../src/worker/github/endpoints.ts";
import {
  acmeBody,
  callsTo,
  json,
  membershipBody,
  paths,
  refusals,
  type ScriptedAnswer,
  scriptGitHub,
  teamBody,
} from "./support.ts";

const invalidResponse = { kind: "unavailable", reason: "github_invalid_response" };
const options = { authorization: `Bearer ${makeToken("classic")}` };
const platform = { organisation: "Acme", slug: "platform" };

function callsAgainst(script: Record<string, ScriptedAnswer>) {
  const github = scriptGitHub(script);
  const calls = callsTo(github);
  return {
    github,
    membership: () => calls.call(ownMembership, { organisation: "acme" }, options),
    memberships: () => calls.call(ownMemberships, undefined, options),
    teams: () => calls.call(ownTeams, undefined, options),
    team: () => calls.call(team, platform, options),
  };
}

/** The same answer at each endpoint. */
const everywhere = (answer: ScriptedAnswer) => ({
  [paths.membership("acme")]: answer,
  [paths.memberships]: answer,
  [paths.teams]: answer,
  [paths.team("Acme", "platform")]: answer,
});

describe("every endpoint", () => {
  test("takes the user's token, and returns the body", async () => {
    const { github, membership, memberships, teams, team } = callsAgainst({
      [paths.membership("acme")]: json(membershipBody()),
      [paths.memberships]: json([]),
      [paths.teams]: json([]),
      [paths.team("Acme", "platform")]: json(teamBody(55, "platform")),
    });
    const results = [await membership(), await memberships(), await teams(), await team()];
    expect(results.map(({ kind }) => kind)).toEqual(Array(4).fill("ok"));
    expect(github.authorizations).toEqual(Array(4).fill(options.authorization));
  });

  test.each(refusals)("passes on that the token is %s", async (_, answer, outcome) => {
    const { membership, memberships, teams, team } = callsAgainst(everywhere(answer));
    expect([await membership(), await memberships(), await teams(), await team()]).toEqual(Array(4).fill(outcome));
  });
});

describe("a membership", () => {
  const membershipOf = (body: unknown) => callsAgainst({ [paths.membership("acme")]: json(body) }).membership();

  test.each(["active", "pending"])("may be %s", async (state) => {
    expect(await membershipOf(membershipBody({ state }))).toMatchObject({ kind: "ok" });
    const body = { state, role: "member", organization: { login: "Acme", id: 1234 }, user: { id: 583231 } };
    expect(await membershipOf(membershipBody({ state }))).toHaveProperty("body", body);
  });

  test.each(["admin", "member", "billing_manager"])("may have the role %s", async (role) => {
    expect(await membershipOf(membershipBody({ role }))).toMatchObject({ kind: "ok", body: { role } });
  });

  test("may leave out the user: it is the owner of the token", async () => {
    expect(await membershipOf(membershipBody({ user: undefined }))).toMatchObject({ kind: "ok" });
    expect(await membershipOf(membershipBody({ user: null }))).toMatchObject({ kind: "ok" });
  });

  test.each([
    { state: "inactive" },
    { state: "Active" },
    { state: "active " },
    { state: undefined },
    { state: null },
    { state: true },
    { role: undefined },
    { role: "" },
    { role: "Admin" },
    { role: "admin\n" },
    { role: `admin"` },
    { role: "a".repeat(41) },
    { organization: undefined },
    { organization: null },
    { organization: "acme" },
    { organization: [acmeBody] },
    { organization: { login: "Acme" } },
    { organization: { id: 1234 } },
    { organization: { login: "Acme", id: "1234" } },
    { organization: { login: "Acme", id: 0 } },
    { organization: { login: "Acme", id: -1 } },
    { organization: { login: "Acme", id: 1.5 } },
    { organization: { login: "Acme", id: 2 ** 53 } },
    { organization: { login: "", id: 1234 } },
    { organization: { login: "-acme", id: 1234 } },
    { organization: { login: "ac me", id: 1234 } },
    { organization: { login: "acme/x", id: 1234 } },
    { organization: { login: "acme\n", id: 1234 } },
    { organization: { login: "system:masters", id: 1234 } },
    { organization: { login: "\u0430cme", id: 1234 } },
    { organization: { login: "a".repeat(40), id: 1234 } },
    { user: {} },
    { user: "octocat" },
    { user: { id: "583231" } },
    { user: { id: 0 } },
  ])("is invalid with %j", async (changes) => {
    expect(await membershipOf(membershipBody(changes))).toEqual(invalidResponse);
  });

  test.each([[null], [[]], [[membershipBody()]], ["active"], [{}], [{ message: "Not Found" }]])(
    "is invalid as %j",
    async (body) => {
      expect(await membershipOf(body)).toEqual(invalidResponse);
    },
  );
});

describe("a list", () => {
  test.each([
    ["no list", { teams: [] }],
    ["null", null],
    ["one element that is wrong", [teamBody(55, "platform"), teamBody(0, "infra")]],
    ["a team without a number", [{ ...teamBody(1, "a"), id: undefined }]],
    ["a slug with a blank", [teamBody(55, "plat form")]],
    ["a slug with a slash", [teamBody(55, "platform/admins")]],
    ["a slug of Kubernetes' names", [teamBody(55, "system:masters")]],
    ["an empty slug", [teamBody(55, "")]],
    ["a slug that leads elsewhere", [teamBody(55, "..")]],
    ["a slug that leads nowhere", [teamBody(55, ".")]],
    ["a slug that is too long", [teamBody(55, "a".repeat(256))]],
    ["a parent without a slug", [{ ...teamBody(55, "platform"), parent: { id: 1 } }]],
    ["a parent that is a number", [{ ...teamBody(55, "platform"), parent: 1 }]],
    ["a team of no organisation", [teamBody(55, "platform", { organization: null })]],
    ["a team of an organisation without a number", [teamBody(55, "platform", { organization: { login: "Acme" } })]],
  ])("of teams is invalid as %s", async (_, body) => {
    expect(await callsAgainst({ [paths.teams]: json(body) }).teams()).toEqual(invalidResponse);
  });

  test.each(["platform", "Platform_2.0", "ent:platform", "a".repeat(255), "...", ".a", "1"])(
    "of teams may hold the slug %s",
    async (slug) => {
      const { teams } = callsAgainst({ [paths.teams]: json([teamBody(55, slug)]) });
      expect(await teams()).toMatchObject({ kind: "ok", body: [{ slug }] });
    },
  );

  test("of memberships is as strict as a single one", async () => {
    const { memberships, github } = callsAgainst({ [paths.memberships]: json([membershipBody()]) });
    expect(await memberships()).toMatchObject({ kind: "ok", body: [{ state: "active" }] });
    github.script[paths.memberships] = json([membershipBody(), membershipBody({ state: "maybe" })]);
    expect(await memberships()).toEqual(invalidResponse);
  });
});

describe("a team", () => {
  const teamOf = (body: unknown) => callsAgainst({ [paths.team("Acme", "platform")]: json(body) }).team();

  test("has its parent, and no more than is needed", async () => {
    const result = await teamOf(teamBody(55, "platform", { parent: { id: 7, slug: "all" } }));
    expect(result).toMatchObject({ kind: "ok" });
    expect(result).toHaveProperty("body", {
      id: 55,
      slug: "platform",
      parent: { id: 7, slug: "all" },
      organization: { login: "Acme", id: 1234 },
    });
  });

  test("of another shape is invalid", async () => {
    expect(await teamOf({ ...teamBody(55, "platform"), slug: "x y" })).toEqual(invalidResponse);
    expect(await teamOf([teamBody(55, "platform")])).toEqual(invalidResponse);
  });
});
