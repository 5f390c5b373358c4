// Memberships as the user's own token shows them. The paths are GitHub's; any other call fails the test.
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  acme,
  error,
  globex,
  globexBody,
  json,
  linkTo,
  membershipBody,
  notFound,
  organisationById,
  paths,
  pinnedAcme,
  refusals,
  type ScriptedAnswer,
  teamBody,
  teamNamed,
} from "../support.ts";
import { loadMemberships } from "./own-token-support.ts";

const inAcme = paths.membership("acme");
const inGlobex = paths.membership("globex");
const member = (teams: { id: number; slug: string }[] = [], teamsHidden: string | null = null) => ({
  kind: "active",
  id: 1234,
  login: "Acme",
  role: "member",
  teams,
  teamsHidden,
});
const none = (isProven: boolean) => ({ kind: "none", nameTakenBy: null, isProven });
const hidden = (reason: string, ssoUrl: string | null = null) => ({ kind: "hidden", reason, ssoUrl });
const platform = { id: 55, slug: "platform" };

describe("a membership in an organisation", () => {
  test("is active for a member, with role, number, GitHub's spelling and direct teams, by two calls", async () => {
    const { memberships, calls } = await loadMemberships([acme], {
      [inAcme]: json(membershipBody({ role: "admin" })),
      [paths.teams]: json([teamBody(55, "platform"), teamBody(56, "infra")]),
    });
    expect(memberships).toEqual([{ ...member([platform, { id: 56, slug: "infra" }]), role: "admin" }]);
    expect(calls.toSorted()).toEqual([inAcme, paths.teams].toSorted());
  });

  test("is the same for a pinned one", async () => {
    const script = { [inAcme]: json(membershipBody()), [paths.teams]: json([]) };
    expect((await loadMemberships([pinnedAcme], script)).memberships).toEqual([member()]);
  });

  test("is the same where GitHub leaves out the user: it is the owner of the token", async () => {
    for (const user of [null, undefined]) {
      const script = { [inAcme]: json(membershipBody({ user })), [paths.teams]: json([]) };
      expect((await loadMemberships([acme], script)).memberships).toEqual([member()]);
    }
  });

  test("is pending for an invited user, even if teams are listed already", async () => {
    const { memberships } = await loadMemberships([acme], {
      [inAcme]: json(membershipBody({ state: "pending" })),
      [paths.teams]: json([teamBody(55, "platform")]),
    });
    expect(memberships).toEqual([{ kind: "pending", id: 1234, login: "Acme" }]);
  });

  test("is none for an outsider", async () => {
    const { memberships, calls } = await loadMemberships([acme], { [inAcme]: notFound, [paths.teams]: json([]) });
    expect(memberships).toEqual([none(true)]);
    expect(calls).toHaveLength(2);
  });

  const ssoUrl = "https://github.com/orgs/acme/sso?authorization_request=A1";
  test.each<[string, ScriptedAnswer, object]>([
    ["sso_required", error(403, "Resource protected", { "x-github-sso": `required; url=${ssoUrl}` }), { ssoUrl }],
    ["app_not_approved", error(403, "the `acme` organization has enabled OAuth App access restrictions"), {}],
    ["ip_allow_list", error(403, "the `acme` organization has an IP allow list enabled"), {}],
    ["other_resource_owner", error(403, "Resource not accessible by personal access token"), {}],
    ["token_kind_forbidden", error(403, "`acme` forbids access via a personal access token (classic)."), {}],
    ["scope_missing", error(403, "You need at least read:org scope"), {}],
    ["organisation_forbidden", error(403, "No"), {}],
  ])("is hidden with its reason: %s", async (reason, answer, more) => {
    const { memberships } = await loadMemberships([acme], {
      [inAcme]: answer,
      [paths.teams]: json([teamBody(55, "platform")]),
    });
    expect(memberships).toEqual([{ ...hidden(reason), ...more }]);
  });

  test("is known where the teams are hidden, and says so: a member without teams would be another one", async () => {
    const script = { [inAcme]: json(membershipBody()), [paths.teams]: error(403, "You need at least read:org scope") };
    expect((await loadMemberships([acme], script)).memberships).toEqual([member([], "scope_missing")]);
  });

  test.each([
    { state: "active", role: "billing_manager" },
    { state: "pending", role: "billing_manager" },
    { state: "active", role: "guest_collaborator" },
    { state: "active", role: "Admin" },
    { state: "active", role: undefined },
    { state: "active", role: null },
    { state: "active", role: ["member"] },
    { state: "suspended", role: "member" },
    { state: "ACTIVE", role: "admin" },
    { state: undefined, role: "member" },
    { state: true, role: "admin" },
  ])("is none, and proven so, with %j: only the full relation counts", async (changes) => {
    const script = { [inAcme]: json(membershipBody(changes)), [paths.teams]: json([teamBody(55, "platform")]) };
    expect((await loadMemberships([acme], script)).memberships).toEqual([none(true)]);
    expect((await loadMemberships([pinnedAcme], script)).memberships).toEqual([none(true)]);
  });

  test("is known without a call about teams where no entry and no group needs them", async () => {
    const script = { [inAcme]: json(membershipBody()) };
    const { memberships, calls } = await loadMemberships([{ ...acme, needsTeams: false }], script);
    expect(memberships).toEqual([member()]);
    expect(calls).toEqual([inAcme]);
  });

  test("has the teams of those organisations alone that need them", async () => {
    const { memberships } = await loadMemberships([{ ...globex, needsTeams: false }, acme], {
      [inGlobex]: json(membershipBody({ organization: globexBody })),
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([teamBody(1, "dev", { organization: globexBody }), teamBody(55, "platform")]),
    });
    expect(memberships).toMatchObject([{ login: "Globex", teams: [], teamsHidden: null }, member([platform])]);
  });

  test("is hidden where single sign-on took the organisation out of the list of teams", async () => {
    const partial = (numbers: string) => ({
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([], { "x-github-sso": `partial-results; organizations=${numbers}` }),
    });
    expect((await loadMemberships([acme], partial("99,1234"))).memberships).toEqual([hidden("sso_required")]);
    expect((await loadMemberships([acme], partial("99,12345"))).memberships).toEqual([member()]);
  });
});

describe("teams", () => {
  test("of other organisations do not count, even under the name of this one", async () => {
    const { memberships } = await loadMemberships([acme], {
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([
        teamBody(1, "platform", { organization: globexBody }),
        teamBody(2, "admins", { organization: { login: "Acme", id: 1235 } }),
        teamBody(55, "platform"),
      ]),
    });
    expect(memberships).toEqual([member([platform])]);
  });

  test("of an organisation without a name or a number are in none", async () => {
    const { memberships } = await loadMemberships([acme], {
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([teamBody(1, "dev", { organization: { login: null } }), teamBody(55, "platform")]),
    });
    expect(memberships).toEqual([member([platform])]);
  });

  test("of a pinned organisation are all there, whatever else single sign-on left out", async () => {
    const pinned = { ...pinnedAcme, teams: [teamNamed(99, "sre")] };
    const { memberships } = await loadMemberships([pinned], {
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([], { "x-github-sso": "partial-results; organizations=8888" }),
    });
    expect(memberships).toEqual([member()]);
  });

  test("count with all of their parents, which are looked up where no list has them", async () => {
    const { memberships, calls } = await loadMemberships([acme], {
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([teamBody(55, "platform", { parent: { id: 7, slug: "engineering" } })]),
      [paths.team("Acme", "engineering")]: (call) => {
        expect(call.authorization).toMatch(/^Bearer ghp_/);
        return Response.json(teamBody(7, "engineering", { parent: { id: 8, slug: "all" } }));
      },
      [paths.team("Acme", "all")]: json(teamBody(8, "all")),
    });
    expect(memberships).toEqual([member([platform, { id: 7, slug: "engineering" }, { id: 8, slug: "all" }])]);
    expect(calls.slice(2)).toEqual([paths.team("Acme", "engineering"), paths.team("Acme", "all")]);
  });

  test.each<[string, ScriptedAnswer, string]>([
    ["is not there", notFound, "github_inconsistent_responses"],
    ["has passed its slug on", json(teamBody(9, "engineering")), "github_inconsistent_responses"],
    ["does not answer", error(502, ""), "github_server_error"],
    ["is hidden", error(403, "the organization has an IP allow list enabled"), "ip_allow_list"],
  ])("are not taken for all where a parent %s", async (_, answer, reason) => {
    const { memberships } = await loadMemberships([acme], {
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([teamBody(55, "platform", { parent: { id: 7, slug: "engineering" } })]),
      [paths.team("Acme", "engineering")]: answer,
    });
    expect(memberships).toMatchObject([{ kind: "active", teamsHidden: reason }]);
  });

  test.each([
    ["the time of all calls together", 5_000, "too_many_teams"],
    ["the time of one call", 3_000, "github_timeout"],
  ])("are not all known where %s ends before a parent comes", async (_, limitMs, teamsHidden) => {
    const limits: AbortController[] = [];
    const timeout = vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
      const limit = new AbortController();
      if (ms === limitMs) limits.push(limit);
      return limit.signal;
    });
    onTestFinished(() => timeout.mockRestore());
    const { memberships } = await loadMemberships([acme], {
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([teamBody(55, "platform", { parent: { id: 7, slug: "core" } })]),
      [paths.team("Acme", "core")]: () => {
        setImmediate(() => limits.at(-1)?.abort());
        return new Response(new ReadableStream({ pull: () => new Promise(() => {}) }));
      },
    });
    expect(memberships).toMatchObject([{ kind: "active", teamsHidden }]);
  });

  test("come in smaller pages where GitHub fails at a large one, and one organisation at least shows that it is not down", async () => {
    const { memberships } = await loadMemberships([globex, acme], {
      [inGlobex]: error(502, ""),
      [inAcme]: json(membershipBody()),
      [paths.teams]: error(502, ""),
      "GET /user/teams?per_page=20&page=1": json([teamBody(55, "platform")]),
    });
    expect(memberships).toEqual([hidden("github_server_error"), member([platform])]);
  });

  describe("whose parent has no address of its own", () => {
    const all = paths.teamsOf("Acme");
    const script = (more: Record<string, ScriptedAnswer>) => ({
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([teamBody(55, "platform", { parent: { id: 7, slug: "a b" } })]),
      ...more,
    });

    test("count with it as the organisation's list shows it, in smaller pages if need be", async () => {
      const { memberships } = await loadMemberships(
        [acme],
        script({ [all]: error(502, ""), "GET /orgs/Acme/teams?per_page=20&page=1": json([teamBody(7, "core")]) }),
      );
      expect(memberships).toEqual([member([platform, { id: 7, slug: "core" }])]);
    });

    test("are looked for in that list at once, whatever other parents there are", async () => {
      const teams = [
        teamBody(55, "platform", { parent: { id: 7, slug: "a b" } }),
        teamBody(56, "sre", { parent: { id: 8, slug: "ops" } }),
      ];
      const list = json([teamBody(7, "core"), teamBody(8, "ops")]);
      const { memberships, calls } = await loadMemberships([acme], script({ [paths.teams]: json(teams), [all]: list }));
      expect(memberships).toMatchObject([{ teamsHidden: null }]);
      expect(calls).toHaveLength(3);
    });

    test("are not taken for all where that list does not have it", async () => {
      const { memberships } = await loadMemberships([acme], script({ [all]: json([teamBody(8, "other")]) }));
      expect(memberships).toMatchObject([{ kind: "active", teamsHidden: "github_inconsistent_responses" }]);
    });
  });

  test("that are listed are known without another call, also where a parent of theirs is not", async () => {
    const named = [teamNamed(55, "old-name"), teamNamed(null, "platform"), teamNamed(null, "crew")];
    const { memberships, calls } = await loadMemberships([{ ...acme, teams: named }], {
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([teamBody(55, "Platform", { parent: { id: 7, slug: "core" } })]),
      [paths.team("Acme", "core")]: error(502, ""),
      "GET /orgs/Acme/teams/crew/memberships/octocat": notFound,
    });
    expect(memberships).toMatchObject([{ namedTeams: { "#55": true, "/platform": true, "/crew": false } }]);
    expect(calls).toHaveLength(4);
  });

  test("are none where a page of theirs is missing", async () => {
    const second = "/user/teams?per_page=100&page=2";
    const { memberships } = await loadMemberships([acme], {
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([teamBody(55, "platform")], linkTo(second)),
      [`GET ${second}`]: error(451, ""),
    });
    expect(memberships).toEqual([member([], "github_unexpected_status")]);
  });

  test("that are absent though there is a membership are inconsistent with it", async () => {
    const script = { [inAcme]: json(membershipBody()), [paths.teams]: notFound };
    expect((await loadMemberships([acme], script)).memberships).toEqual([member([], "github_inconsistent_responses")]);
  });

  test("with many parents are taken from the list of the organisation's teams: a colleague made them", async () => {
    const nested = Array.from({ length: 60 }, (_, index) => index + 100);
    const chain = nested.map((id) =>
      teamBody(id, `nested-${id}`, { parent: id === 159 ? null : { id: id + 1, slug: `nested-${id + 1}` } }),
    );
    const lookUps = nested.slice(1, 7).map((id, index) => [paths.team("Acme", `nested-${id}`), json(chain[index + 1])]);
    const { memberships, calls } = await loadMemberships([acme], {
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([chain[0]]),
      ...Object.fromEntries(lookUps),
      [paths.teamsOf("Acme")]: json(chain),
    });
    expect(memberships?.map((one) => (one.kind === "active" ? [one.teams.length, one.teamsHidden] : one))).toEqual([
      [60, null],
    ]);
    expect(calls).toHaveLength(9);
  });

  test("that are more than can be asked for are named so, and the membership stays", async () => {
    const pages = Array.from({ length: 21 }, (_, index) => `/user/teams?per_page=100&page=${index + 1}`);
    const script = Object.fromEntries(
      pages.map((page, index) => [
        `GET ${page}`,
        json([teamBody(index + 1, `t${index}`)], linkTo(pages[index + 1] ?? page)),
      ]),
    );
    const { memberships, calls } = await loadMemberships([acme], {
      ...script,
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([teamBody(55, "platform")], linkTo(pages[1] ?? "")),
    });
    expect(memberships).toEqual([member([], "too_many_teams")]);
    expect(calls).toHaveLength(21);
  });

  test("and their parents cost no more calls together than a Worker's plan allows", async () => {
    const pagesOf = (path: string, body: (index: number) => object[]) =>
      Object.fromEntries(
        Array.from({ length: 20 }, (_, index) => [
          `GET ${path}?per_page=100${index === 0 ? "" : `&page=${index + 1}`}`,
          json(body(index), index === 19 ? {} : linkTo(`${path}?per_page=100&page=${index + 2}`)),
        ]),
      );
    const manyParents = Array.from({ length: 30 }, (_, id) =>
      teamBody(id + 1, `t${id}`, { parent: { id: id + 1000, slug: `p${id}` } }),
    );
    const { memberships, calls } = await loadMemberships([acme], {
      [inAcme]: json(membershipBody()),
      ...pagesOf("/user/teams", (index) => (index === 0 ? manyParents : [])),
      ...pagesOf("/orgs/Acme/teams", () => []),
    });
    expect(memberships).toMatchObject([{ kind: "active", teamsHidden: "too_many_teams" }]);
    expect(calls).toHaveLength(37);
  });
});

describe("several organisations", () => {
  test("come in the order of the request, with one list of teams for all", async () => {
    const { memberships, calls } = await loadMemberships([globex, acme], {
      [inGlobex]: json(membershipBody({ organization: globexBody })),
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([teamBody(1, "dev", { organization: globexBody }), teamBody(55, "platform")]),
    });
    expect(memberships).toEqual([
      { kind: "active", id: 5678, login: "Globex", role: "member", teams: [{ id: 1, slug: "dev" }], teamsHidden: null },
      member([platform]),
    ]);
    expect(calls).toHaveLength(3);
  });

  test("count each for itself: one that blocks the app does not lock out members of the other", async () => {
    const { memberships } = await loadMemberships([globex, acme], {
      [inGlobex]: error(403, "the `globex` organization has enabled OAuth App access restrictions"),
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([]),
    });
    expect(memberships).toEqual([hidden("app_not_approved"), member()]);
  });

  test("are shown to a fine-grained token one at most, which is enough", async () => {
    const { memberships } = await loadMemberships(
      [globex, acme],
      {
        [inGlobex]: error(403, "Resource not accessible by personal access token"),
        [inAcme]: json(membershipBody()),
        [paths.teams]: json([teamBody(55, "platform")]),
      },
      { isFineGrained: true, hasScopes: false, scopes: null },
    );
    expect(memberships).toEqual([hidden("other_resource_owner"), member([platform])]);
  });

  test.each<[string, ScriptedAnswer]>([
    ["github_server_error", error(503, "No server is currently available")],
    ["github_unexpected_status", error(451, "Repository access blocked")],
    ["github_invalid_response", () => new Response("<html>", { status: 200 })],
    ["github_inconsistent_responses", json(membershipBody({ organization: { login: "Other", id: 7 } }))],
  ])("count each for itself: one that fails (%s) says nothing about the other", async (reason, answer) => {
    const { memberships } = await loadMemberships([globex, acme], {
      [inGlobex]: answer,
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([teamBody(55, "platform")]),
    });
    expect(memberships).toEqual([hidden(reason), member([platform])]);
  });

  test("count where GitHub limits the user for another: GET /user has proven the token", async () => {
    const limited = await loadMemberships([globex, acme], {
      [inGlobex]: error(429, "You have exceeded a secondary rate limit."),
      [inAcme]: json(membershipBody()),
      [paths.teams]: error(403, "API rate limit exceeded", { "x-ratelimit-remaining": "0" }),
    });
    expect(limited.memberships).toEqual([
      hidden("github_secondary_limit"),
      { ...member([]), teamsHidden: "github_rate_limit" },
    ]);
  });

  test("that fail are not searched for under another name", async () => {
    const script = { [inAcme]: error(502, ""), [paths.teams]: json([]) };
    const { memberships, calls } = await loadMemberships([pinnedAcme], script);
    expect(memberships).toEqual([hidden("github_server_error")]);
    expect(calls).toHaveLength(2);
  });

  test("with one number are looked up by it once", async () => {
    const old = { ...pinnedAcme, login: "old-acme" };
    const { calls } = await loadMemberships([pinnedAcme, old], {
      [inAcme]: notFound,
      [paths.membership("old-acme")]: notFound,
      [paths.membership("Acme")]: notFound,
      [paths.teams]: json([]),
      ...organisationById(1234, "Acme"),
    });
    expect(calls.filter((call) => call === paths.byId(1234))).toHaveLength(1);
  });

  test("that all fail have no list of teams asked for again: GitHub is down", async () => {
    const { memberships, calls, result } = await loadMemberships([globex, acme], {
      [inGlobex]: error(502, ""),
      [inAcme]: error(500, ""),
      [paths.teams]: error(502, ""),
    });
    expect(memberships).toEqual([hidden("github_server_error"), hidden("github_server_error")]);
    expect(calls).toHaveLength(3);
    expect(result).toMatchObject({ tookToken: false });
  });
});

describe("the organisation in GitHub's sentence", () => {
  const sentence = (name: string) =>
    `The '${name}' organization forbids access via a fine-grained personal access tokens if the token's lifetime is greater than 90 days.`;

  test("is the one that is blamed: another one than the asked one keeps only the teams back", async () => {
    const script = (name: string) => ({
      [inAcme]: json(membershipBody()),
      [paths.teams]: error(403, sentence(name)),
    });
    expect((await loadMemberships([acme], script("globex"))).memberships).toEqual([
      member([], "other_organisation_forbids"),
    ]);
    expect((await loadMemberships([acme], script("ACME"))).memberships).toEqual([member([], "token_lifetime")]);
  });

  test("is the asked one, or another one", async () => {
    const script = (name: string) => ({ [inAcme]: error(403, sentence(name)), [paths.teams]: json([]) });
    expect((await loadMemberships([acme], script("Acme"))).memberships).toEqual([hidden("token_lifetime")]);
    expect((await loadMemberships([acme], script("initech"))).memberships).toEqual([
      hidden("other_organisation_forbids"),
    ]);
  });
});

describe("a fine-grained token", () => {
  const fineGrained = { isFineGrained: true, hasScopes: false, scopes: null };

  test("that shows nothing anywhere may be blind: that is no plain no", async () => {
    const nowhere = { [inAcme]: notFound, [inGlobex]: notFound };
    const teams = { ...nowhere, [paths.teams]: json([]) };
    const blind = hidden("token_sees_nothing");
    expect((await loadMemberships([acme, globex], teams, fineGrained)).memberships).toEqual([blind, blind]);
    const withoutTeams = [acme, globex].map((one) => ({ ...one, needsTeams: false }));
    expect((await loadMemberships(withoutTeams, nowhere, fineGrained)).memberships).toEqual([blind, blind]);
    const pinned = { ...nowhere, [paths.byId(1234)]: notFound };
    expect((await loadMemberships([{ ...pinnedAcme, needsTeams: false }], pinned, fineGrained)).memberships).toEqual([
      blind,
    ]);
    expect(
      (await loadMemberships([acme], { [inAcme]: notFound, [paths.teams]: notFound }, fineGrained)).memberships,
    ).toEqual([blind]);
  });

  test("that shows another organisation is not blind, and proves nothing about this one", async () => {
    const elsewhere = { [inAcme]: notFound, [paths.teams]: json([teamBody(1, "dev", { organization: globexBody })]) };
    expect((await loadMemberships([acme], elsewhere, fineGrained)).memberships).toEqual([none(false)]);
  });

  test("that shows one organisation of the policy is for no other one", async () => {
    const script = { [inAcme]: json(membershipBody()), [inGlobex]: notFound, [paths.teams]: json([]) };
    for (const other of [globex, { ...globex, id: 5678 }]) {
      const { memberships, calls } = await loadMemberships([acme, other], script, fineGrained);
      expect(memberships).toEqual([member(), hidden("other_resource_owner")]);
      expect(calls).toHaveLength(3);
    }
  });

  test("is not blind where one organisation at least hides from it", async () => {
    const script = { [inAcme]: notFound, [inGlobex]: error(403, "No"), [paths.teams]: json([]) };
    const { memberships } = await loadMemberships([acme, globex], script, fineGrained);
    expect(memberships).toEqual([none(false), hidden("organisation_forbidden")]);
  });

  test("is not blind where it shows that its owner is no member, or who has the organisation's name", async () => {
    const outside = { [inAcme]: json(membershipBody({ role: "billing_manager" })), [paths.teams]: json([]) };
    expect((await loadMemberships([acme], outside, fineGrained)).memberships).toEqual([none(true)]);
    const taken = {
      [inAcme]: json(membershipBody({ organization: { login: "acme", id: 999 } })),
      [paths.teams]: json([]),
      [paths.byId(1234)]: notFound,
    };
    expect((await loadMemberships([pinnedAcme], taken, fineGrained)).memberships).toEqual([
      { ...none(false), nameTakenBy: 999 },
    ]);
  });

  test("that shows one organisation of the policy is not asked where another one went that hides", async () => {
    const script = { [inGlobex]: json(membershipBody({ organization: globexBody })), [inAcme]: error(403, "No") };
    const { memberships, calls } = await loadMemberships(
      [globex, pinnedAcme].map((one) => ({ ...one, needsTeams: false })),
      script,
      fineGrained,
    );
    expect(memberships).toMatchObject([{ kind: "active" }, hidden("organisation_forbidden")]);
    expect(calls).toHaveLength(2);
  });

  test("of other kinds is not blind: nothing anywhere is a no", async () => {
    const script = { [inAcme]: notFound, [paths.teams]: json([]) };
    expect((await loadMemberships([acme], script)).memberships).toEqual([none(true)]);
  });
});

describe("scopes that are too few", () => {
  test.each([[[]], [["gist"]], [["read:user", "user:email", "public_repo", "repo:status"]], [["read:organisation"]]])(
    "%j show no organisation, and GitHub is not called",
    async (scopes) => {
      const { memberships, calls } = await loadMemberships([acme, globex], {}, { scopes });
      expect(memberships).toEqual([hidden("scope_missing"), hidden("scope_missing")]);
      expect(calls).toEqual([]);
    },
  );

  const script = () => ({ [inAcme]: json(membershipBody()), [paths.teams]: json([]) });

  test.each([["read:org"], ["write:org"], ["admin:org"], ["repo"], ["user"]])("%s is enough", async (scope) => {
    expect((await loadMemberships([acme], script(), { scopes: ["gist", scope] })).memberships).toEqual([member()]);
  });

  test("do not count for tokens that have none, nor where GitHub did not name them", async () => {
    expect((await loadMemberships([acme], script(), { scopes: [], hasScopes: false })).memberships).toEqual([member()]);
    expect((await loadMemberships([acme], script(), { scopes: null })).memberships).toEqual([member()]);
  });
});

describe("inconsistent responses show no member", () => {
  const inconsistent = [hidden("github_inconsistent_responses")];

  test("a membership of another user", async () => {
    const script = { [inAcme]: json(membershipBody({ user: { id: 583232 } })), [paths.teams]: json([]) };
    expect((await loadMemberships([acme], script)).memberships).toEqual(inconsistent);
    script[inAcme] = json(membershipBody({ user: { id: 583232 }, state: "pending" }));
    expect((await loadMemberships([acme], script)).memberships).toEqual(inconsistent);
  });

  test("a membership in another organisation than the one of the request", async () => {
    const script = { [inAcme]: json(membershipBody({ organization: globexBody })), [paths.teams]: json([]) };
    expect((await loadMemberships([acme], script)).memberships).toEqual(inconsistent);
  });
});

describe("a response that refuses the token", () => {
  test.each(refusals)("(%s) is passed on as it is, and leaves nothing known", async (_, answer, outcome) => {
    const script = { [inAcme]: answer, [paths.teams]: json([]) };
    expect((await loadMemberships([acme], script)).failure).toEqual(outcome);
    const teams = { [inAcme]: json(membershipBody()), [paths.teams]: answer };
    expect((await loadMemberships([acme], teams)).failure).toEqual(outcome);
  });
});

describe("the user's token", () => {
  test("was accepted where GitHub showed memberships by it, or that there are none", async () => {
    for (const answer of [json(membershipBody()), notFound]) {
      const loaded = await loadMemberships([acme], { [inAcme]: answer, [paths.teams]: json([]) });
      expect(loaded.result).toMatchObject({ kind: "known", tookToken: true });
    }
  });

  test("was accepted where one answer at least took it, be it a refusal to show the organisation", async () => {
    const withoutTeams = [acme, globex].map((one) => ({ ...one, needsTeams: false }));
    for (const answer of [json(membershipBody()), notFound, error(403, "No")]) {
      const script = { [inAcme]: answer, [inGlobex]: error(502, ""), [paths.memberships]: error(502, "") };
      const loaded = await loadMemberships(withoutTeams, script);
      expect(loaded.result).toMatchObject({ tookToken: true });
    }
  });

  test("was not accepted yet where its scopes alone said that it sees nothing", async () => {
    expect((await loadMemberships([acme], {}, { scopes: [] })).result).toMatchObject({
      kind: "known",
      tookToken: false,
    });
  });
});
