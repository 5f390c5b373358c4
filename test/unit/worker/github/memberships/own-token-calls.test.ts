import { describe, expect, test } from "vitest";
import { makeToken } from "../../../../../src/local/github/token.ts";
import { createPersonalCalls } from "../../../../../src/worker/github/memberships/own-token-calls.ts";
import {
  acmeBody,
  api,
  inTime,
  json,
  linkTo,
  membershipBody,
  paths,
  refusalAnswers,
  type ScriptedAnswer,
  scriptGitHub,
  teamBody,
} from "../support.ts";

const nonsense = { kind: "unavailable", reason: "github_invalid_response" };
const contradiction = { kind: "unavailable", reason: "github_inconsistent_responses" };

function callsAgainst(script: Record<string, ScriptedAnswer>, token = makeToken("classic")) {
  const github = scriptGitHub(script);
  return { github, calls: createPersonalCalls(github.client, api.restUrl, token, inTime()) };
}

describe("every call", () => {
  test("carries the person's token, and GitHub's words about the call come back as responseInfo", async () => {
    const token = makeToken("classic");
    const authorizations: (string | null)[] = [];
    const answer =
      (body: unknown): ScriptedAnswer =>
      ({ authorization }) => {
        authorizations.push(authorization);
        return Response.json(body, { headers: { "x-github-request-id": "A:1" } });
      };
    const { calls } = callsAgainst(
      {
        [paths.membership("acme")]: answer(membershipBody()),
        [paths.memberships]: answer([]),
        [paths.teams]: answer([]),
        [paths.team("Acme", "platform")]: answer(teamBody(55, "platform")),
      },
      token,
    );
    const answers = [
      await calls.membership("acme"),
      await calls.memberships(),
      await calls.teams(),
      await calls.team("Acme", { id: 55, slug: "platform" }),
    ];
    expect(authorizations).toEqual(Array(4).fill(`Bearer ${token}`));
    for (const { outcome, responseInfo } of answers) {
      expect(outcome.kind).toBe("ok");
      expect(responseInfo).toEqual({ source: "github", githubStatus: 200, githubRequestId: "A:1", retryAfterMs: null });
    }
  });

  test.each(refusalAnswers)("that comes to %s says so, whatever GET /user says", async (_, answer, refusal) => {
    const { calls } = callsAgainst({
      [paths.membership("acme")]: answer,
      [paths.memberships]: answer,
      [paths.teams]: answer,
      [paths.team("Acme", "platform")]: answer,
    });
    const answers = [
      await calls.membership("acme"),
      await calls.memberships(),
      await calls.teams(),
      await calls.team("Acme", { id: 55, slug: "platform" }),
    ];
    expect(answers.map(({ outcome }) => outcome)).toEqual(Array(4).fill(refusal));
  });
});

describe("a membership", () => {
  const membershipOf = async (body: unknown) =>
    (await callsAgainst({ [paths.membership("acme")]: json(body) }).calls.membership("acme")).outcome;

  test.each(["active", "pending"])("may be %s", async (state) => {
    expect(await membershipOf(membershipBody({ state }))).toEqual({
      kind: "ok",
      membership: {
        state,
        role: "member",
        organization: { login: "Acme", id: 1234 },
        user: { id: 583231 },
      },
    });
  });

  test.each(["admin", "member", "billing_manager"])("may have the role %s", async (role) => {
    expect(await membershipOf(membershipBody({ role }))).toMatchObject({ kind: "ok", membership: { role } });
  });

  test("may leave out whose it is: it is the token's owner's", async () => {
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
  ])("is nonsense with %j", async (changes) => {
    expect(await membershipOf(membershipBody(changes))).toEqual(nonsense);
  });

  test.each([[null], [[]], [[membershipBody()]], ["active"], [{}], [{ message: "Not Found" }]])(
    "is nonsense as %j",
    async (body) => {
      expect(await membershipOf(body)).toEqual(nonsense);
    },
  );
});

describe("a list", () => {
  const second = "/user/teams?per_page=100&page=2";

  test("holds what all its pages hold, and what single sign-on took out of any of them", async () => {
    const { calls, github } = callsAgainst({
      [paths.teams]: json([teamBody(55, "platform")], {
        ...linkTo(second),
        "x-github-sso": "partial-results; organizations=1,2",
      }),
      [`GET ${second}`]: json([teamBody(56, "infra", { parent: { id: 55, slug: "platform" } })], {
        "x-github-sso": "partial-results; organizations=3",
      }),
    });
    expect((await calls.teams()).outcome).toEqual({
      kind: "ok",
      items: [
        { id: 55, slug: "platform", parent: null, organization: { login: "Acme", id: 1234 } },
        { id: 56, slug: "infra", parent: { id: 55, slug: "platform" }, organization: { login: "Acme", id: 1234 } },
      ],
      leftOut: [1, 2, 3],
    });
    expect(github.calls).toEqual([paths.teams, `GET ${second}`]);
  });

  test("is nonsense where a page does not say what it leaves out", async () => {
    const { calls } = callsAgainst({
      [paths.teams]: json([], linkTo(second)),
      [`GET ${second}`]: json([], { "x-github-sso": "partial-results" }),
      [paths.memberships]: json([membershipBody()], { "x-github-sso": "partial-results; organizations=acme" }),
    });
    expect((await calls.teams()).outcome).toEqual(nonsense);
    expect((await calls.memberships()).outcome).toEqual(nonsense);
  });

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
  ])("of teams is nonsense as %s", async (_, body) => {
    expect((await callsAgainst({ [paths.teams]: json(body) }).calls.teams()).outcome).toEqual(nonsense);
  });

  test.each(["platform", "Platform_2.0", "ent:platform", "a".repeat(255), "...", ".a", "1"])(
    "of teams may hold the slug %s",
    async (slug) => {
      const { calls } = callsAgainst({ [paths.teams]: json([teamBody(55, slug)]) });
      expect((await calls.teams()).outcome).toMatchObject({ kind: "ok", items: [{ slug }] });
    },
  );

  test("of memberships is as strict as a single one", async () => {
    const { calls, github } = callsAgainst({ [paths.memberships]: json([membershipBody()]) });
    expect((await calls.memberships()).outcome).toMatchObject({
      kind: "ok",
      items: [{ state: "active" }],
      leftOut: [],
    });
    github.script[paths.memberships] = json([membershipBody(), membershipBody({ state: "maybe" })]);
    expect((await calls.memberships()).outcome).toEqual(nonsense);
  });
});

describe("a team", () => {
  const teamOf = async (body: unknown) =>
    (
      await callsAgainst({ [paths.team("Acme", "platform")]: json(body) }).calls.team("Acme", {
        id: 55,
        slug: "platform",
      })
    ).outcome;

  test("has its parent", async () => {
    expect(await teamOf(teamBody(55, "platform", { parent: { id: 7, slug: "all" } }))).toEqual({
      kind: "ok",
      team: { id: 55, slug: "platform", parent: { id: 7, slug: "all" }, organization: { login: "Acme", id: 1234 } },
    });
  });

  test("of another number has the slug by now: a contradiction to the list that named it", async () => {
    expect(await teamOf(teamBody(56, "platform"))).toEqual(contradiction);
  });

  test("of a wrong form is nonsense", async () => {
    expect(await teamOf({ ...teamBody(55, "platform"), slug: "x y" })).toEqual(nonsense);
    expect(await teamOf([teamBody(55, "platform")])).toEqual(nonsense);
  });
});
