import { describe, expect, test } from "vitest";
import { makeAppClientId, makeToken } from "../../../../src/local/github/token.ts";
import { checkToken } from "../../../../src/worker/github/check-token.ts";
import { api, error, inTime, json, notFound, type ScriptedAnswer, scriptGitHub } from "./support.ts";

const clientId = makeAppClientId();
const path = `POST /applications/${clientId}/token`;
const nonsense = { kind: "unavailable", reason: "github_invalid_response" };
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

async function check(answer: ScriptedAnswer) {
  const { client } = scriptGitHub({ [path]: answer });
  const app = { clientId, secret: "s3cret" };
  return checkToken(client, api.restUrl, app, makeToken("app"), inTime());
}
const outcomeOf = async (body: unknown) => (await check(json(body))).outcome;

describe("check-token", () => {
  test("is asked with the client's own secret, the token in the body alone", async () => {
    const token = makeToken("app");
    const calls: { authorization: string | null; body: unknown }[] = [];
    const { client } = scriptGitHub({
      [path]: ({ authorization, body }) => {
        calls.push({ authorization, body: JSON.parse(body) });
        return Response.json(checkBody());
      },
    });
    await checkToken(client, api.restUrl, { clientId, secret: "s3cret" }, token, inTime());
    const basic = `Basic ${Buffer.from(`${clientId}:s3cret`).toString("base64")}`;
    expect(calls).toEqual([{ authorization: basic, body: { access_token: token } }]);
  });

  test("says whose token it is, bound to the client that was asked for", async () => {
    expect(await check(json(checkBody(), { "x-github-request-id": "A:1" }))).toEqual({
      outcome: {
        kind: "found",
        account: { id: 583231, login: "octocat", type: "User" },
        oauthClientId: clientId,
        scopes: ["read:org"],
        expiry: { kind: "at", epochMs: Date.parse(expiresAt) },
      },
      responseInfo: { source: "github", githubStatus: 200, githubRequestId: "A:1", retryAfterMs: null },
    });
  });

  test("says nothing of scopes for a GitHub App's token", async () => {
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
  ])("the end %j is %j, and one that can't be read never counts as none", async (expires_at, expiry) => {
    expect(await outcomeOf(checkBody({ expires_at }))).toMatchObject({ kind: "found", expiry });
  });

  test.each([404, 422])("of another app's token or of one that is no good says %i: not ours", async (status) => {
    const { outcome, responseInfo } = await check(error(status, "Not Found"));
    expect(outcome).toEqual({ kind: "not_ours" });
    expect(responseInfo.githubStatus).toBe(status);
  });

  test.each([401, 403, 429])("that is refused itself (%i) is our own trouble, never the person's", async (status) => {
    expect((await check(error(status, "Bad credentials"))).outcome).toEqual({
      kind: "unavailable",
      reason: "oauth_client_secret",
    });
  });

  test.each<[string, unknown]>([
    ["of another client", checkBody({ app: { client_id: makeAppClientId() } })],
    ["of a client in other letters", checkBody({ app: { client_id: clientId.toUpperCase() } })],
    ["of no client", checkBody({ app: {} })],
    ["of nobody", checkBody({ user: null })],
    ["without a owner", checkBody({ user: undefined })],
    ["of somebody without a number", checkBody({ user: { login: "octocat", id: "583231", type: "User" } })],
    ["of somebody with an empty login", checkBody({ user: { login: "", id: 583231, type: "User" } })],
    ["of somebody with a bot's login", checkBody({ user: { login: "octocat[bot]", id: 583231, type: "User" } })],
    ["of somebody without a type", checkBody({ user: { login: "octocat", id: 583231 } })],
    ["without scopes", checkBody({ scopes: undefined })],
    ["with scopes as text", checkBody({ scopes: "read:org" })],
    ["with scopes that are none", checkBody({ scopes: [1] })],
    ["with an end that is a number", checkBody({ expires_at: 1 })],
    ["as a list", [checkBody()]],
    ["as null", null],
  ])("%s is nonsense", async (_, body) => {
    expect(await outcomeOf(body)).toEqual(nonsense);
  });

  test("as a page is nonsense, and nothing at all is no answer", async () => {
    expect((await check(() => new Response("<h1>"))).outcome).toEqual(nonsense);
    expect((await check(() => Promise.reject(new TypeError("reset")))).outcome).toEqual({
      kind: "unavailable",
      reason: "github_unreachable",
    });
    expect((await check(notFound)).outcome).toEqual({ kind: "not_ours" });
  });
});
