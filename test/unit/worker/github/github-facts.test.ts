// What is asked of GitHub, in which order, and what it comes to.
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { makeAppClientId, makeToken } from "../../../../src/local/github/token.ts";
import type { Membership } from "../../../../src/worker/github/facts.ts";
import { userAnswer } from "../support.ts";
import {
  acme,
  askFacts,
  error,
  globex,
  inAcme,
  membershipsSaying,
  notFound,
  octocat,
  octocatInAcme,
  octocatReadsOrganisations,
  paths,
  pinnedAcme,
  type ScriptedAnswer,
  scriptGitHub,
  scriptOfMember,
} from "./support.ts";

const account = octocat;
const member = octocatInAcme;

describe("GET /user", () => {
  test("is asked first and alone; everything else follows at once", async () => {
    const order: string[] = [];
    const script: Record<string, ScriptedAnswer> = Object.fromEntries(
      Object.entries(scriptOfMember()).map(([name, answer]) => [
        name,
        async (call) => {
          order.push(`${name} is asked`);
          await new Promise((resolve) => setImmediate(resolve));
          order.push(`${name} answers`);
          return answer(call);
        },
      ]),
    );
    const { outcome, responseInfo } = await askFacts(scriptGitHub(script));
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
    expect(responseInfo).toEqual({
      source: "github",
      githubStatus: 200,
      githubRequestId: "8A2C:1F2E:9B3D",
      retryAfterMs: null,
    });
    expect(order.slice(0, 2)).toEqual([`${paths.user} is asked`, `${paths.user} answers`]);
    expect(order.slice(2, 4).toSorted()).toEqual([`${inAcme} is asked`, `${paths.teams} is asked`].toSorted());
    expect(order).toHaveLength(6);
  });

  test.each([
    ["refused", error(401, "Bad credentials")],
    ["suspended", error(403, "Sorry. Your account was suspended")],
    ["unrecognised", error(403, "API rate limit exceeded", { "x-ratelimit-limit": "60" })],
    ["limited", error(429, "You have exceeded a secondary rate limit.")],
    ["unavailable", error(502, "")],
  ])("that comes to %s ends it: no more is asked", async (kind, answer) => {
    const github = scriptGitHub({ [paths.user]: answer });
    expect((await askFacts(github)).outcome.kind).toBe(kind);
    expect(github.calls).toEqual([paths.user]);
  });
});

describe("organisations", () => {
  test("are not asked about where the policy names none", async () => {
    const github = scriptGitHub({ [paths.user]: octocatReadsOrganisations });
    const { outcome } = await askFacts(github, { question: { organisations: [] } });
    expect(outcome.kind === "found" && outcome.facts.organisations).toEqual({});
    expect(github.calls).toEqual([paths.user]);
  });

  test("are not asked about where they can change nothing for this account", async () => {
    const github = scriptGitHub({ [paths.user]: octocatReadsOrganisations });
    const accounts: unknown[] = [];
    const dependsOnOrganisations = (asked: unknown) => {
      accounts.push(asked);
      return false;
    };
    const { outcome } = await askFacts(github, { question: { dependsOnOrganisations } });
    expect(outcome).toMatchObject({ kind: "found", facts: { account } });
    expect(outcome.kind === "found" && outcome.facts.organisations).toEqual({});
    expect(github.calls).toEqual([paths.user]);
    expect(accounts).toEqual([account]);
  });

  test("are filed under name and pinned number", async () => {
    const github = scriptGitHub({ [paths.user]: octocatReadsOrganisations });
    const notAMember: Membership = { kind: "none", nameTakenBy: null };
    const { source } = membershipsSaying(member, notAMember);
    const { outcome } = await askFacts(github, {
      memberships: source,
      question: { organisations: [pinnedAcme, globex] },
    });
    expect(outcome).toMatchObject({ facts: { organisations: { "acme#1234": member, globex: notAMember } } });
    const surplus = membershipsSaying(member, notAMember).source;
    expect((await askFacts(github, { memberships: surplus })).outcome).toMatchObject({
      facts: { organisations: { acme: member } },
    });
  });

  test("that can't be known leave nothing known, with the responseInfo of the answer that failed", async () => {
    const github = scriptGitHub({
      ...scriptOfMember(),
      [paths.teams]: error(503, "No server", { "x-github-request-id": "B:2" }),
    });
    expect(await askFacts(github)).toEqual({
      validators: {},
      outcome: { kind: "unavailable", reason: "github_server_error" },
      responseInfo: { source: "github", githubStatus: 503, githubRequestId: "B:2", retryAfterMs: null },
    });
  });

  test("whose invisibility was known without a call rest on the answer about the account", async () => {
    const github = scriptGitHub({ [paths.user]: () => userAnswer({}, { "x-oauth-scopes": "gist" }) });
    const { outcome, responseInfo } = await askFacts(github);
    expect(outcome).toMatchObject({ facts: { organisations: { acme: { reason: "scope_missing" } } } });
    expect(responseInfo).toEqual({
      source: "github",
      githubStatus: 200,
      githubRequestId: "8A2C:1F2E:9B3D",
      retryAfterMs: null,
    });
    expect(github.calls).toEqual([paths.user]);
  });

  test.each([
    ["classic", false, true],
    ["oauth", false, true],
    ["legacy", false, true],
    ["fine_grained", true, false],
    ["app", false, false],
  ] as const)("are asked about as a token of kind %s can see them", async (tokenKind, isFineGrained, hasScopes) => {
    const github = scriptGitHub({ [paths.user]: octocatReadsOrganisations });
    const { source, questions } = membershipsSaying(member);
    const token = makeToken(tokenKind);
    await askFacts(github, { memberships: source, token, question: { tokenKind } });
    expect(questions).toMatchObject([{ token, owner: { account }, organisations: [acme], isFineGrained, hasScopes }]);
  });
});

describe("the time of all calls together", () => {
  test("is eight seconds, and whoever asks on shares it", async () => {
    const deadline = new AbortController();
    const timeout = vi.spyOn(AbortSignal, "timeout").mockImplementation(() => deadline.signal);
    onTestFinished(() => timeout.mockRestore());
    const github = scriptGitHub({
      ...scriptOfMember(),
      [paths.teams]: () => {
        setImmediate(() => deadline.abort());
        return new Response(new ReadableStream({ pull: () => new Promise(() => {}) }));
      },
    });
    expect((await askFacts(github)).outcome).toEqual({ kind: "unavailable", reason: "github_timeout" });
    expect(timeout.mock.calls[0]).toEqual([8_000]);
  });
});

describe("check-token", () => {
  const [ours, other, third] = [makeAppClientId(), makeAppClientId(), makeAppClientId()];
  const checkPath = (clientId: string) => `POST /applications/${clientId}/token`;
  const checked =
    (clientId: string): ScriptedAnswer =>
    () =>
      Response.json({ app: { client_id: clientId }, scopes: null, expires_at: null, user: account });
  const secrets = (...clientIds: string[]) => new Map(clientIds.map((clientId) => [clientId, "s3cret"]));
  const question = (tokenKind: "oauth" | "app" | "classic" | "legacy" | "fine_grained", ...oauthClients: string[]) => ({
    question: { tokenKind, oauthClients, organisations: [] },
    token: makeToken(tokenKind),
  });

  test.each(["oauth", "app"] as const)("stands for GET /user, for a token of kind %s", async (kind) => {
    const github = scriptGitHub({ [checkPath(ours)]: checked(ours) });
    const { outcome, responseInfo } = await askFacts(github, { ...question(kind, ours), clientSecrets: secrets(ours) });
    expect(outcome).toMatchObject({ kind: "found", facts: { account, oauthClientId: ours, host: "github.test" } });
    expect(responseInfo.githubStatus).toBe(200);
    expect(github.calls).toEqual([checkPath(ours)]);
  });

  test.each(["classic", "legacy", "fine_grained"] as const)("is not asked about a token of kind %s", async (kind) => {
    const github = scriptGitHub({ [paths.user]: () => userAnswer() });
    await askFacts(github, { ...question(kind, ours), clientSecrets: secrets(ours) });
    expect(github.calls).toEqual([paths.user]);
  });

  test("is not asked of clients that are not listed, or have no secret", async () => {
    const github = scriptGitHub({ [paths.user]: () => userAnswer({}, { "x-oauth-client-id": ours }) });
    await askFacts(github, { ...question("app", ours), clientSecrets: secrets(other) });
    await askFacts(github, { ...question("app"), clientSecrets: secrets(ours) });
    expect(github.calls).toEqual([paths.user, paths.user]);
  });

  test("is asked of every listed client with a secret, and the one whose token it is counts", async () => {
    const github = scriptGitHub({ [checkPath(ours)]: notFound, [checkPath(other)]: checked(other) });
    const asked = await askFacts(github, { ...question("app", ours, other), clientSecrets: secrets(ours, other) });
    expect(asked.outcome).toMatchObject({ facts: { oauthClientId: other } });
    github.script[checkPath(ours)] = error(401, "Bad credentials");
    const despite = await askFacts(github, { ...question("app", ours, other), clientSecrets: secrets(ours, other) });
    expect(despite.outcome).toMatchObject({ facts: { oauthClientId: other } });
  });

  test("by all listed clients says that the token is none of theirs", async () => {
    const github = scriptGitHub({ [checkPath(ours)]: notFound, [checkPath(other)]: error(422, "Validation Failed") });
    expect(await askFacts(github, { ...question("app", ours, other), clientSecrets: secrets(ours, other) })).toEqual({
      validators: {},
      outcome: { kind: "refused", reason: "token_client_mismatch" },
      responseInfo: { source: "github", githubStatus: 404, githubRequestId: null, retryAfterMs: null },
    });
    expect(github.calls.toSorted()).toEqual([checkPath(ours), checkPath(other)].toSorted());
  });

  test("leaves it to GET /user where a listed client has no secret", async () => {
    const github = scriptGitHub({
      [checkPath(ours)]: notFound,
      [paths.user]: () => userAnswer({}, { "x-oauth-client-id": third }),
    });
    const { outcome } = await askFacts(github, { ...question("oauth", ours, third), clientSecrets: secrets(ours) });
    expect(outcome).toMatchObject({ kind: "found", facts: { oauthClientId: third } });
    expect(github.calls).toEqual([checkPath(ours), paths.user]);
  });

  test.each<[string, ScriptedAnswer, string]>([
    ["a wrong secret", error(401, "Bad credentials"), "oauth_client_secret"],
    ["a spent quota", error(403, "API rate limit exceeded"), "oauth_client_secret"],
    ["an outage", error(502, ""), "github_server_error"],
    ["another client's name", checked(makeAppClientId()), "github_invalid_response"],
  ])("that fails by %s is no no, and the token goes nowhere else", async (_, answer, reason) => {
    const github = scriptGitHub({ [checkPath(ours)]: notFound, [checkPath(other)]: answer });
    const { outcome } = await askFacts(github, {
      ...question("app", ours, other, third),
      clientSecrets: secrets(ours, other),
    });
    expect(outcome).toEqual({ kind: "unavailable", reason });
    expect(github.calls).not.toContain(paths.user);
  });
});
