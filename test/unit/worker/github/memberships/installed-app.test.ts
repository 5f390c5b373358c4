// Memberships as the installed app sees them: it asks by names, and compares numbers. Each organisation counts for
// itself.
import { describe, expect, test } from "vitest";
import {
  acme,
  acmeBody,
  error,
  globex,
  globexBody,
  json,
  membershipBody,
  notFound,
  octocat,
  paths,
  pinnedAcme,
  type ScriptedAnswer,
} from "../support.ts";
import {
  accountPath,
  appView,
  graphqlBody,
  graphqlPath,
  installationBody,
  installationPath,
  installationsPath,
  membershipPath,
  minuteMs,
  secondMs,
  teamNode,
  tokenAnswer,
  tokenPath,
} from "./installed-app-support.ts";

const notAMember = { kind: "none", nameTakenBy: null, isProven: true };
const hidden = (reason: string) => ({ kind: "hidden", reason, ssoUrl: null });
const inconsistentResponses = hidden("github_inconsistent_responses");
const appUnavailable = hidden("github_app_unavailable");
const member = (teams: object[] = [], teamsHidden: string | null = null) => ({
  kind: "active",
  id: 1234,
  login: "Acme",
  role: "member",
  teams,
  teamsHidden,
});
const acmeWithoutTeams = { ...acme, needsTeams: false };
const spentQuota = { "x-ratelimit-remaining": "0" };

/** What the user's own token shows of the names: that they still belong to the same organisation and user. */
const ownProof = {
  [paths.user]: json(octocat),
  [accountPath(1234)]: json({ ...acmeBody, type: "Organization" }),
};
const withoutOwnProof = { [paths.user]: error(502, ""), [accountPath(1234)]: error(502, "") };

/** GraphQL where the login is not resolved. */
const userHidden = (organisationId = 1234) => {
  const pageInfo = { hasNextPage: false, endCursor: null };
  return json({
    data: { organization: { databaseId: organisationId, teams: { pageInfo, nodes: [] } }, user: null },
    errors: [{ type: "NOT_FOUND", path: ["user"], message: "Could not resolve to a User" }],
  });
};

describe("a membership", () => {
  test("is loaded with the token of the installation, under the names as GitHub writes them", async () => {
    const seen: { authorization: string | null; body: unknown }[] = [];
    const recording =
      (answer: ScriptedAnswer): ScriptedAnswer =>
      (call) => {
        seen.push({ authorization: call.authorization, body: call.body === "" ? null : JSON.parse(call.body) });
        return answer(call);
      };
    const { load, tokens, github, token } = appView({
      [membershipPath()]: recording(json(membershipBody({ role: "admin" }))),
      [graphqlPath]: recording(json(graphqlBody([teamNode(55, "platform")]))),
    });
    expect(await load()).toEqual([{ ...member([{ id: 55, slug: "platform" }]), role: "admin" }]);
    const query = expect.stringMatching(/userLogins:\[\$login\].*ancestors/s);
    expect(seen).toEqual([
      { authorization: `Bearer ${tokens[0]}`, body: null },
      {
        authorization: `Bearer ${tokens[0]}`,
        body: { query, variables: { org: "Acme", login: "octocat", first: 100, after: null } },
      },
    ]);
    expect(github.authorizations).not.toContain(`Bearer ${token}`);
  });

  test("is pending for a user who is invited", async () => {
    const { load } = appView({ [membershipPath()]: json(membershipBody({ state: "pending" })) });
    expect(await load()).toEqual([{ kind: "pending", id: 1234, login: "Acme" }]);
  });

  test("is none for an outsider", async () => {
    expect(await appView({ [membershipPath()]: notFound }).load()).toEqual([notAMember]);
  });

  test.each<[string, object]>([
    ["a billing manager", { role: "billing_manager" }],
    ["an invited billing manager", { role: "billing_manager", state: "pending" }],
    ["a role of the future", { role: "guest" }],
    ["no role", { role: undefined }],
    ["a role that is no text", { role: ["admin"] }],
    ["a suspended state", { state: "suspended" }],
    ["no state", { state: null }],
  ])("is a proven none in case of %s", async (_, changes) => {
    expect(await appView({ [membershipPath()]: json(membershipBody(changes)) }).load()).toEqual([notAMember]);
  });

  test("costs two calls a review, once the installation and its token are there", async () => {
    const { load, github } = appView();
    await load();
    expect(github.calls).toEqual([installationPath(), tokenPath(77), membershipPath(), graphqlPath]);
    github.calls.length = 0;
    await load();
    expect(github.calls).toEqual([membershipPath(), graphqlPath]);
  });

  test("costs no call about teams where no entry and no group needs them", async () => {
    const { load, github } = appView({ [graphqlPath]: error(502, "") });
    expect(await load([acmeWithoutTeams])).toEqual([member()]);
    expect(github.calls).not.toContain(graphqlPath);
  });

  test.each<[string, ScriptedAnswer, string]>([
    ["a token that is no longer valid", error(401, "Bad credentials"), "github_app_unavailable"],
    ["a permission that is missing", error(403, "Resource not accessible by integration"), "github_app_unavailable"],
    ["a spent quota", error(403, "API rate limit exceeded", spentQuota), "shared_quota_spent"],
    ["a secondary limit", error(403, "You have exceeded a secondary rate limit."), "shared_quota_spent"],
    ["an outage", error(502, ""), "github_server_error"],
    ["a redirect", () => new Response(null, { status: 302 }), "github_redirect"],
    ["a legal block", error(451, ""), "github_unexpected_status"],
    ["a page", () => new Response("<h1>"), "github_invalid_response"],
  ])("is hidden in case of %s; where only the teams are concerned, only those are", async (_, answer, reason) => {
    expect(await appView({ [membershipPath()]: answer }).load()).toEqual([hidden(reason)]);
    expect(await appView({ [graphqlPath]: answer }).load()).toEqual([member([], reason)]);
    const outsider = appView({ [membershipPath()]: notFound, [graphqlPath]: answer, ...withoutOwnProof });
    expect(await outsider.load()).toEqual([hidden(reason)]);
  });

  test("is a proven none by the user's own token, where GraphQL says nothing about the names", async () => {
    const script = { [membershipPath()]: notFound, [graphqlPath]: error(403, "", spentQuota), ...ownProof };
    const { load, github, token } = appView(script);
    expect(await load()).toEqual([notAMember]);
    const asked = github.calls.map((call, index) => [call, github.authorizations[index]]);
    for (const call of Object.keys(ownProof)) expect(asked).toContainEqual([call, `Bearer ${token}`]);
  });

  test.each<[string, object]>([
    ["no organisation", { organization: null }],
    ["an organisation without a number", { organization: { login: "Acme" } }],
  ])("with %s is an invalid response", async (_, changes) => {
    const { load } = appView({ [membershipPath()]: json(membershipBody(changes)) });
    expect(await load()).toEqual([hidden("github_invalid_response")]);
  });

  test("is hidden where the app is not installed, and no call about the user is made", async () => {
    const { load, github } = appView({ [installationPath()]: notFound });
    expect(await load()).toEqual([appUnavailable]);
    expect(github.calls).toEqual([installationPath()]);
  });
});

describe("of several organisations", () => {
  function bothInstalled() {
    const view = appView({
      [installationPath("globex")]: json(installationBody(78, globexBody)),
      [membershipPath("Globex")]: notFound,
    });
    view.github.script[tokenPath(78)] = tokenAnswer(view.now);
    view.github.script[graphqlPath] = ({ body }) => {
      const isGlobex = JSON.parse(body).variables.org === "Globex";
      return Response.json(graphqlBody([], { organisationId: isGlobex ? 5678 : 1234 }));
    };
    return view;
  }

  test("each has its own membership, in the order of the policy", async () => {
    expect(await bothInstalled().load([globex, acme])).toEqual([notAMember, member()]);
  });

  test.each<[string, Record<string, ScriptedAnswer>, string]>([
    ["has no app", { [installationPath("globex")]: notFound }, "github_app_unavailable"],
    [
      "has suspended it",
      {
        [installationPath("globex")]: json(installationBody(78, globexBody, { suspended_at: "2026-11-20T09:00:00Z" })),
      },
      "github_app_unavailable",
    ],
    [
      "gives it no token",
      { [tokenPath(78)]: error(403, "This installation has been suspended") },
      "github_app_unavailable",
    ],
    ["has taken the permission away", { [membershipPath("Globex")]: error(403, "No") }, "github_app_unavailable"],
    ["is odd", { [installationPath("globex")]: json(installationBody(78, null)) }, "github_invalid_response"],
    ["fails", { [membershipPath("Globex")]: error(502, "") }, "github_server_error"],
    ["is blocked", { [membershipPath("Globex")]: error(451, "") }, "github_unexpected_status"],
    ["is limited", { [membershipPath("Globex")]: error(429, "") }, "shared_quota_spent"],
  ])("one that %s is hidden alone", async (_, script, reason) => {
    const { load, github } = bothInstalled();
    Object.assign(github.script, script);
    expect(await load([globex, acme])).toEqual([hidden(reason), member()]);
    expect(await load([globex, acme])).toEqual([hidden(reason), member()]);
  });

  test("one whose owner takes the permission away costs the app a lookup in ten seconds, not in every review", async () => {
    const { load, github, clock } = bothInstalled();
    await load([globex]);
    github.script[membershipPath("Globex")] = error(403, "Resource not accessible by integration");
    clock.time += 6 * secondMs;
    for (let review = 0; review < 20; review += 1) expect(await load([globex])).toEqual([appUnavailable]);
    expect(github.calls.filter((call) => call === installationPath("globex"))).toHaveLength(2);
    clock.time += 10 * secondMs;
    github.script[membershipPath("Globex")] = json(membershipBody({ organization: globexBody }));
    expect(await load([globex])).toMatchObject([{ kind: "active", id: 5678 }]);
  });
});

describe("a membership that has not changed", () => {
  const tagged: ScriptedAnswer = ({ headers }) =>
    headers.get("if-none-match") === '"v1"'
      ? new Response(null, { status: 304 })
      : Response.json(membershipBody({ role: "admin" }), { headers: { etag: '"v1"' } });

  test("costs nothing of the quota: GitHub is asked on a condition", async () => {
    const { load, trace } = appView({ [membershipPath()]: tagged });
    const admin = [{ ...member(), role: "admin" }];
    expect(await load()).toEqual(admin);
    expect(await load()).toEqual(admin);
    const statuses = trace.calls().flatMap(({ endpoint, status }) => (endpoint === "membershipOfUser" ? status : []));
    expect(statuses).toEqual([200, 304]);
  });

  test("is asked about without a condition with another token, whose ETags are others", async () => {
    const conditions: (string | null)[] = [];
    const { load, clock } = appView({
      [membershipPath()]: (call) => {
        conditions.push(call.headers.get("if-none-match"));
        return tagged(call);
      },
    });
    await load();
    clock.time += 56 * minuteMs;
    await load();
    await load();
    expect(conditions).toEqual([null, null, '"v1"']);
  });

  test("is none once GitHub no longer finds it", async () => {
    const { load, github } = appView({ [membershipPath()]: tagged });
    await load();
    github.script[membershipPath()] = notFound;
    expect(await load()).toEqual([notAMember]);
  });
});

describe("a token that GitHub no longer accepts", () => {
  test.each([membershipPath(), graphqlPath])("is dropped after a 401 of %s", async (path) => {
    const { load, github, tokens, clock } = appView();
    await load();
    clock.time += 6 * secondMs;
    const accepted = github.script[path];
    github.script[path] = (call) =>
      call.authorization === `Bearer ${tokens[0]}` || accepted === undefined
        ? error(401, "Bad credentials")(call)
        : accepted(call);
    await load();
    expect(await load()).toEqual([member()]);
    expect(tokens).toHaveLength(2);
  });

  test("is kept after any other answer", async () => {
    const { load, github, tokens, clock } = appView({
      [membershipPath()]: error(403, "No"),
      [graphqlPath]: error(403, "No"),
    });
    await load();
    github.script[membershipPath()] = json(membershipBody());
    github.script[graphqlPath] = json(graphqlBody());
    clock.time += 10 * secondMs;
    expect(await load()).toEqual([member()]);
    expect(tokens).toHaveLength(1);
  });
});

describe("a new token that GitHub's replicas do not know yet", () => {
  const once = (refusal: ScriptedAnswer, right: ScriptedAnswer): ScriptedAnswer => {
    const answers = [refusal];
    return (call) => (answers.shift() ?? right)(call);
  };
  const graphqlRefusal = (type: string, path: string[] = []) =>
    json({ data: { organization: null, user: { databaseId: 583231 } }, errors: [{ type, path }] });

  test.each<[string, string, ScriptedAnswer]>([
    ["a membership: 401", membershipPath(), error(401, "Bad credentials")],
    ["a membership: 403", membershipPath(), error(403, "Resource not accessible by integration")],
    ["a membership: 404", membershipPath(), notFound],
    ["teams: 401", graphqlPath, error(401, "Bad credentials")],
    ["teams: 403", graphqlPath, error(403, "Resource not accessible by integration")],
    ["teams: a 200 that refuses", graphqlPath, graphqlRefusal("FORBIDDEN", ["organization", "teams"])],
    ["teams: a 200 without the organisation", graphqlPath, graphqlRefusal("NOT_FOUND", ["organization"])],
  ])("is used once more after half a second: %s", async (_, path, refusal) => {
    const right = path === graphqlPath ? json(graphqlBody()) : json(membershipBody());
    const { load, waits, tokens } = appView({ [path]: once(refusal, right) });
    expect(await load()).toEqual([member()]);
    expect(waits).toEqual([500]);
    expect(tokens).toHaveLength(1);
  });

  test("is not used once more for a 404 about an outsider, if it was accepted before", async () => {
    const { load, waits, github } = appView();
    await load();
    github.script[membershipPath("Acme", "hubot")] = notFound;
    github.script[graphqlPath] = json(graphqlBody([], { userId: 2 }));
    expect(await load([acme], { account: { id: 2, login: "hubot", type: "User" } })).toEqual([notAMember]);
    expect(waits).toEqual([]);
    github.script[membershipPath("Acme", "mona")] = error(403, "No");
    await load([acmeWithoutTeams], { account: { id: 3, login: "mona", type: "User" } });
    // Once with the installation of the earlier review, and once with the one that was looked up anew.
    expect(waits).toEqual([500, 500]);
  });

  test("is used once more for a 404 also where GraphQL alone has accepted it", async () => {
    const late: ScriptedAnswer = async (call) => {
      await new Promise((resolve) => setImmediate(resolve));
      return notFound(call);
    };
    const { load, waits } = appView({ [membershipPath()]: once(late, json(membershipBody())) });
    expect(await load()).toEqual([member()]);
    expect(waits).toEqual([500]);
  });

  test("is not accepted by a 404, so that the next one may be a refusal as well", async () => {
    const { load, waits, github } = appView({ [membershipPath()]: notFound });
    expect(await load()).toEqual([notAMember]);
    github.script[membershipPath("Acme", "hubot")] = notFound;
    github.script[graphqlPath] = json(graphqlBody([], { userId: 2 }));
    await load([acme], { account: { id: 2, login: "hubot", type: "User" } });
    expect(waits).toEqual([500, 500]);
  });

  test("is neither refused nor dropped by a 401 that breaks off", async () => {
    const broken: ScriptedAnswer = () => {
      const body = new ReadableStream({ start: (controller) => controller.error(new TypeError("terminated")) });
      return new Response(body, { status: 401 });
    };
    const { load, waits, github, tokens } = appView({ [membershipPath()]: broken });
    expect(await load([acmeWithoutTeams])).toEqual([hidden("github_unreachable")]);
    github.script[membershipPath()] = json(membershipBody());
    expect(await load([acmeWithoutTeams])).toEqual([member()]);
    expect(waits).toEqual([]);
    expect(tokens).toHaveLength(1);
  });

  test("is not used a third time", async () => {
    const { load, waits, github } = appView({ [membershipPath()]: error(403, "No") });
    expect(await load()).toEqual([appUnavailable]);
    expect(waits).toEqual([500]);
    expect(github.calls.filter((call) => call === membershipPath())).toHaveLength(2);
  });

  test.each<[string, number, ScriptedAnswer]>([
    ["five seconds later", 5 * secondMs, error(403, "No")],
    ["where GitHub wants a rest", 0, error(403, "API rate limit exceeded", spentQuota)],
    ["in an outage", 0, error(502, "")],
  ])("is not used once more %s", async (_, ageMs, answer) => {
    const { load, waits, github, clock } = appView();
    await load([{ ...acme, login: "acme" }]);
    clock.time += ageMs;
    github.script[membershipPath()] = answer;
    github.calls.length = 0;
    await load();
    expect(waits).toEqual([]);
  });
});

describe("an organisation that does not show itself to the app", () => {
  const suspended = json(installationBody(77, acmeBody, { suspended_at: "2026-11-20T09:00:00Z" }));
  const ownToken = (membership: ScriptedAnswer): Record<string, ScriptedAnswer> => ({
    [paths.membership("acme")]: membership,
    [accountPath(1234)]: json({ ...acmeBody, type: "Organization" }),
    [paths.memberships]: json([]),
  });
  const scopes = ["read:org"];

  test.each<[string, Record<string, ScriptedAnswer>]>([
    ["its owner has suspended the app", { [installationPath()]: suspended }],
    ["the quota is spent", { [membershipPath()]: error(403, "", spentQuota) }],
    ["its IP allow list keeps the app out", { [tokenPath(77)]: error(403, "IP allow list") }],
  ])("is a proven none by the user's own token, where %s", async (_, script) => {
    const { load, github, token } = appView({ ...script, ...ownToken(notFound) });
    expect(await load([pinnedAcme], { scopes })).toEqual([notAMember]);
    expect(github.authorizations[github.calls.indexOf(paths.membership("acme"))]).toBe(`Bearer ${token}`);
    expect(github.calls).not.toContain(paths.teams);
  });

  test.each<[string, Record<string, ScriptedAnswer>]>([
    ["shows a membership: the app is what counts", ownToken(json(membershipBody()))],
    ["shows an invitation", ownToken(json(membershipBody({ state: "pending" })))],
    ["is hidden from it", ownToken(error(403, "organization has an IP allow list enabled"))],
    ["fails", ownToken(error(502, ""))],
    [
      "finds it nowhere by its number",
      { ...ownToken(notFound), [accountPath(1234)]: notFound, [installationsPath]: json([]) },
    ],
    [
      "left it out",
      {
        ...ownToken(notFound),
        [paths.memberships]: json([], { "x-github-sso": "partial-results; organizations=1234" }),
      },
    ],
    ["is refused", ownToken(error(401, "Bad credentials"))],
  ])("stays hidden where the user's own token %s", async (_, script) => {
    const { load } = appView({ [installationPath()]: suspended, ...script });
    expect(await load([pinnedAcme], { scopes })).toEqual([appUnavailable]);
  });

  test("stays hidden from a token without a scope, without a call", async () => {
    const { load, github } = appView({ [installationPath()]: suspended });
    expect(await load()).toEqual([appUnavailable]);
    expect(github.calls).toEqual([installationPath()]);
  });

  test("is not asked about in an outage of GitHub", async () => {
    const { load, github } = appView({ [membershipPath()]: error(502, "") });
    expect(await load([pinnedAcme], { scopes })).toEqual([hidden("github_server_error")]);
    expect(github.calls).not.toContain(paths.membership("acme"));
  });

  test("is one of several: each answer is its own organisation's", async () => {
    const { load } = appView({
      [installationPath()]: suspended,
      [installationPath("globex")]: notFound,
      ...ownToken(notFound),
      [paths.membership("globex")]: error(502, ""),
    });
    expect(await load([globex, pinnedAcme, globex], { scopes })).toEqual([appUnavailable, notAMember, appUnavailable]);
  });
});

describe("names that change hands between two calls", () => {
  test.each<[string, Record<string, ScriptedAnswer>, object]>([
    [
      "the login belongs to another user by now",
      { [membershipPath()]: json(membershipBody({ user: { id: 1 } })) },
      inconsistentResponses,
    ],
    ["no user is named", { [membershipPath()]: json(membershipBody({ user: null })) }, inconsistentResponses],
    [
      "the name belongs to another organisation by now",
      { [membershipPath()]: json(membershipBody({ organization: globexBody })) },
      appUnavailable,
    ],
    [
      "the teams belong to another user",
      { [graphqlPath]: json(graphqlBody([teamNode(1, "admins")], { userId: 1 })) },
      member([], "github_inconsistent_responses"),
    ],
    [
      "the teams belong to another organisation",
      { [graphqlPath]: json(graphqlBody([teamNode(1, "admins")], { organisationId: 5678 })) },
      appUnavailable,
    ],
  ])("never borrow a membership or teams: %s", async (_, script, outcome) => {
    expect(await appView(script).load()).toEqual([outcome]);
  });

  test("make no outsider of a member who was renamed after GET /user", async () => {
    const { load, github } = appView({
      [membershipPath()]: notFound,
      [graphqlPath]: json(graphqlBody([], { userId: 99 })),
      ...ownProof,
      [paths.user]: json({ ...octocat, login: "octocat-new" }),
    });
    expect(await load()).toEqual([inconsistentResponses]);
    github.script[graphqlPath] = userHidden();
    expect(await load()).toEqual([inconsistentResponses]);
    expect(await load([acmeWithoutTeams])).toEqual([inconsistentResponses]);
    // Nor is the account kept as one of no member.
    github.script[membershipPath()] = json(membershipBody());
    github.script[graphqlPath] = json(graphqlBody());
    expect(await load()).toEqual([member()]);
  });

  test("of a pinned organisation: it is found by its number in the same review", async () => {
    const renamed = { id: 1234, login: "Acme-New" };
    const { load, github } = appView();
    expect(await load([pinnedAcme])).toEqual([member()]);
    const noOrganisation = { data: { organization: null }, errors: [{ type: "NOT_FOUND", path: ["organization"] }] };
    Object.assign(github.script, {
      [installationPath()]: notFound,
      [membershipPath()]: notFound,
      [accountPath(1234)]: json({ ...renamed, type: "Organization" }),
      [installationPath("Acme-New")]: json(installationBody(77, renamed)),
      [membershipPath("Acme-New")]: json(membershipBody({ organization: renamed })),
      [graphqlPath]: ({ body }: { body: string }) =>
        Response.json(JSON.parse(body).variables.org === "Acme" ? noOrganisation : graphqlBody()),
    });
    expect(await load([pinnedAcme])).toEqual([{ ...member(), login: "Acme-New" }]);
    expect(await load([{ ...pinnedAcme, needsTeams: false }])).toEqual([{ ...member(), login: "Acme-New" }]);
  });

  test("of an organisation: a member is no outsider because its old name is free", async () => {
    const { load, github, clock } = appView();
    await load([acmeWithoutTeams]);
    const noOrganisation = { data: { organization: null }, errors: [{ type: "NOT_FOUND", path: ["organization"] }] };
    Object.assign(github.script, {
      [installationPath()]: notFound,
      [membershipPath()]: notFound,
      [graphqlPath]: json(noOrganisation),
      ...withoutOwnProof,
    });
    expect(await load([acmeWithoutTeams])).toEqual([appUnavailable]);
    github.script[installationPath()] = json(installationBody());
    // By its number it has another name already, while the app's own lookup still finds the old one.
    clock.time += minuteMs;
    github.script[accountPath(1234)] = json({ id: 1234, login: "Acme-New", type: "Organization" });
    github.script[paths.user] = json(octocat);
    expect(await load([acmeWithoutTeams])).toEqual([appUnavailable]);
  });
});

describe("a login that GraphQL does not show to the app: a managed user's of another enterprise, or a hidden one", () => {
  test("is proven by REST where there is a membership", async () => {
    expect(await appView({ [graphqlPath]: userHidden() }).load()).toEqual([member()]);
  });

  test("and no membership are a proven none, which is kept", async () => {
    const { load, github, withOldToken } = appView({
      [membershipPath()]: notFound,
      [graphqlPath]: userHidden(),
      ...ownProof,
    });
    await withOldToken();
    for (let review = 0; review < 5; review += 1) expect(await load()).toEqual([notAMember]);
    expect(github.calls.filter((call) => call === membershipPath())).toHaveLength(1);
  });

  test.each<[string, ScriptedAnswer]>([
    ["has another login by now", json({ ...octocat, login: "octocat-new" })],
    ["is another account", json({ ...octocat, id: 1 })],
    ["can't be asked", error(502, "")],
  ])("prove nothing where the owner of the token %s", async (_, answer) => {
    const script = { [membershipPath()]: notFound, [graphqlPath]: userHidden(), ...ownProof, [paths.user]: answer };
    const { load, github } = appView(script);
    expect(await load()).toEqual([inconsistentResponses]);
    // An older Enterprise Server finds no organisation by its number.
    github.script[accountPath(1234)] = notFound;
    expect(await load()).toEqual([inconsistentResponses]);
    github.script[paths.user] = json(octocat);
    expect(await load()).toEqual([notAMember]);
  });

  test.each<[string, unknown]>([
    ["without GitHub's word for it", { data: { organization: userHiddenOrganisation(), user: null } }],
    [
      "for another reason",
      { data: { organization: userHiddenOrganisation(), user: null }, errors: [{ type: "FORBIDDEN", path: ["user"] }] },
    ],
  ])("prove nothing %s", async (_, body) => {
    const { load } = appView({ [membershipPath()]: notFound, [graphqlPath]: json(body), ...withoutOwnProof });
    expect(await load()).toMatchObject([{ kind: "hidden" }]);
  });
});

function userHiddenOrganisation() {
  return { databaseId: 1234, teams: { pageInfo: { hasNextPage: false, endCursor: null }, nodes: [] } };
}

describe("the quota of an installation", () => {
  const withQuota =
    (remaining: number, answer: ScriptedAnswer): ScriptedAnswer =>
    async (call) => {
      const response = await answer(call);
      response.headers.set("x-ratelimit-limit", "5000");
      response.headers.set("x-ratelimit-remaining", String(remaining));
      response.headers.set("x-ratelimit-reset", String(Date.parse("2026-11-20T11:00:00Z") / 1000));
      return response;
    };
  const hubot = { id: 2, login: "hubot", type: "User" };

  test("is kept for tokens that are known, when two thirds are spent: no call is made about others", async () => {
    const { load, github, waits } = appView({
      [membershipPath()]: withQuota(1667, json(membershipBody())),
      [graphqlPath]: withQuota(1667, json(graphqlBody())),
    });
    const neverSeen = { account: octocat, isNeverSeen: true };
    expect(await load([acme], neverSeen)).toEqual([member()]);
    github.script[membershipPath()] = withQuota(1666, json(membershipBody()));
    expect(await load([acme], neverSeen)).toEqual([member()]);
    github.calls.length = 0;
    expect(await load([acmeWithoutTeams], { account: hubot, isNeverSeen: true })).toEqual([
      hidden("shared_quota_reserved"),
    ]);
    expect(github.calls).toEqual([]);
    expect(waits).toEqual([]);
    expect(await load([acmeWithoutTeams])).toEqual([member()]);
  });

  test("is also for a new token of a user who was a member a while ago, and for no other account", async () => {
    const { load, github, clock } = appView({ [membershipPath()]: withQuota(1666, json(membershipBody())) });
    expect(await load([acmeWithoutTeams])).toEqual([member()]);
    expect(await load([acmeWithoutTeams], { isNeverSeen: true })).toEqual([member()]);
    github.calls.length = 0;
    const other = { account: hubot, isNeverSeen: true };
    expect(await load([acmeWithoutTeams], other)).toEqual([hidden("shared_quota_reserved")]);
    expect(github.calls).toEqual([]);
    github.script[membershipPath()] = withQuota(1666, json(membershipBody({ state: "unknown" })));
    expect(await load([acmeWithoutTeams])).toEqual([notAMember]);
    clock.time += 61 * secondMs;
    expect(await load([acmeWithoutTeams], { isNeverSeen: true })).toEqual([hidden("shared_quota_reserved")]);
  });

  test("is not for a new token of an account of which no membership is known", async () => {
    for (const answer of [error(502, ""), json(membershipBody({ state: "pending" }))]) {
      const { load } = appView({ [membershipPath()]: withQuota(1666, answer) });
      await load([acmeWithoutTeams]);
      expect(await load([acmeWithoutTeams], { isNeverSeen: true })).toEqual([hidden("shared_quota_reserved")]);
    }
  });

  test("for GraphQL is another than the one for REST: a new token's owner is in, with the teams hidden", async () => {
    const { load } = appView({
      [membershipPath("Acme", "hubot")]: notFound,
      ...withoutOwnProof,
      [graphqlPath]: withQuota(1666, json(graphqlBody([teamNode(55, "platform")]))),
    });
    await load([acme], { account: hubot });
    expect(await load([acme], { isNeverSeen: true })).toEqual([member([], "shared_quota_reserved")]);
  });

  test("is not for a member with very many tokens, when two thirds are spent", async () => {
    const { load } = appView({ [membershipPath()]: withQuota(1000, json(membershipBody())) });
    for (let review = 0; review < 166; review += 1) expect(await load([acmeWithoutTeams])).toEqual([member()]);
    expect(await load([acmeWithoutTeams])).toEqual([hidden("shared_quota_reserved")]);
  });

  test("is used by none of the calls that GitHub answers with 304", async () => {
    const { load } = appView({
      [membershipPath()]: withQuota(1000, ({ headers }) =>
        headers.get("if-none-match") === null
          ? Response.json(membershipBody(), { headers: { etag: '"v1"' } })
          : new Response(null, { status: 304 }),
      ),
    });
    for (let review = 0; review < 400; review += 1) expect(await load([acmeWithoutTeams])).toEqual([member()]);
  });

  test("is not asked for more while GitHub wants a rest, and used again afterwards", async () => {
    const { load, github, clock } = appView({ [membershipPath()]: error(403, "", { "retry-after": "120" }) });
    expect(await load()).toEqual([hidden("shared_quota_spent")]);
    github.script[membershipPath()] = json(membershipBody());
    github.calls.length = 0;
    clock.time += 119 * secondMs;
    expect(await load([acmeWithoutTeams])).toEqual([hidden("shared_quota_spent")]);
    expect(github.calls).toEqual([]);
    clock.time += secondMs;
    expect(await load()).toEqual([member()]);
  });

  test("that GraphQL calls spent with a 200 is one, too", async () => {
    const spent = json({ data: null, errors: [{ type: "RATE_LIMITED", message: "API rate limit exceeded" }] });
    const { load, github } = appView({ [graphqlPath]: spent });
    expect(await load()).toEqual([member([], "shared_quota_spent")]);
    github.calls.length = 0;
    expect(await load()).toEqual([member([], "shared_quota_spent")]);
    expect(github.calls).toEqual([membershipPath()]);
  });
});
