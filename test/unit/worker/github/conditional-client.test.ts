// Conditional requests, and what a 304 may vouch for: the body alone. GitHub's ETag is made of the body and the
// request.
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import type { GitHubClient, GitHubReply, GitHubRequest } from "../../../../src/worker/github/client.ts";
import { createConditionalClient, validatorsSchema } from "../../../../src/worker/github/conditional-client.ts";

const url = "https://api.github.test/user";
const request: GitHubRequest = { url, authorization: "Bearer", isConditional: true };
const now = 1_000_000;
const validator = { etag: 'W/"1"', readAt: now - 1000, headers: { "x-oauth-scopes": "gist" }, json: { id: 1 } };
const known = { [url]: validator };

function answered(status: number, text: string, headers: Record<string, string> = {}): GitHubReply {
  return { kind: "answered", status, headers: new Headers(headers), text };
}

function clientOf(reply: GitHubReply, validators = {}) {
  const requests: GitHubRequest[] = [];
  const client: GitHubClient = {
    async send(sent) {
      requests.push(sent);
      return reply;
    },
  };
  const conditional = createConditionalClient(client, validators, () => now);
  return {
    requests,
    validators: conditional.validators,
    /** Sends a request, and keeps its response as its caller does. */
    async send(sent: GitHubRequest = request, body: unknown = { id: 1 }) {
      const received = await conditional.send(sent);
      if (received.kind === "answered" && received.text !== "") received.keep?.(JSON.parse(received.text), body);
      return received;
    },
  };
}

describe("a call without a validator", () => {
  test("is not conditional, and what is needed next time is kept, without the rest", async () => {
    const headers = { etag: 'W/"1"', "x-oauth-scopes": "repo", "x-github-request-id": "A:1", "set-cookie": "x" };
    const { send, requests, validators } = clientOf(answered(200, '{"id":1,"email":"private"}', headers));
    expect(await send()).toMatchObject({ status: 200, text: '{"id":1,"email":"private"}' });
    expect(requests).toEqual([request]);
    const kept = { etag: 'W/"1"', readAt: now, headers: { "x-oauth-scopes": "repo" }, json: { id: 1 } };
    expect(validators()).toEqual({ [url]: kept });
  });

  test.each([
    ["without an ETag", answered(200, '{"id":1}')],
    ["with an ETag without end", answered(200, '{"id":1}', { etag: "x".repeat(201) })],
    ["with another status", answered(404, '{"id":1}', { etag: "x" })],
    ["304 to a request that was not conditional", answered(304, "", { etag: "x" })],
    ["that its caller does not keep", { ...answered(200, "", { etag: "x" }) }],
  ])("keeps nothing of a response %s", async (_, reply) => {
    const { send, validators } = clientOf(reply);
    await send();
    expect(validators()).toEqual({});
  });

  test("keeps a response whose ETag is as long as it may be", async () => {
    const etag = "x".repeat(200);
    const { send, validators } = clientOf(answered(200, '{"id":1}', { etag }));
    await send();
    expect(validators()).toMatchObject({ [url]: { etag } });
  });

  test("whose response is not to be kept stays as it is", async () => {
    const reply = answered(200, '{"id":1}', { etag: "x" });
    const { send, requests, validators } = clientOf(reply, known);
    const plain = { url, authorization: "Bearer" };
    expect(await send(plain)).toBe(reply);
    expect(requests).toEqual([plain]);
    expect(validators()).toEqual({});
  });
});

describe("a call with a validator", () => {
  test("asks whether it still holds, and a 304 is the kept response, with the headers of both", async () => {
    const { send, requests, validators } = clientOf(answered(304, "", { "x-github-request-id": "A:1" }), known);
    const reply = await send();
    expect(requests).toEqual([{ ...request, ifNoneMatch: 'W/"1"' }]);
    expect(reply).toMatchObject({ kind: "answered", status: 200, notModified: true, keptJson: { id: 1 } });
    expect(Object.fromEntries(reply.headers ?? [])).toEqual({ "x-oauth-scopes": "gist", "x-github-request-id": "A:1" });
    expect(validators()).toEqual(known);
  });

  test("takes a new response in place of the kept one", async () => {
    const { send, validators } = clientOf(answered(200, '{"id":2}', { etag: 'W/"2"' }), known);
    expect(await send(request, { id: 2 })).toMatchObject({ status: 200, text: '{"id":2}' });
    expect(validators()).toEqual({ [url]: { etag: 'W/"2"', readAt: now, headers: {}, json: { id: 2 } } });
  });

  test.each([401, 403, 404, 500])("does not use the kept response where GitHub says %i", async (status) => {
    const { send, validators } = clientOf(answered(status, "{}"), known);
    expect(await send()).toMatchObject({ status, text: "{}" });
    expect(validators()).toEqual({});
  });

  test("does not use the kept response where none came", async () => {
    const { send } = clientOf({ kind: "failed", reason: "github_timeout", status: null, headers: null }, known);
    expect(await send()).toMatchObject({ kind: "failed" });
  });

  test("does not count for a call to another address", async () => {
    const { send, requests } = clientOf(answered(200, '{"id":1}'), known);
    await send({ ...request, url: `${url}/teams` });
    expect(requests[0]?.ifNoneMatch).toBeUndefined();
  });
});

describe("headers that a 304 does not repeat", () => {
  const isConditionalAt = async (readAt: number, maxHeaderAgeMs: number | undefined) => {
    const { send, requests } = clientOf(answered(304, ""), { [url]: { ...validator, readAt } });
    await send(maxHeaderAgeMs === undefined ? request : { ...request, maxHeaderAgeMs });
    return requests[0]?.ifNoneMatch !== undefined;
  };

  test("are asked for without a condition once they are too old, or from the future", async () => {
    expect(await isConditionalAt(now - 4999, 5000)).toBe(true);
    expect(await isConditionalAt(now - 5000, 5000)).toBe(false);
    expect(await isConditionalAt(now, 5000)).toBe(true);
    expect(await isConditionalAt(now + 1, 5000)).toBe(false);
    expect(await isConditionalAt(now, 0)).toBe(false);
  });

  test("may be of any age where nothing rests on them", async () => {
    for (const readAt of [0, now, now + 1]) expect(await isConditionalAt(readAt, undefined)).toBe(true);
  });

  test("keep the time at which GitHub sent them, through all 304s", async () => {
    const { send, validators } = clientOf(answered(304, ""), known);
    await send();
    expect(validators()[url]?.readAt).toBe(validator.readAt);
  });

  test("count, with their time, where a 304 does have them", async () => {
    const { send, validators } = clientOf(answered(304, "", { "x-oauth-scopes": "repo" }), known);
    expect((await send()).headers?.get("x-oauth-scopes")).toBe("repo");
    expect(validators()).toEqual({ [url]: { ...validator, readAt: now, headers: { "x-oauth-scopes": "repo" } } });
  });

  test.each([
    ["a further page", { link: '<https://api.github.test/user/teams?page=2>; rel="next"' }],
    ["a page before", { link: '<https://api.github.test/user/teams?page=1>; rel="prev"' }],
    ["organisations behind single sign-on", { "x-github-sso": "partial-results; organizations=1" }],
  ])("leave no validator of a response that names %s", async (_, headers) => {
    const fresh = clientOf(answered(200, "[]", { etag: "x", ...headers }));
    await fresh.send(request, []);
    expect(fresh.validators()).toEqual({});
    // Should GitHub name it in a 304, it counts, and the next request has no condition.
    const unchanged = clientOf(answered(304, "", headers), known);
    const reply = await unchanged.send();
    for (const [name, value] of Object.entries(headers)) expect(reply.headers?.get(name)).toBe(value);
    expect(unchanged.validators()).toEqual({});
  });
});

describe("a page that is full has no validator: a further one may come without a change of its own", () => {
  test.each([
    ["?per_page=100", 99, true],
    ["?per_page=100", 100, false],
    ["?per_page=100&page=3", 100, false],
    ["?per_page=5&page=3", 4, true],
    ["?per_page=5&page=3", 5, false],
    ["?per_page=5", 6, false],
    ["", 29, true],
    ["", 30, false],
    ["?per_page=all", 1, false],
  ])("a list %s with %i items", async (query, length, isKept) => {
    const items = JSON.stringify(Array.from({ length }, (_, id) => ({ id })));
    const { send, validators } = clientOf(answered(200, items, { etag: "x" }));
    // Also where few of the items are read.
    await send({ ...request, url: `${url}/teams${query}` }, []);
    expect(Object.keys(validators())).toHaveLength(isKept ? 1 : 0);
  });
});

test("a validator is complete, or it is none", () => {
  expect(v.parse(validatorsSchema, known)).toEqual(known);
  const { readAt, ...withoutTime } = validator;
  for (const wrong of [{}, withoutTime, { ...validator, etag: 1 }, { ...validator, headers: { link: 1 } }]) {
    expect(v.is(validatorsSchema, { [url]: wrong })).toBe(false);
  }
  expect(readAt).toBe(validator.readAt);
});
