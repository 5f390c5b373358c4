// The owner of an app's token, by check-token.
import { describe, expect, test } from "vitest";
import { makeAppClientId, makeToken } from "../../../../src/local/github/token.ts";
import { fetchTokenOwner } from "../../../../src/worker/github/account.ts";
import { createTrace } from "../../../../src/worker/github/trace.ts";
import {
  callInfoOf,
  callsTo,
  error,
  json,
  notFound,
  requestAbout,
  type ScriptedAnswer,
  scriptGitHub,
} from "./support.ts";

const clientId = makeAppClientId();
const path = `POST /applications/${clientId}/token`;
const invalidResponse = { kind: "unavailable", reason: "github_invalid_response" };
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

async function check(answer: ScriptedAnswer, token = makeToken("app")) {
  const trace = createTrace();
  const calls = callsTo(scriptGitHub({ [path]: answer }), { trace });
  const request = { ...requestAbout([]), tokenKind: "app", oauthClients: [clientId] } as const;
  const outcome = await fetchTokenOwner(calls, new Map([[clientId, "s3cret"]]), token, request);
  return { outcome, calls: trace.calls() };
}
const outcomeOf = async (body: unknown) => (await check(json(body))).outcome;
const notOurs = { kind: "refused", reason: "token_client_mismatch" };

describe("check-token", () => {
  test("is called with the client's own secret, the token in the body alone", async () => {
    const token = makeToken("app");
    const calls: { authorization: string | null; body: unknown }[] = [];
    await check(({ authorization, body }) => {
      calls.push({ authorization, body: JSON.parse(body) });
      return Response.json(checkBody());
    }, token);
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
    expect(calls.map(callInfoOf)).toEqual([{ status: 200, requestId: "A:1", retryAfterMs: null }]);
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

  test.each([401, 403, 429])(
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
