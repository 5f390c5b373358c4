// Endpoints of the user's own token: their paths, their failures, and the shapes of their responses.
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { makeToken } from "../../../../src/local/github/token.ts";
import {
  organisationTeams,
  ownMembership,
  ownMemberships,
  ownTeams,
  team,
} from "../../../../src/worker/github/endpoints.ts";
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
const platform = { organisation: { id: 1234, login: "Acme" }, team: { id: null, slug: "platform" } };

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

  test("may be in an organisation of GitHub's first years, whose name begins with a dash", async () => {
    const organization = { login: "-DNA-", id: 7 };
    expect(await membershipOf(membershipBody({ organization }))).toMatchObject({ kind: "ok", body: { organization } });
  });

  test.each(["suspended", "", null, true, 7])("may have any state or role, which decides later: %j", async (value) => {
    expect(await membershipOf(membershipBody({ state: value, role: value }))).toMatchObject({
      kind: "ok",
      body: { state: value, role: value },
    });
    expect(await membershipOf(membershipBody({ state: undefined, role: undefined }))).toMatchObject({ kind: "ok" });
  });

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
    ["a text", "teams"],
  ])("is invalid as %s", async (_, body) => {
    const { teams, memberships } = callsAgainst(everywhere(json(body)));
    expect([await teams(), await memberships()]).toEqual([invalidResponse, invalidResponse]);
  });

  test.each([
    ["of no kind", null],
    ["that is a text", "platform"],
    ["of no organisation", teamBody(55, "ent:all", { organization: null })],
    ["of an organisation that is a text", teamBody(55, "platform", { organization: "acme" })],
  ])("leaves out an item %s: no policy names it", async (_, item) => {
    const { teams, memberships } = callsAgainst(everywhere(json([item, teamBody(56, "infra")])));
    for (const result of [await teams(), await memberships()]) expect(result).toHaveProperty("body.length", 1);
  });

  test("takes every other item as it is, but for the members that are not read", async () => {
    const odd = { ...teamBody(0, "\u958b\u767a", { organization: { login: 7, id: "x" } }), parent: "none" };
    const body = [{ id: 0, slug: "\u958b\u767a", parent: "none", organization: { login: 7, id: "x" } }];
    expect(await callsAgainst({ [paths.teams]: json([odd]) }).teams()).toMatchObject({ kind: "ok", body });
    const member = membershipBody({ state: "maybe", user: { id: "1", login: "octocat" } });
    const memberships = await callsAgainst({ [paths.memberships]: json([member]) }).memberships();
    expect(memberships).toHaveProperty("body", [
      { state: "maybe", role: "member", user: { id: "1" }, organization: acmeBody },
    ]);
  });

  test("is the same when it is read once more, as what is kept of it is", async () => {
    const sent = [teamBody(1, "a", { parent: { id: 2, slug: "b" } }), { ...teamBody(3, ""), parent: 7 }];
    for (const { schema } of [ownTeams, ownMemberships, organisationTeams]) {
      const once = v.parse(schema, sent);
      expect(v.parse(schema, JSON.parse(JSON.stringify(once)))).toEqual(JSON.parse(JSON.stringify(once)));
    }
  });

  test("of an organisation's teams leaves out those that cannot be read", async () => {
    const body = [teamBody(1, "a"), teamBody(0, "b"), { ...teamBody(2, "c"), parent: 7 }, null, { id: 3, slug: "d" }];
    expect(v.parse(organisationTeams.schema, body)).toEqual([
      { id: 1, slug: "a", parent: null },
      { id: 3, slug: "d", parent: null },
    ]);
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

  test.each(["platform", "Platform_2.0", "ent:platform", "a".repeat(255), "...", ".a", "1"])(
    "may have the slug %s",
    async (slug) => {
      expect(await teamOf(teamBody(55, slug))).toMatchObject({ kind: "ok", body: { slug } });
    },
  );

  test.each([
    "",
    "plat form",
    "platform/admins",
    "system:masters",
    "..",
    ".",
    "a".repeat(256),
    "\u958b\u767a",
    null,
    7,
  ])("has its number alone with the slug %j", async (slug) => {
    const parent = { id: 7, slug };
    expect(await teamOf({ ...teamBody(55, "x"), slug, parent })).toMatchObject({
      kind: "ok",
      body: { id: 55, slug: "", parent: { id: 7, slug: "" } },
    });
  });

  test("of another shape is invalid", async () => {
    expect(await teamOf({ ...teamBody(55, "platform"), id: "55" })).toEqual(invalidResponse);
    expect(await teamOf([teamBody(55, "platform")])).toEqual(invalidResponse);
  });
});
