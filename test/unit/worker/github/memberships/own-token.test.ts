// Memberships as the user's own token shows them. The paths are GitHub's; any other call fails the test.
import { describe, expect, test } from "vitest";
import {
  acme,
  error,
  globex,
  globexBody,
  json,
  linkTo,
  membershipBody,
  notFound,
  paths,
  pinnedAcme,
  refusals,
  type ScriptedAnswer,
  teamBody,
} from "../support.ts";
import { loadMemberships } from "./own-token-support.ts";

const inAcme = paths.membership("acme");
const inGlobex = paths.membership("globex");
const member = (teams: { id: number; slug: string }[] = []) => ({
  kind: "active",
  id: 1234,
  login: "Acme",
  role: "member",
  teams,
});
const notAMember = { kind: "none", nameTakenBy: null, isProven: true };
const hidden = (reason: string, ssoUrl: string | null = null) => ({ kind: "hidden", reason, ssoUrl });
const unavailable = (reason: string) => ({ kind: "unavailable", reason });
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
    expect(memberships).toEqual([notAMember]);
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

  test("is not known where the teams are hidden: a member without teams would be another one", async () => {
    const script = { [inAcme]: json(membershipBody()), [paths.teams]: error(403, "You need at least read:org scope") };
    expect((await loadMemberships([acme], script)).memberships).toEqual([hidden("scope_missing")]);
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

  test("count with all of their parents, which are looked up where no list has them", async () => {
    const { memberships, calls } = await loadMemberships([acme], {
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([teamBody(55, "platform", { parent: { id: 7, slug: "engineering" } })]),
      [paths.team("Acme", "engineering")]: json(teamBody(7, "engineering", { parent: { id: 8, slug: "all" } })),
      [paths.team("Acme", "all")]: json(teamBody(8, "all")),
    });
    expect(memberships).toEqual([member([platform, { id: 7, slug: "engineering" }, { id: 8, slug: "all" }])]);
    expect(calls.slice(2)).toEqual([paths.team("Acme", "engineering"), paths.team("Acme", "all")]);
  });

  test.each<[string, ScriptedAnswer, object]>([
    ["is not there", notFound, { failure: unavailable("github_inconsistent_responses") }],
    [
      "has passed its slug on",
      json(teamBody(9, "engineering")),
      { failure: unavailable("github_inconsistent_responses") },
    ],
    ["does not answer", error(502, ""), { failure: unavailable("github_server_error") }],
    [
      "is hidden",
      error(403, "the organization has an IP allow list enabled"),
      { memberships: [hidden("ip_allow_list")] },
    ],
  ])("are no shorter list where a parent %s", async (_, answer, outcome) => {
    const loaded = await loadMemberships([acme], {
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([teamBody(55, "platform", { parent: { id: 7, slug: "engineering" } })]),
      [paths.team("Acme", "engineering")]: answer,
    });
    expect(loaded).toMatchObject(outcome);
  });

  test("are no shorter list where a page of theirs is missing", async () => {
    const second = "/user/teams?per_page=100&page=2";
    const { failure } = await loadMemberships([acme], {
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([teamBody(55, "platform")], linkTo(second)),
      [`GET ${second}`]: error(500, ""),
    });
    expect(failure).toEqual(unavailable("github_server_error"));
  });

  test("that are absent though there is a membership are inconsistent with it", async () => {
    const script = { [inAcme]: json(membershipBody()), [paths.teams]: notFound };
    expect((await loadMemberships([acme], script)).failure).toEqual(unavailable("github_inconsistent_responses"));
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
      { kind: "active", id: 5678, login: "Globex", role: "member", teams: [{ id: 1, slug: "dev" }] },
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

  test("are known together or not at all: an outage of one says nothing about the user", async () => {
    const { failure, traced } = await loadMemberships([globex, acme], {
      [inGlobex]: error(503, "No server is currently available", { "x-github-request-id": "A:1" }),
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([]),
    });
    expect(failure).toEqual(unavailable("github_server_error"));
    const deciding = traced.find((call) => call.outcome === failure);
    expect(deciding).toMatchObject({ status: 503, requestId: "A:1", retryAfterMs: null });
  });

  test("with a limit here and an outage there come to the outage, which is not the user's fault", async () => {
    const { failure } = await loadMemberships([globex, acme], {
      [inGlobex]: error(429, "You have exceeded a secondary rate limit."),
      [inAcme]: error(502, ""),
      [paths.teams]: json([]),
    });
    expect(failure).toEqual(unavailable("github_server_error"));
    const limited = await loadMemberships([globex, acme], {
      [inGlobex]: json(membershipBody({ organization: globexBody })),
      [inAcme]: error(429, "You have exceeded a secondary rate limit."),
      [paths.teams]: json([]),
    });
    expect(limited.failure).toEqual({ kind: "limited", reason: "github_secondary_limit" });
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

describe("inconsistent responses leave nothing known", () => {
  const inconsistentResponses = unavailable("github_inconsistent_responses");

  test("a membership of another user", async () => {
    const script = { [inAcme]: json(membershipBody({ user: { id: 583232 } })), [paths.teams]: json([]) };
    expect((await loadMemberships([acme], script)).failure).toEqual(inconsistentResponses);
    script[inAcme] = json(membershipBody({ user: { id: 583232 }, state: "pending" }));
    expect((await loadMemberships([acme], script)).failure).toEqual(inconsistentResponses);
  });

  test("a membership in another organisation than the one of the request", async () => {
    const script = { [inAcme]: json(membershipBody({ organization: globexBody })), [paths.teams]: json([]) };
    expect((await loadMemberships([acme], script)).failure).toEqual(inconsistentResponses);
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

  test("was not accepted yet where its scopes alone said that it sees nothing", async () => {
    expect((await loadMemberships([acme], {}, { scopes: [] })).result).toMatchObject({
      kind: "known",
      tookToken: false,
    });
  });
});
