import { describe, expect, test } from "vitest";
import { makeToken } from "../../../../src/local/github/token.ts";
import { apiAddressOf } from "../../../../src/worker/github/api-address.ts";
import { createCalls } from "../../../../src/worker/github/calls.ts";
import type { GitHubClient, GitHubReply, GitHubRequest } from "../../../../src/worker/github/client.ts";
import {
  installationOfOrganisation,
  installationToken,
  ownTeams,
  teamsOfUser,
  user,
} from "../../../../src/worker/github/endpoints.ts";
import type { GitHubResponse } from "../../../../src/worker/github/outcomes.ts";
import { createTrace } from "../../../../src/worker/github/trace.ts";
import { api, type CallInfo, callInfoOf, callsTo } from "./support.ts";

const authorization = `Bearer ${makeToken("classic")}`;

function answered(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): GitHubReply & { kind: "answered" } {
  return { kind: "answered", status, headers: new Headers(headers), text: JSON.stringify(body) };
}

/** Calls to a GitHub that replies to all of them like this. */
function callsWith(reply: GitHubReply, now?: () => number) {
  const requests: GitHubRequest[] = [];
  const client: GitHubClient = {
    async send(request) {
      requests.push(request);
      return reply;
    },
  };
  const trace = createTrace();
  return { requests, trace, calls: callsTo({ client }, { trace, ...(now === undefined ? {} : { now }) }) };
}

/** What the trace takes from a reply to GET /user. */
async function infoOf(reply: GitHubReply): Promise<CallInfo | undefined> {
  const { calls, trace } = callsWith(reply);
  await calls.call(user, undefined, { authorization });
  return trace.calls().map(callInfoOf)[0];
}

const octocat = { id: 583231, login: "octocat", type: "User" };

describe("a call", () => {
  test("goes to its row's address, with its method, its credential and its body", async () => {
    const { calls, requests } = callsWith(answered(404, {}));
    const body = { permissions: {} };
    await calls.call(ownTeams, undefined, { authorization: null });
    await calls.call(installationToken, { installationId: 77 }, { authorization, body });
    await calls.call(teamsOfUser, undefined, { authorization });
    await calls.callUrl(ownTeams, `${api.restUrl}/user/teams?page=2`, { authorization });
    expect(requests.map(({ isConditional, ...request }) => request)).toEqual([
      { method: "GET", url: `${api.restUrl}/user/teams?per_page=100`, authorization: null },
      { method: "POST", url: `${api.restUrl}/app/installations/77/access_tokens`, authorization, body },
      { method: "POST", url: api.graphqlUrl, authorization },
      { method: "GET", url: `${api.restUrl}/user/teams?page=2`, authorization },
    ]);
  });

  test("to GraphQL goes to the address that the server has for it", async () => {
    const ghes = apiAddressOf("https://github.acme.test/api/v3");
    const urls: string[] = [];
    const client: GitHubClient = {
      async send({ url }) {
        urls.push(url);
        return answered(404, {});
      },
    };
    const deadline = AbortSignal.timeout(5_000);
    const calls = createCalls({ client, api: ghes, now: Date.now, trace: createTrace(), deadline });
    await calls.call(user, undefined, { authorization });
    await calls.call(teamsOfUser, undefined, { authorization });
    expect(urls).toEqual(["https://github.acme.test/api/v3/user", "https://github.acme.test/api/graphql"]);
  });

  test("may be conditional where the endpoint says so", async () => {
    const { calls, requests } = callsWith(answered(404, {}));
    await calls.call(user, undefined, { authorization, maxHeaderAgeMs: 5, timeoutMs: 7 });
    await calls.call(installationOfOrganisation, { organisation: "acme" }, { authorization });
    expect(requests).toMatchObject([
      { isConditional: true, maxHeaderAgeMs: 5, timeoutMs: 7 },
      { isConditional: false },
    ]);
  });

  test("keeps what its schema knows of a response that has its shape, and nothing of another", async () => {
    const kept: unknown[] = [];
    const keep = (json: unknown, body: unknown) => kept.push([json, body]);
    const sent = { ...octocat, email: "private" };
    await callsWith({ ...answered(200, sent), keep }).calls.call(user, undefined, { authorization });
    await callsWith({ ...answered(200, { ...sent, id: "1" }), keep }).calls.call(user, undefined, { authorization });
    await callsWith({ ...answered(404, {}), keep }).calls.call(user, undefined, { authorization });
    expect(kept).toEqual([[sent, octocat]]);
  });

  test("is made again without a condition where an earlier release kept another shape", async () => {
    const requests: GitHubRequest[] = [];
    const client: GitHubClient = {
      async send(request) {
        requests.push(request);
        const isKept = request.maxHeaderAgeMs !== 0;
        return isKept
          ? { ...answered(200, ""), notModified: true, keptJson: { login: "octocat" } }
          : answered(200, octocat);
      },
    };
    const result = await callsTo({ client }).call(user, undefined, { authorization });
    expect(result).toMatchObject({ kind: "ok", body: octocat });
    expect(requests.map(({ maxHeaderAgeMs }) => maxHeaderAgeMs)).toEqual([undefined, 0]);
  });

  test("returns the body as the schema knows it, the headers and the address", async () => {
    const { calls, trace } = callsWith(answered(200, { ...octocat, email: "private" }, { link: "kept" }));
    const url = `${api.restUrl}/user`;
    expect(await calls.call(user, undefined, { authorization })).toEqual({
      kind: "ok",
      url,
      body: octocat,
      headers: new Headers({ link: "kept" }),
      notModified: false,
    });
    expect(trace.calls()).toMatchObject([{ outcome: { kind: "ok" } }]);
    expect(JSON.stringify(trace.calls()[0]?.outcome)).toBe('{"kind":"ok"}');
  });

  test("returns the outcome of the row that fits, as a value of its own that the trace finds the call by", async () => {
    const { calls, trace } = callsWith(answered(401, { message: "Bad credentials" }));
    const outcomes = [
      await calls.call(user, undefined, { authorization }),
      await calls.call(user, undefined, { authorization }),
    ];
    expect(outcomes).toEqual(Array(2).fill({ kind: "refused", reason: "token_refused" }));
    expect(outcomes[0]).not.toBe(outcomes[1]);
    for (const [index, { outcome }] of trace.calls().entries()) expect(outcome).toBe(outcomes[index]);
  });

  test("of another shape is an invalid response, again as a value of its own", async () => {
    const { calls, trace } = callsWith(answered(200, { errors: "none" }));
    const invalid = await calls.call(user, undefined, { authorization });
    const graphql = await calls.call(teamsOfUser, undefined, { authorization });
    expect([invalid, graphql]).toEqual(Array(2).fill({ kind: "unavailable", reason: "github_invalid_response" }));
    expect(trace.calls().every(({ outcome }, index) => outcome === [invalid, graphql][index])).toBe(true);
    expect(await calls.call(user, undefined, { authorization })).not.toBe(invalid);
  });

  test("is handed on before it is sorted, whatever it is", async () => {
    const responses: unknown[] = [];
    const onResponse = (response: GitHubResponse) =>
      responses.push(response.kind === "answered" ? [response.status, response.message] : response.reason);
    for (const status of [200, 401, 500]) {
      const { calls } = callsWith(answered(status, { message: "words" }));
      await calls.call(user, undefined, { authorization, onResponse });
    }
    const broken = callsWith({ kind: "failed", reason: "github_timeout", status: 401, headers: null });
    await broken.calls.call(user, undefined, { authorization, onResponse });
    expect(responses).toEqual([[200, "words"], [401, "words"], [500, "words"], "github_timeout"]);
  });

  test("ends with the deadline of all calls", async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const client: GitHubClient = {
      async send(_, deadline) {
        signals.push(deadline);
        return answered(404, {});
      },
    };
    const calls = callsTo({ client });
    await calls.call(user, undefined, { authorization });
    await calls.callUrl(ownTeams, `${api.restUrl}/user/teams?page=2`, { authorization });
    expect(signals).toEqual([expect.any(AbortSignal), expect.any(AbortSignal)]);
    expect(signals[0]).toBe(signals[1]);
  });
});

describe("the trace of a call", () => {
  test("says what was called, what came, and how long it took", async () => {
    let time = 1000;
    const headers = { "x-github-request-id": "A:1" };
    const { calls, trace } = callsWith(answered(403, { message: "No" }, headers), () => {
      time += 5;
      return time;
    });
    const outcome = await calls.call(user, undefined, { authorization });
    expect(trace.calls()).toEqual([
      {
        endpoint: "user",
        method: "GET",
        url: `${api.restUrl}/user`,
        status: 403,
        requestId: "A:1",
        retryAfterMs: null,
        headers: new Headers(headers),
        message: "No",
        durationMs: 5,
        outcome,
      },
    ]);
  });

  test("says so where no response came", async () => {
    const { calls, trace } = callsWith({ kind: "failed", reason: "github_timeout", status: null, headers: null });
    const outcome = await calls.call(user, undefined, { authorization });
    expect(outcome).toEqual({ kind: "unavailable", reason: "github_timeout" });
    expect(trace.calls()).toMatchObject([
      { status: null, requestId: null, retryAfterMs: null, headers: null, message: "", outcome },
    ]);
  });

  test.each([[null], [[]], [{}], ["Not Found"], [{ message: 1 }], [{ message: ["No"] }]])(
    "has no message of GitHub where there is none: %j",
    async (body) => {
      const { calls, trace } = callsWith(answered(403, body));
      await calls.call(user, undefined, { authorization });
      expect(trace.calls()).toMatchObject([{ message: "" }]);
    },
  );

  test("has the status 304 where the body of an earlier time still holds", async () => {
    expect(await infoOf({ ...answered(200, {}), notModified: true })).toMatchObject({ status: 304 });
    expect(await infoOf({ ...answered(200, {}), notModified: false })).toMatchObject({ status: 200 });
    expect(await infoOf(answered(200, {}))).toMatchObject({ status: 200 });
  });

  test("has GitHub's name for the request, where it looks like one", async () => {
    const nameOf = async (id: string) => (await infoOf(answered(404, {}, { "x-github-request-id": id })))?.requestId;
    for (const id of ["A:1-b", "a-", `${"a".repeat(99)}:`, "8A2C:1F2E:9B3D:4C5E:6749D8B1"]) {
      expect(await nameOf(id)).toBe(id);
    }
    for (const id of ["abc", "", `${"a".repeat(100)}:`, "a:b c", "a:\u00e9", 'a:","verdict":"authenticated']) {
      expect(await nameOf(id)).toBeNull();
    }
    expect(await infoOf(answered(404, {}))).toEqual({ status: 404, requestId: null, retryAfterMs: null });
  });
});

describe("the time for which GitHub asks to be left alone", () => {
  const date = "Fri, 20 Nov 2026 10:00:00 GMT";
  const resetAt = (seconds: number) => String(Date.parse(date) / 1000 + seconds);
  const spent = (seconds: number) => ({ date, "x-ratelimit-remaining": "0", "x-ratelimit-reset": resetAt(seconds) });

  test.each<[string, Record<string, string>, number | null]>([
    ["the one of Retry-After", { "retry-after": "60" }, 60_000],
    ["the one of Retry-After, before the quota's own time", { "retry-after": "0", ...spent(90) }, 0],
    ["the longest one that Retry-After may name", { "retry-after": "999999" }, 999_999_000],
    ["until a spent quota is filled up again, by GitHub's clock", spent(90), 90_000],
    ["no time where that has passed", spent(-5), 0],
    ["unknown where quota is left", { ...spent(90), "x-ratelimit-remaining": "1" }, null],
    ["unknown without a clock", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": resetAt(90) }, null],
    ["unknown without a reset", { date, "x-ratelimit-remaining": "0" }, null],
    ["unknown by a date, which GitHub does not send", { "retry-after": date }, null],
    ["unknown by a text that is no number", { "retry-after": "-1" }, null],
    ["unknown by a number that is too long", { "retry-after": "1000000" }, null],
    ["unknown without any header", {}, null],
  ])("is %s", async (_, headers, retryAfterMs) => {
    expect(await infoOf(answered(403, {}, headers))).toMatchObject({ retryAfterMs });
  });
});
