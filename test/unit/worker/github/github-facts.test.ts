// Facts about a token that was never seen: which calls are made, in which order, and what they come to together.
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { makeAppClientId, makeToken } from "../../../../src/local/github/token.ts";
import type { Membership } from "../../../../src/worker/github/facts.ts";
import { userAnswer } from "../support.ts";
import {
  acme,
  earlierOf,
  error,
  fixedMemberships,
  globex,
  inAcme,
  json,
  linkTo,
  loadFacts,
  notFound,
  octocat,
  octocatInAcme,
  octocatReadsOrganisations,
  paths,
  pinnedAcme,
  type ScriptedAnswer,
  scriptGitHub,
  scriptOfMember,
  teamBody,
} from "./support.ts";

const account = octocat;
const member = octocatInAcme;

describe("GET /user", () => {
  test("is called first and alone; all other calls follow at once", async () => {
    const order: string[] = [];
    const script: Record<string, ScriptedAnswer> = Object.fromEntries(
      Object.entries(scriptOfMember()).map(([name, answer]) => [
        name,
        async (call) => {
          order.push(`${name} is called`);
          await new Promise((resolve) => setImmediate(resolve));
          order.push(`${name} answers`);
          return answer(call);
        },
      ]),
    );
    const { outcome, call } = await loadFacts(scriptGitHub(script));
    expect(outcome).toEqual({
      kind: "found",
      facts: {
        host: "github.test",
        account,
        oauthClientId: null,
        scopes: ["read:org"],
        expiry: { kind: "never" },
        organisations: { acme: member },
      },
    });
    expect(call).toEqual({ status: 200, requestId: "8A2C:1F2E:9B3D", retryAfterMs: null });
    expect(order.slice(0, 2)).toEqual([`${paths.user} is called`, `${paths.user} answers`]);
    expect(order.slice(2, 4).toSorted()).toEqual([`${inAcme} is called`, `${paths.teams} is called`].toSorted());
    expect(order).toHaveLength(6);
  });

  test.each([
    ["refused", error(401, "Bad credentials")],
    ["suspended", error(403, "Sorry. Your account was suspended")],
    ["unrecognised", error(403, "API rate limit exceeded", { "x-ratelimit-limit": "60" })],
    ["limited", error(429, "You have exceeded a secondary rate limit.")],
    ["unavailable", error(502, "")],
  ])("that comes to %s ends it: no more calls are made", async (kind, answer) => {
    const github = scriptGitHub({ [paths.user]: answer });
    expect((await loadFacts(github)).outcome.kind).toBe(kind);
    expect(github.calls).toEqual([paths.user]);
  });
});

describe("organisations", () => {
  test("are not looked up where the policy names none", async () => {
    const github = scriptGitHub({ [paths.user]: octocatReadsOrganisations });
    const { outcome } = await loadFacts(github, { request: { organisations: [] } });
    expect(outcome.kind === "found" && outcome.facts.organisations).toEqual({});
    expect(github.calls).toEqual([paths.user]);
  });

  test("are not looked up where they can change nothing for this account", async () => {
    const hubot = { kind: "user", login: "hubot", id: 7 } as const;
    const octocatEntry = { kind: "user", login: "octocat", id: 583231 } as const;
    for (const candidates of [
      { only: [hubot], except: [] },
      { only: null, except: [octocatEntry] },
    ]) {
      const github = scriptGitHub({ [paths.user]: octocatReadsOrganisations });
      const { outcome } = await loadFacts(github, { request: { candidates } });
      expect(outcome).toMatchObject({ kind: "found", facts: { account } });
      expect(outcome.kind === "found" && outcome.facts.organisations).toEqual({});
      expect(github.calls).toEqual([paths.user]);
    }
    const request = { candidates: { only: [octocatEntry], except: [hubot] } };
    expect((await loadFacts(scriptGitHub(scriptOfMember()), { request })).outcome).toMatchObject({
      facts: { organisations: { acme: member } },
    });
  });

  test("are filed under name and pinned number", async () => {
    const github = scriptGitHub({ [paths.user]: octocatReadsOrganisations });
    const notAMember: Membership = { kind: "none", nameTakenBy: null, isProven: true };
    const { source } = fixedMemberships(member, notAMember);
    const { outcome } = await loadFacts(github, {
      memberships: source,
      request: { organisations: [pinnedAcme, globex] },
    });
    expect(outcome).toMatchObject({ facts: { organisations: { "acme#1234": member, globex: notAMember } } });
    const surplus = fixedMemberships(member, notAMember).source;
    expect((await loadFacts(github, { memberships: surplus })).outcome).toMatchObject({
      facts: { organisations: { acme: member } },
    });
  });

  test("that fail say nothing about the user, and leave the others as they are", async () => {
    const github = scriptGitHub({
      ...scriptOfMember(),
      [paths.membership("globex")]: error(503, "No server"),
    });
    const { outcome } = await loadFacts(github, { request: { organisations: [acme, globex] } });
    const failed = { kind: "hidden", reason: "github_server_error", ssoUrl: null };
    expect(outcome).toMatchObject({ kind: "found", facts: { organisations: { acme: member, globex: failed } } });
  });

  test("that are hidden without a call rest on the call about the account", async () => {
    const github = scriptGitHub({ [paths.user]: () => userAnswer({}, { "x-oauth-scopes": "gist" }) });
    const { outcome, call } = await loadFacts(github);
    expect(outcome).toMatchObject({ facts: { organisations: { acme: { reason: "scope_missing" } } } });
    expect(call).toEqual({ status: 200, requestId: "8A2C:1F2E:9B3D", retryAfterMs: null });
    expect(github.calls).toEqual([paths.user]);
  });

  test.each([
    ["classic", false, true],
    ["oauth", false, true],
    ["legacy", false, true],
    ["fine_grained", true, false],
    ["app", false, false],
  ] as const)("are looked up as a token of kind %s can see them", async (tokenKind, isFineGrained, hasScopes) => {
    const github = scriptGitHub({ [paths.user]: octocatReadsOrganisations });
    const { source, requests } = fixedMemberships(member);
    const token = makeToken(tokenKind);
    await loadFacts(github, { memberships: source, token, request: { tokenKind } });
    expect(requests).toMatchObject([{ token, owner: { account }, organisations: [acme], isFineGrained, hasScopes }]);
  });
});

describe("the time of all calls together", () => {
  test("is eighteen seconds, and later calls share it: what is known by then counts", async () => {
    const deadline = new AbortController();
    const timeout = vi
      .spyOn(AbortSignal, "timeout")
      .mockImplementation((ms) => (ms === 18_000 ? deadline.signal : new AbortController().signal));
    onTestFinished(() => timeout.mockRestore());
    const second = "/user/teams?per_page=100&page=2";
    const github = scriptGitHub({
      ...scriptOfMember(),
      [paths.teams]: json([teamBody(55, "platform")], linkTo(second)),
      [`GET ${second}`]: () => {
        setImmediate(() => deadline.abort());
        return new Response(new ReadableStream({ pull: () => new Promise(() => {}) }));
      },
    });
    // So many pages are the user's own: GitHub answered each.
    expect((await loadFacts(github)).outcome).toMatchObject({
      facts: { organisations: { acme: { kind: "active", id: 1234, teams: [], teamsHidden: "too_many_teams" } } },
    });
    expect(timeout.mock.calls[0]).toEqual([18_000]);
  });

  test.each<[string, ScriptedAnswer, object]>([
    ["it fails", error(502, ""), { kind: "unavailable", reason: "github_server_error" }],
    [
      "the quota is spent",
      error(429, "You have exceeded a secondary rate limit."),
      { kind: "limited", reason: "github_secondary_limit" },
    ],
  ])(
    "is over as soon as GitHub does not say whose token it is, since %s: no user waits for the rest",
    async (_, answer, outcome) => {
      const timeout = vi.spyOn(AbortSignal, "timeout").mockImplementation(() => new AbortController().signal);
      onTestFinished(() => timeout.mockRestore());
      const aborted = Promise.withResolvers<void>();
      const hangs: ScriptedAnswer = ({ signal }) =>
        new Promise((_, reject) => {
          signal?.addEventListener("abort", () => {
            aborted.resolve();
            reject(signal.reason);
          });
        });
      const github = scriptGitHub({ ...scriptOfMember(), [paths.user]: answer, [inAcme]: hangs });
      const earlier = earlierOf(account);
      expect((await loadFacts(github, { earlier })).outcome).toEqual(outcome);
      await aborted.promise;
    },
  );
});

describe("check-token", () => {
  const [ours, other, third] = [makeAppClientId(), makeAppClientId(), makeAppClientId()];
  const checkPath = (clientId: string) => `POST /applications/${clientId}/token`;
  const checked =
    (clientId: string): ScriptedAnswer =>
    () =>
      Response.json({ app: { client_id: clientId }, scopes: null, expires_at: null, user: account });
  const secrets = (...clientIds: string[]) => new Map(clientIds.map((clientId) => [clientId, "s3cret"]));
  const request = (tokenKind: "oauth" | "app" | "classic" | "legacy" | "fine_grained", ...oauthClients: string[]) => ({
    request: { tokenKind, oauthClients, organisations: [] },
    token: makeToken(tokenKind),
  });

  test.each(["oauth", "app"] as const)("comes before GET /user, for a token of kind %s", async (kind) => {
    const github = scriptGitHub({ [checkPath(ours)]: checked(ours), [paths.user]: () => userAnswer() });
    const { outcome, call } = await loadFacts(github, { ...request(kind, ours), clientSecrets: secrets(ours) });
    expect(outcome).toMatchObject({ kind: "found", facts: { account, oauthClientId: ours, host: "github.test" } });
    expect(call?.status).toBe(200);
    expect(github.calls).toEqual([checkPath(ours), paths.user]);
  });

  test.each(["classic", "legacy", "fine_grained"] as const)("is not called for a token of kind %s", async (kind) => {
    const github = scriptGitHub({ [paths.user]: () => userAnswer() });
    await loadFacts(github, { ...request(kind, ours), clientSecrets: secrets(ours) });
    expect(github.calls).toEqual([paths.user]);
  });

  test("is not called for clients that are not listed, or have no secret", async () => {
    const github = scriptGitHub({ [paths.user]: () => userAnswer({}, { "x-oauth-client-id": ours }) });
    await loadFacts(github, { ...request("app", ours), clientSecrets: secrets(other) });
    await loadFacts(github, { ...request("app"), clientSecrets: secrets(ours) });
    expect(github.calls).toEqual([paths.user, paths.user]);
  });

  test("is called for every listed client with a secret, and the one whose token it is counts", async () => {
    const github = scriptGitHub({
      [checkPath(ours)]: notFound,
      [checkPath(other)]: checked(other),
      [paths.user]: () => userAnswer(),
    });
    const found = await loadFacts(github, { ...request("app", ours, other), clientSecrets: secrets(ours, other) });
    expect(found.outcome).toMatchObject({ facts: { oauthClientId: other } });
    github.script[checkPath(ours)] = error(401, "Bad credentials");
    const despite = await loadFacts(github, { ...request("app", ours, other), clientSecrets: secrets(ours, other) });
    expect(despite.outcome).toMatchObject({ facts: { oauthClientId: other } });
  });

  test("for all listed clients says that the token is none of theirs", async () => {
    const github = scriptGitHub({ [checkPath(ours)]: notFound, [checkPath(other)]: error(422, "Validation Failed") });
    expect(
      await loadFacts(github, { ...request("app", ours, other), clientSecrets: secrets(ours, other) }),
    ).toMatchObject({
      validators: {},
      outcome: { kind: "refused", reason: "token_client_mismatch" },
      call: { status: 422, requestId: null, retryAfterMs: null },
    });
    expect(github.calls.toSorted()).toEqual([checkPath(ours), checkPath(other)].toSorted());
  });

  test("leaves it to GET /user where a listed client has no secret", async () => {
    const github = scriptGitHub({
      [checkPath(ours)]: notFound,
      [paths.user]: () => userAnswer({}, { "x-oauth-client-id": third }),
    });
    const { outcome } = await loadFacts(github, { ...request("oauth", ours, third), clientSecrets: secrets(ours) });
    expect(outcome).toMatchObject({ kind: "found", facts: { oauthClientId: third } });
    expect(github.calls).toEqual([checkPath(ours), paths.user]);
  });

  test.each<[string, ScriptedAnswer, string]>([
    ["a wrong secret", error(401, "Bad credentials"), "oauth_client_secret"],
    ["a spent quota", error(403, "API rate limit exceeded"), "shared_quota_spent"],
    ["an outage", error(502, ""), "github_server_error"],
    ["the id of another client", checked(makeAppClientId()), "github_invalid_response"],
  ])("that fails by %s refuses no user, and the token is sent to no other endpoint", async (_, answer, reason) => {
    const github = scriptGitHub({ [checkPath(ours)]: notFound, [checkPath(other)]: answer });
    const { outcome } = await loadFacts(github, {
      ...request("app", ours, other, third),
      clientSecrets: secrets(ours, other),
    });
    expect(outcome).toMatchObject({ reason });
    expect(github.calls).not.toContain(paths.user);
  });
});
