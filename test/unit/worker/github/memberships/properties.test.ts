// Properties of memberships: with any response of GitHub, a user is a member, and in a team, only by complete and valid
// responses.
import fc from "fast-check";
import { expect, test } from "vitest";
import { createInstalledAppMemberships } from "../../../../../src/worker/github/memberships/installed-app.ts";
import { isThorough } from "../../../../support/thoroughness.ts";
import { acme, loadFacts, octocatReadsOrganisations, paths, scriptGitHub } from "../support.ts";
import { graphqlBody, graphqlPath, installedApp, membershipPath, teamNode } from "./installed-app-support.ts";

const oneOf = fc.constantFrom;
/** Right most of the time, so that wrong responses meet right ones. */
const mostly = <T>(right: fc.Arbitrary<T>, ...wrong: fc.Arbitrary<unknown>[]) =>
  fc.oneof({ weight: 24, arbitrary: right }, ...wrong.map((arbitrary) => ({ weight: 1, arbitrary })));
const anything = fc.option(fc.jsonValue(), { nil: undefined });

const organisation = fc.record({
  id: mostly(oneOf(1234), oneOf(1235), anything),
  login: mostly(oneOf("Acme"), oneOf("", "system:masters", "other"), anything),
});
const membership = fc.record({
  state: mostly(oneOf("active"), oneOf("pending", "inactive", ""), anything),
  role: mostly(oneOf("member", "admin"), anything),
  organization: mostly(organisation, anything),
  user: mostly(oneOf<unknown>({ id: 583231 }, undefined), oneOf({ id: 1 }, {}), anything),
});
const parent = fc.record({ id: oneOf(7, 8), slug: oneOf("parent", "") });
const team = fc.record({
  id: mostly(oneOf(55, 56, 7), oneOf(0, -1, 1.5), anything),
  slug: mostly(oneOf("platform", "infra"), oneOf("", "system:masters", "a/b", ".."), anything),
  parent: mostly(oneOf(null), parent, anything),
  organization: mostly(organisation, anything),
});
const status = mostly(oneOf(200), fc.integer({ min: 200, max: 599 })) as fc.Arbitrary<number>;
const headers = fc.oneof(
  { weight: 5, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.dictionary(
      oneOf(
        "x-github-sso",
        "link",
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "retry-after",
        "location",
        "content-type",
      ),
      oneOf(
        "",
        "0",
        "60",
        "required; url=https://github.com/orgs/acme/sso",
        "partial-results; organizations=1234",
        "partial-results; organizations=x",
        '<https://evil.test/>; rel="next"',
        "text/html",
      ),
    ),
  },
);
const text = (body: fc.Arbitrary<unknown>) =>
  fc.oneof(
    { weight: 20, arbitrary: body.map((value) => JSON.stringify(value ?? null)) },
    {
      weight: 1,
      arbitrary: fc.tuple(body, fc.nat(200)).map(([value, length]) => JSON.stringify(value ?? null).slice(0, length)),
    },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
  );
const answer = (body: fc.Arbitrary<unknown>) => fc.record({ status, headers, text: text(body) });
type Sent = { readonly status: number; readonly headers: Record<string, string>; readonly text: string };

function toResponse({ status: code, headers: fields, text: content }: Sent): Response {
  const withoutBody = [204, 205, 304].includes(code);
  return new Response(withoutBody ? null : content, { status: code, headers: fields });
}

// Complete and valid responses, in other words than the code under test.

function parsed(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
function field(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, name) : undefined),
    value,
  );
}
function expectActiveMembership({ status: code, text: content }: Sent): void {
  expect(code).toBe(200);
  const body = parsed(content);
  expect([field(body, "state"), field(body, "organization", "id"), field(body, "organization", "login")]).toEqual([
    "active",
    expect.toSatisfy(Number.isSafeInteger),
    expect.stringMatching(/^acme$/i),
  ]);
  expect([undefined, null, 583231]).toContain(field(body, "user", "id") ?? null);
}

test("with the user's own token", async () => {
  let members = 0;
  let completeLists = 0;
  let teams = 0;
  const sent = fc.record({
    membership: answer(membership),
    teams: answer(fc.array(team, { maxLength: 3 })),
    parent: answer(team),
    memberships: answer(fc.array(membership, { maxLength: 3 })),
    byNumber: answer(organisation),
  });
  await fc.assert(
    fc.asyncProperty(sent, async (answers) => {
      const github = scriptGitHub({
        [paths.user]: octocatReadsOrganisations,
        [paths.membership("acme")]: () => toResponse(answers.membership),
        [paths.teams]: () => toResponse(answers.teams),
        "GET /user/teams?per_page=20&page=1": () => toResponse(answers.teams),
        "GET /user/teams?per_page=5&page=1": () => toResponse(answers.teams),
        "GET /user/teams?per_page=1&page=1": () => toResponse(answers.teams),
        [paths.teamsOf("Acme")]: () => new Response("{}", { status: 404 }),
        [paths.teamsOf("acme")]: () => new Response("{}", { status: 404 }),
        [paths.team("Acme", "parent")]: () => toResponse(answers.parent),
        [paths.team("acme", "parent")]: () => toResponse(answers.parent),
        // Asked where the name leads nowhere: neither makes a member of anybody, as the organisation is not pinned.
        [paths.memberships]: () => toResponse(answers.memberships),
        [paths.byId(1234)]: () => toResponse(answers.byNumber),
      });
      const { outcome } = await loadFacts(github);
      if (outcome.kind !== "found") return;
      const current = outcome.facts.organisations.acme;
      if (current?.kind !== "active") return;
      members += 1;
      expectActiveMembership(answers.membership);
      expect(["member", "admin"]).toContain(current.role);
      expect(field(parsed(answers.membership.text), "role")).toBe(current.role);
      for (const { slug } of current.teams) expect(slug).toMatch(/^(?:\.*[\w-][\w.-]*)?$/);
      if (current.teamsHidden !== null) return;
      completeLists += 1;
      expect(answers.teams.status).toBe(200);
      const leftOut = new Headers(answers.teams.headers).get("x-github-sso") ?? "";
      expect(["", "partial-results; organizations=1234"]).toContain(leftOut);
      if (leftOut !== "") expect(current.id).not.toBe(1234);
      const listed = parsed(answers.teams.text);
      if (!Array.isArray(listed)) throw new Error("a member without a list of teams");
      const ours = listed.filter((item) => {
        const [id, login] = [field(item, "organization", "id"), field(item, "organization", "login")];
        return typeof id === "number" ? id === current.id : String(login).toLowerCase() === "acme";
      });
      const expected = new Set(ours.map((item) => field(item, "id")));
      for (const item of ours) if (field(item, "parent", "id") !== undefined) expected.add(field(item, "parent", "id"));
      if (expected.has(7) || expected.has(8)) {
        const above = field(parsed(answers.parent.text), "parent", "id");
        if (above !== undefined) expected.add(above);
      }
      for (const { id } of current.teams) {
        teams += 1;
        expect(expected).toContain(id);
      }
      for (const item of ours) expect(current.teams.map(({ id }) => id)).toContain(field(item, "id"));
    }),
    { numRuns: isThorough ? 1500 : 600 },
  );
  expect(members).toBeGreaterThan(20);
  expect(completeLists).toBeGreaterThan(10);
  expect(teams).toBeGreaterThan(5);
});

test("with the installed app", async () => {
  let members = 0;
  let complete = 0;
  let nones = 0;
  const node = fc
    .tuple(mostly(oneOf(55, 56), oneOf(0), anything), mostly(oneOf("platform", "infra"), oneOf("", "a/b"), anything))
    .map(([id, slug]) => teamNode(id, slug, { all: 1 }));
  const graphql = fc
    .record({
      nodes: fc.array(mostly(node, anything), { maxLength: 3 }),
      organisationId: mostly(oneOf(1234), oneOf(1235), anything),
      userId: mostly(oneOf(583231), oneOf(1), anything),
      errors: mostly(oneOf<unknown>(undefined), oneOf<unknown>([{ type: "FORBIDDEN" }], [])),
    })
    .map(({ nodes, errors, ...ids }) => ({ ...graphqlBody(nodes, ids), ...(errors === undefined ? {} : { errors }) }));
  await fc.assert(
    fc.asyncProperty(answer(membership), answer(mostly(graphql, anything)), async (ofMembership, ofTeams) => {
      const { github, credentials, now } = installedApp({
        [paths.user]: octocatReadsOrganisations,
        [membershipPath()]: () => toResponse(ofMembership),
        [graphqlPath]: () => toResponse(ofTeams),
        // The user's own token proves nothing.
        [paths.membership("acme")]: () => new Response("{}", { status: 500 }),
        [paths.byId(1234)]: () => new Response("{}", { status: 500 }),
      });
      const memberships = createInstalledAppMemberships(credentials, now, async () => {});
      const { outcome } = await loadFacts(github, { memberships, request: { organisations: [acme] } });
      if (outcome.kind !== "found") return;
      const current = outcome.facts.organisations.acme;
      const body = parsed(ofMembership.text);
      const teams = parsed(ofTeams.text);
      if (current?.kind === "none") {
        nones += 1;
        const isFull = field(body, "state") === "active" && ["admin", "member"].includes(String(field(body, "role")));
        expect(ofMembership.status === 404 || (ofMembership.status === 200 && !isFull)).toBe(true);
        if (ofMembership.status === 404) expect(field(teams, "data", "organization", "databaseId")).toBe(1234);
      }
      if (current?.kind !== "active") return;
      members += 1;
      expect([ofMembership.status, field(body, "state")]).toEqual([200, "active"]);
      expect([field(body, "organization", "id"), field(body, "user", "id")]).toEqual([1234, 583231]);
      const nodes = field(teams, "data", "organization", "teams", "nodes");
      const ids = Array.isArray(nodes) ? nodes.map((item) => field(item, "databaseId")) : [];
      for (const { id } of current.teams) expect([...ids, 1]).toContain(id);
      if (current.teams.length > 0) {
        expect(ofTeams.status).toBe(200);
        expect(field(teams, "data", "organization", "databaseId")).toBe(1234);
        expect(field(teams, "data", "user", "databaseId")).toBe(583231);
      }
      if (current.teamsHidden !== null) return;
      complete += 1;
      expect([ofTeams.status, field(teams, "errors") ?? []]).toEqual([200, []]);
      expect(new Set(current.teams.map(({ id }) => id))).toEqual(new Set(ids.length === 0 ? [] : [...ids, 1]));
    }),
    { numRuns: 400 },
  );
  expect(complete).toBeGreaterThan(10);
  expect(nones).toBeGreaterThan(3);
  expect(members).toBeGreaterThan(10);
});
