// The owner of an app's token, by check-token and by their own word.
import { describe, expect, test } from "vitest";
import { makeAppClientId, makeToken } from "../../../../src/local/github/token.ts";
import { fetchTokenOwner, type TokenOwnerRequest } from "../../../../src/worker/github/account.ts";
import { createSharedQuotas, type SharedQuotas } from "../../../../src/worker/github/shared-quota.ts";
import { createTrace } from "../../../../src/worker/github/trace.ts";
import {
  callInfoOf,
  callsTo,
  error,
  json,
  notFound,
  octocat,
  paths,
  requestAbout,
  type ScriptedAnswer,
  scriptGitHub,
} from "./support.ts";

const clientId = makeAppClientId();
const path = `POST /applications/${clientId}/token`;
const invalidResponse = { kind: "unavailable", reason: "github_invalid_response" };
const startMs = Date.parse("2026-11-20T10:00:00Z");
const expiresAt = "2026-11-20T18:00:00Z";

function checkBody(changes: Record<string, unknown> = {}): object {
  return {
    id: 1,
    app: { client_id: clientId, name: "octogate-test", url: "https://app.test" },
    scopes: ["read:org"],
    expires_at: expiresAt,
    user: { login: "octocat", id: 583231, type: "User", site_admin: false },
    ...changes,
  };
}

interface CheckChanges {
  readonly token?: string;
  readonly earlier?: TokenOwnerRequest["earlier"];
  readonly oauthClients?: readonly string[];
  /** GitHub's other answers. */
  readonly script?: Record<string, ScriptedAnswer>;
  readonly quotas?: SharedQuotas;
}

async function check(answer: ScriptedAnswer, changes: CheckChanges = {}) {
  const { token = makeToken("app"), earlier = null, oauthClients = [clientId], script = {} } = changes;
  const { quotas = createSharedQuotas(() => startMs) } = changes;
  const trace = createTrace();
  const calls = callsTo(scriptGitHub({ [path]: answer, [paths.user]: json(octocat), ...script }), { trace });
  const request = { ...requestAbout([]), tokenKind: "app", oauthClients } as const;
  const clients = { secrets: new Map([[clientId, "s3cret"]]), quotas };
  const outcome = await fetchTokenOwner(calls, clients, { token, request, earlier });
  return { outcome, calls: trace.calls() };
}
const outcomeOf = async (body: unknown) => (await check(json(body))).outcome;
const notOurs = { kind: "refused", reason: "token_client_mismatch" };

describe("check-token", () => {
  test("is called with the client's own secret, the token in the body alone", async () => {
    const token = makeToken("app");
    const calls: { authorization: string | null; body: unknown }[] = [];
    await check(
      ({ authorization, body }) => {
        calls.push({ authorization, body: JSON.parse(body) });
        return Response.json(checkBody());
      },
      { token },
    );
    const basic = `Basic ${Buffer.from(`${clientId}:s3cret`).toString("base64")}`;
    expect(calls).toEqual([{ authorization: basic, body: { access_token: token } }]);
  });

  test("says whose token it is, bound to the client of the call", async () => {
    const { outcome, calls } = await check(json(checkBody(), { "x-github-request-id": "A:1" }));
    expect(outcome).toEqual({
      kind: "found",
      account: { id: 583231, login: "octocat", type: "User" },
      oauthClientId: clientId,
      scopes: ["read:org"],
      expiry: { kind: "at", epochMs: Date.parse(expiresAt) },
    });
    expect(calls.map(callInfoOf)[0]).toEqual({ status: 200, requestId: "A:1", retryAfterMs: null });
    expect(calls.map(({ endpoint }) => endpoint)).toEqual(["checkToken", "user"]);
  });

  test.each<[string, ScriptedAnswer, object]>([
    ["whose account is suspended", error(403, "Sorry. Your account was suspended"), { kind: "suspended" }],
    [
      "that GET /user does not know",
      error(401, "Bad credentials"),
      { kind: "unavailable", reason: "github_inconsistent_responses" },
    ],
    [
      "of another account",
      json({ ...octocat, id: 7 }),
      { kind: "unavailable", reason: "github_inconsistent_responses" },
    ],
    [
      "of another client",
      json(octocat, { "x-oauth-client-id": makeAppClientId() }),
      { kind: "unavailable", reason: "github_inconsistent_responses" },
    ],
    ["while GET /user is down", error(502, ""), { kind: "unavailable" }],
  ])("alone lets in no token %s", async (_what, user, expected) => {
    const { outcome } = await check(json(checkBody()), { script: { [paths.user]: user } });
    expect(outcome).toMatchObject(expected);
  });

  test("may leave out the scopes: a GitHub App's token has none", async () => {
    expect(await outcomeOf(checkBody({ scopes: null }))).toMatchObject({ kind: "found", scopes: null });
    expect(await outcomeOf(checkBody({ scopes: [] }))).toMatchObject({ kind: "found", scopes: [] });
  });

  test.each<[unknown, object]>([
    [null, { kind: "never" }],
    [undefined, { kind: "never" }],
    ["2026-11-20T18:00:00Z", { kind: "at", epochMs: Date.parse("2026-11-20T18:00:00Z") }],
    ["2026-11-20T18:00:00.5Z", { kind: "at", epochMs: Date.parse("2026-11-20T18:00:00.500Z") }],
    ["2026-11-20T18:00:00+02:00", { kind: "at", epochMs: Date.parse("2026-11-20T16:00:00Z") }],
    ["", { kind: "unreadable" }],
    ["soon", { kind: "unreadable" }],
    ["2026", { kind: "unreadable" }],
    ["2026-11-20 18:00:00 UTC", { kind: "unreadable" }],
    ["2026-02-31T25:00:00Z", { kind: "unreadable" }],
  ])("the end %j is %j, and one that is unreadable never counts as none", async (expires_at, expiry) => {
    expect(await outcomeOf(checkBody({ expires_at }))).toMatchObject({ kind: "found", expiry });
  });

  test.each([404, 422])("of a token that is another app's, or no longer valid, says %i", async (status) => {
    const { outcome, calls } = await check(error(status, "Not Found"));
    expect(outcome).toEqual(notOurs);
    expect(calls).toMatchObject([{ endpoint: "checkToken", status, outcome: { kind: "absent" } }]);
  });

  test.each([401, 403])(
    "that refuses the client itself (%i) is about the deployment, never about the user",
    async (status) => {
      expect((await check(error(status, "Bad credentials"))).outcome).toEqual({
        kind: "unavailable",
        reason: "oauth_client_secret",
      });
    },
  );

  test.each<[string, unknown]>([
    ["of another client", checkBody({ app: { client_id: makeAppClientId() } })],
    ["of a client in other letters", checkBody({ app: { client_id: clientId.toUpperCase() } })],
    ["of no client", checkBody({ app: {} })],
    ["of no user", checkBody({ user: null })],
    ["without an owner", checkBody({ user: undefined })],
    ["of a user without a number", checkBody({ user: { login: "octocat", id: "583231", type: "User" } })],
    ["of a user with an empty login", checkBody({ user: { login: "", id: 583231, type: "User" } })],
    ["of a user with a bot's login", checkBody({ user: { login: "octocat[bot]", id: 583231, type: "User" } })],
    ["of a user without a type", checkBody({ user: { login: "octocat", id: 583231 } })],
    ["without scopes", checkBody({ scopes: undefined })],
    ["with scopes as text", checkBody({ scopes: "read:org" })],
    ["with scopes that are none", checkBody({ scopes: [1] })],
    ["with an end that is a number", checkBody({ expires_at: 1 })],
    ["as a list", [checkBody()]],
    ["as null", null],
  ])("%s is an invalid response", async (_, body) => {
    expect(await outcomeOf(body)).toEqual(invalidResponse);
  });

  test("as a page is an invalid response, and no response is an outage", async () => {
    expect((await check(() => new Response("<h1>"))).outcome).toEqual(invalidResponse);
    expect((await check(() => Promise.reject(new TypeError("reset")))).outcome).toEqual({
      kind: "unavailable",
      reason: "github_unreachable",
    });
    expect((await check(notFound)).outcome).toEqual(notOurs);
  });
});

describe("a token whose client is known", () => {
  const known = {
    oauthClientId: clientId,
    expiry: { kind: "at", epochMs: startMs + 1000 },
    hasAdmitted: true,
  } as const;
  const notAsked: ScriptedAnswer = () => {
    throw new Error("the client of this token is known");
  };
  const askedAgain = (answer: ScriptedAnswer, changes: CheckChanges = {}) =>
    check(notAsked, { earlier: known, script: { [paths.user]: answer }, ...changes });

  test("costs nothing that all users share: GET /user is asked, on the user's own quota", async () => {
    const { outcome, calls } = await askedAgain(json(octocat, { "x-oauth-scopes": "" }));
    expect(calls.map(({ endpoint }) => endpoint)).toEqual(["user"]);
    expect(outcome).toEqual({
      kind: "found",
      account: octocat,
      oauthClientId: clientId,
      scopes: [],
      expiry: known.expiry,
    });
  });

  test("is the same token for ever: its client and its end need not be said again", async () => {
    const said = { "x-oauth-client-id": clientId, "github-authentication-token-expiration": "2026-11-20 12:00:00 UTC" };
    expect((await askedAgain(json(octocat, said))).outcome).toMatchObject({
      oauthClientId: clientId,
      expiry: { kind: "at", epochMs: Date.parse("2026-11-20T12:00:00Z") },
    });
    const other = json(octocat, { "x-oauth-client-id": makeAppClientId() });
    expect((await askedAgain(other)).outcome).toEqual({
      kind: "unavailable",
      reason: "github_inconsistent_responses",
    });
  });

  test("is refused as soon as GitHub refuses it", async () => {
    expect((await askedAgain(error(401, "Bad credentials"))).outcome).toEqual({
      kind: "refused",
      reason: "token_refused",
    });
  });

  test("which this cluster does not list is refused without a call", async () => {
    const elsewhere = { ...known, oauthClientId: makeAppClientId() };
    const { outcome, calls } = await askedAgain(notAsked, { earlier: elsewhere });
    expect(outcome).toEqual(notOurs);
    expect(calls).toEqual([]);
  });

  test("which this cluster does not list is looked at by the policy where a listed client has no secret", async () => {
    const elsewhere = { ...known, oauthClientId: makeAppClientId() };
    const oauthClients = [clientId, makeAppClientId()];
    const { outcome } = await askedAgain(json(octocat), { earlier: elsewhere, oauthClients });
    expect(outcome).toMatchObject({ kind: "found", oauthClientId: elsewhere.oauthClientId });
  });

  test("is asked about by check-token once where it is known without its client", async () => {
    const { calls } = await check(json(checkBody()), { earlier: { ...known, oauthClientId: null } });
    expect(calls.map(({ endpoint }) => endpoint)).toEqual(["checkToken", "user"]);
  });
});

describe("the quota of a client", () => {
  const left = (remaining: number) => ({
    "x-ratelimit-limit": "5000",
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-reset": String(startMs / 1000 + 3600),
  });
  const neverSeen = { oauthClientId: null, expiry: { kind: "never" }, hasAdmitted: false } as const;
  const shared = (reason: string) => ({ kind: "limited", reason });

  test("keeps its last third from made-up tokens: of others GET /user says first that GitHub knows them", async () => {
    const quotas = createSharedQuotas(() => startMs);
    await check(error(404, "Not Found", left(1667)), { quotas });
    expect((await check(error(404, "Not Found", left(1666)), { quotas })).calls).toHaveLength(1);
    for (const earlier of [null, neverSeen]) {
      const madeUp = { "GET /user": error(401, "Bad credentials") };
      const refused = await check(json(checkBody()), { quotas, earlier, script: madeUp });
      expect(refused.outcome).toEqual({ kind: "refused", reason: "token_refused" });
      expect(refused.calls.map(({ endpoint }) => endpoint)).toEqual(["user"]);
      const { outcome, calls } = await check(json(checkBody()), {
        quotas,
        earlier,
        script: { "GET /user": json(octocat) },
      });
      expect(outcome).toMatchObject({ kind: "found", oauthClientId: clientId });
      expect(calls.map(({ endpoint }) => endpoint)).toEqual(["user", "checkToken"]);
    }
    const admitted = { ...neverSeen, hasAdmitted: true };
    expect((await check(json(checkBody()), { quotas, earlier: admitted })).outcome).toMatchObject({ kind: "found" });
  });

  test("is not needed where GET /user names the client", async () => {
    const quotas = createSharedQuotas(() => startMs);
    await check(error(404, "Not Found", left(1666)), { quotas });
    const askedOf = async (oauthClientId: string, oauthClients = [clientId]) => {
      const script = { "GET /user": json(octocat, { "x-oauth-client-id": oauthClientId }) };
      const { outcome, calls } = await check(json(checkBody()), { quotas, script, oauthClients });
      expect(calls.map(({ endpoint }) => endpoint)).toEqual(["user"]);
      return outcome;
    };
    expect(await askedOf(clientId)).toMatchObject({ kind: "found", oauthClientId: clientId });
    const another = makeAppClientId();
    expect(await askedOf(another)).toEqual(notOurs);
    // A listed client without a secret, so the policy says what it thinks of others.
    expect(await askedOf(another, [clientId, makeAppClientId()])).toMatchObject({ oauthClientId: another });
  });

  test("gives one account no more than its share of the last third", async () => {
    const quotas = createSharedQuotas(() => startMs);
    const script = { "GET /user": json(octocat) };
    await check(error(404, "Not Found", left(1666)), { quotas });
    const outcomes: unknown[] = [];
    for (let token = 0; token < 167; token += 1) {
      outcomes.push((await check(error(404, "Not Found", left(1666)), { quotas, script })).outcome);
    }
    expect(outcomes.slice(0, 166)).toEqual(Array(166).fill(notOurs));
    expect(outcomes[166]).toEqual(shared("shared_quota_reserved"));
  });

  test.each<[string, ScriptedAnswer]>([
    ["spent", error(403, "API rate limit exceeded", left(0))],
    ["slowed down", error(403, "You have exceeded a secondary rate limit.")],
    ["slowed down with a 429", error(429, "")],
  ])("that is %s is the deployment's limit, and nothing is asked until it is over", async (_, answer) => {
    const quotas = createSharedQuotas(() => startMs);
    expect((await check(answer, { quotas })).outcome).toEqual(shared("shared_quota_spent"));
    const { outcome, calls } = await check(json(checkBody()), { quotas });
    expect(outcome).toEqual(shared("shared_quota_spent"));
    expect(calls).toEqual([]);
  });

  test("of one client is not another's", async () => {
    const quotas = createSharedQuotas(() => startMs);
    quotas.of(makeAppClientId()).observe({
      kind: "answered",
      status: 429,
      headers: new Headers(),
      json: undefined,
      message: "",
    });
    expect((await check(json(checkBody()), { quotas })).outcome).toMatchObject({ kind: "found" });
  });

  test("is not asked for by a user who is known while it is spent", async () => {
    const quotas = createSharedQuotas(() => startMs);
    await check(error(429, ""), { quotas });
    const earlier = { oauthClientId: clientId, expiry: { kind: "never" }, hasAdmitted: true } as const;
    const { outcome } = await check(json(checkBody()), { quotas, earlier, script: { [paths.user]: json(octocat) } });
    expect(outcome).toMatchObject({ kind: "found", account: octocat });
  });
});
