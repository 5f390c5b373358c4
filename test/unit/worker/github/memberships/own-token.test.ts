// What the person's own token shows of organisations. The paths are GitHub's; whatever is asked besides fails the test.
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
  refusalAnswers,
  type ScriptedAnswer,
  teamBody,
} from "../support.ts";
import { askAbout } from "./own-token-support.ts";

const inAcme = paths.membership("acme");
const inGlobex = paths.membership("globex");
const member = (teams: { id: number; slug: string }[] = []) => ({
  kind: "active",
  id: 1234,
  login: "Acme",
  role: "member",
  teams,
});
const notAMember = { kind: "none", nameTakenBy: null };
const invisible = (reason: string, ssoUrl: string | null = null) => ({ kind: "hidden", reason, ssoUrl });
const unavailable = (reason: string) => ({ kind: "unavailable", reason });
const platform = { id: 55, slug: "platform" };

describe("somebody's standing in an organisation", () => {
  test("is a member's, with role, number, GitHub's spelling and direct teams, by two calls", async () => {
    const { standings, calls } = await askAbout([acme], {
      [inAcme]: json(membershipBody({ role: "admin" })),
      [paths.teams]: json([teamBody(55, "platform"), teamBody(56, "infra")]),
    });
    expect(standings).toEqual([{ ...member([platform, { id: 56, slug: "infra" }]), role: "admin" }]);
    expect(calls.toSorted()).toEqual([inAcme, paths.teams].toSorted());
  });

  test("is the same for a pinned one", async () => {
    const script = { [inAcme]: json(membershipBody()), [paths.teams]: json([]) };
    expect((await askAbout([pinnedAcme], script)).standings).toEqual([member()]);
  });

  test("is the same where GitHub leaves out whose membership it is: the token's owner's", async () => {
    for (const user of [null, undefined]) {
      const script = { [inAcme]: json(membershipBody({ user })), [paths.teams]: json([]) };
      expect((await askAbout([acme], script)).standings).toEqual([member()]);
    }
  });

  test("is pending for whoever is invited, whatever teams wait", async () => {
    const { standings } = await askAbout([acme], {
      [inAcme]: json(membershipBody({ state: "pending" })),
      [paths.teams]: json([teamBody(55, "platform")]),
    });
    expect(standings).toEqual([{ kind: "pending", id: 1234, login: "Acme" }]);
  });

  test("is none for whoever is not in it", async () => {
    const { standings, calls } = await askAbout([acme], { [inAcme]: notFound, [paths.teams]: json([]) });
    expect(standings).toEqual([notAMember]);
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
  ])("is invisible with its reason: %s", async (reason, answer, more) => {
    const { standings } = await askAbout([acme], { [inAcme]: answer, [paths.teams]: json([teamBody(55, "platform")]) });
    expect(standings).toEqual([{ ...invisible(reason), ...more }]);
  });

  test("is not known where the teams can't be seen: a member without teams would be another one", async () => {
    const script = { [inAcme]: json(membershipBody()), [paths.teams]: error(403, "You need at least read:org scope") };
    expect((await askAbout([acme], script)).standings).toEqual([invisible("scope_missing")]);
  });

  test("is invisible where single sign-on took the organisation out of the list of teams", async () => {
    const partial = (numbers: string) => ({
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([], { "x-github-sso": `partial-results; organizations=${numbers}` }),
    });
    expect((await askAbout([acme], partial("99,1234"))).standings).toEqual([invisible("sso_required")]);
    expect((await askAbout([acme], partial("99,12345"))).standings).toEqual([member()]);
  });
});

describe("teams", () => {
  test("of other organisations are none of this one's, even under its name", async () => {
    const { standings } = await askAbout([acme], {
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([
        teamBody(1, "platform", { organization: globexBody }),
        teamBody(2, "admins", { organization: { login: "Acme", id: 1235 } }),
        teamBody(55, "platform"),
      ]),
    });
    expect(standings).toEqual([member([platform])]);
  });

  test("count with all of their parents, which are asked for where no list has them", async () => {
    const { standings, calls } = await askAbout([acme], {
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([teamBody(55, "platform", { parent: { id: 7, slug: "engineering" } })]),
      [paths.team("Acme", "engineering")]: json(teamBody(7, "engineering", { parent: { id: 8, slug: "all" } })),
      [paths.team("Acme", "all")]: json(teamBody(8, "all")),
    });
    expect(standings).toEqual([member([platform, { id: 7, slug: "engineering" }, { id: 8, slug: "all" }])]);
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
      { standings: [invisible("ip_allow_list")] },
    ],
  ])("are no shorter list where a parent %s", async (_, answer, outcome) => {
    const asked = await askAbout([acme], {
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([teamBody(55, "platform", { parent: { id: 7, slug: "engineering" } })]),
      [paths.team("Acme", "engineering")]: answer,
    });
    expect(asked).toMatchObject(outcome);
  });

  test("are no shorter list where a page of theirs is missing", async () => {
    const second = "/user/teams?per_page=100&page=2";
    const { failure } = await askAbout([acme], {
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([teamBody(55, "platform")], linkTo(second)),
      [`GET ${second}`]: error(500, ""),
    });
    expect(failure).toEqual(unavailable("github_server_error"));
  });

  test("that can't be found though there is a membership contradict it", async () => {
    const script = { [inAcme]: json(membershipBody()), [paths.teams]: notFound };
    expect((await askAbout([acme], script)).failure).toEqual(unavailable("github_inconsistent_responses"));
  });
});

describe("several organisations", () => {
  test("are answered in the order of the question, with one list of teams for all", async () => {
    const { standings, calls } = await askAbout([globex, acme], {
      [inGlobex]: json(membershipBody({ organization: globexBody })),
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([teamBody(1, "dev", { organization: globexBody }), teamBody(55, "platform")]),
    });
    expect(standings).toEqual([
      { kind: "active", id: 5678, login: "Globex", role: "member", teams: [{ id: 1, slug: "dev" }] },
      member([platform]),
    ]);
    expect(calls).toHaveLength(3);
  });

  test("stand each for itself: one that blocks the app does not lock out the other's people", async () => {
    const { standings } = await askAbout([globex, acme], {
      [inGlobex]: error(403, "the `globex` organization has enabled OAuth App access restrictions"),
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([]),
    });
    expect(standings).toEqual([invisible("app_not_approved"), member()]);
  });

  test("are seen by a fine-grained token one at most, which is enough", async () => {
    const { standings } = await askAbout(
      [globex, acme],
      {
        [inGlobex]: error(403, "Resource not accessible by personal access token"),
        [inAcme]: json(membershipBody()),
        [paths.teams]: json([teamBody(55, "platform")]),
      },
      { isFineGrained: true, hasScopes: false, scopes: null },
    );
    expect(standings).toEqual([invisible("other_resource_owner"), member([platform])]);
  });

  test("are known together or not at all: trouble with one says nothing of the person", async () => {
    const { failure, answer } = await askAbout([globex, acme], {
      [inGlobex]: error(503, "No server is currently available", { "x-github-request-id": "A:1" }),
      [inAcme]: json(membershipBody()),
      [paths.teams]: json([]),
    });
    expect(failure).toEqual(unavailable("github_server_error"));
    expect(answer).toMatchObject({
      asked: { responseInfo: { githubStatus: 503, githubRequestId: "A:1", retryAfterMs: null } },
    });
  });

  test("with a limit here and trouble there come to the trouble, which is nobody's fault", async () => {
    const { failure } = await askAbout([globex, acme], {
      [inGlobex]: error(429, "You have exceeded a secondary rate limit."),
      [inAcme]: error(502, ""),
      [paths.teams]: json([]),
    });
    expect(failure).toEqual(unavailable("github_server_error"));
    const limited = await askAbout([globex, acme], {
      [inGlobex]: json(membershipBody({ organization: globexBody })),
      [inAcme]: error(429, "You have exceeded a secondary rate limit."),
      [paths.teams]: json([]),
    });
    expect(limited.failure).toEqual({ kind: "limited", reason: "github_secondary_limit" });
  });
});

describe("scopes that are too few", () => {
  test.each([[[]], [["gist"]], [["read:user", "user:email", "public_repo", "repo:status"]], [["read:organisation"]]])(
    "%j show no organisation, and GitHub is not asked",
    async (scopes) => {
      const { standings, calls } = await askAbout([acme, globex], {}, { scopes });
      expect(standings).toEqual([invisible("scope_missing"), invisible("scope_missing")]);
      expect(calls).toEqual([]);
    },
  );

  const script = () => ({ [inAcme]: json(membershipBody()), [paths.teams]: json([]) });

  test.each([["read:org"], ["write:org"], ["admin:org"], ["repo"], ["user"]])("%s is enough", async (scope) => {
    expect((await askAbout([acme], script(), { scopes: ["gist", scope] })).standings).toEqual([member()]);
  });

  test("are no matter of tokens that have none, nor where GitHub did not name them", async () => {
    expect((await askAbout([acme], script(), { scopes: [], hasScopes: false })).standings).toEqual([member()]);
    expect((await askAbout([acme], script(), { scopes: null })).standings).toEqual([member()]);
  });
});

describe("answers that contradict each other are no answer", () => {
  const contradiction = unavailable("github_inconsistent_responses");

  test("somebody else's membership", async () => {
    const script = { [inAcme]: json(membershipBody({ user: { id: 583232 } })), [paths.teams]: json([]) };
    expect((await askAbout([acme], script)).failure).toEqual(contradiction);
    script[inAcme] = json(membershipBody({ user: { id: 583232 }, state: "pending" }));
    expect((await askAbout([acme], script)).failure).toEqual(contradiction);
  });

  test("a membership in another organisation than the one that was asked for", async () => {
    const script = { [inAcme]: json(membershipBody({ organization: globexBody })), [paths.teams]: json([]) };
    expect((await askAbout([acme], script)).failure).toEqual(contradiction);
  });
});

describe("a refusal", () => {
  test.each(refusalAnswers)(
    "that comes to %s is said as it is, and leaves nothing known",
    async (_, answer, refusal) => {
      const script = { [inAcme]: answer, [paths.teams]: json([]) };
      expect((await askAbout([acme], script)).failure).toEqual(refusal);
      const teams = { [inAcme]: json(membershipBody()), [paths.teams]: answer };
      expect((await askAbout([acme], teams)).failure).toEqual(refusal);
    },
  );
});

describe("the person's token", () => {
  test("was taken where GitHub showed memberships by it, or that there are none", async () => {
    for (const answer of [json(membershipBody()), notFound]) {
      const asked = await askAbout([acme], { [inAcme]: answer, [paths.teams]: json([]) });
      expect(asked.answer).toMatchObject({ kind: "known", tookToken: true });
    }
  });

  test("was not shown to be good where its scopes alone said that it sees nothing", async () => {
    expect((await askAbout([acme], {}, { scopes: [] })).answer).toMatchObject({ kind: "known", tookToken: false });
  });
});
