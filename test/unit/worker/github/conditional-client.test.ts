import * as v from "valibot";
import { describe, expect, test } from "vitest";
import type { GitHubClient, GitHubReply, GitHubRequest } from "../../../../src/worker/github/client.ts";
import { createConditionalClient, keepAs, validatorsSchema } from "../../../../src/worker/github/conditional-client.ts";

const url = "https://api.github.test/user";
const schema = v.object({ id: v.number() });
const request: GitHubRequest = { url, authorization: "Bearer", keep: keepAs(schema) };
const validator = { etag: 'W/"1"', headers: { link: "kept" }, json: { id: 1 } };

function answered(status: number, text: string, headers: Record<string, string> = {}): GitHubReply {
  return { kind: "answered", status, headers: new Headers(headers), text };
}

function clientOf(reply: GitHubReply) {
  const requests: GitHubRequest[] = [];
  const client: GitHubClient = {
    async send(sent) {
      requests.push(sent);
      return reply;
    },
  };
  return { client, requests };
}

describe("a call without a validator", () => {
  test("is not conditional, and what is needed next time is kept, without the rest", async () => {
    const headers = { etag: 'W/"1"', "x-oauth-scopes": "repo", "x-github-request-id": "A:1", "set-cookie": "x" };
    const { client, requests } = clientOf(answered(200, '{"id":1,"email":"private"}', headers));
    const conditional = createConditionalClient(client, {});
    expect(await conditional.send(request)).toMatchObject({ status: 200, text: '{"id":1,"email":"private"}' });
    expect(requests).toEqual([request]);
    expect(conditional.validators()).toEqual({
      [url]: { etag: 'W/"1"', headers: { "x-oauth-scopes": "repo" }, json: { id: 1 } },
    });
  });

  test.each([
    ["without an ETag", answered(200, '{"id":1}')],
    ["with an ETag without end", answered(200, '{"id":1}', { etag: "x".repeat(201) })],
    ["of another form", answered(200, '{"id":"1"}', { etag: "x" })],
    ["that is no JSON", answered(200, "<html>", { etag: "x" })],
    ["with another status", answered(404, '{"id":1}', { etag: "x" })],
    ["304 to a request that was not conditional", answered(304, "", { etag: "x" })],
  ])("keeps nothing of a response %s", async (_, reply) => {
    const { client } = clientOf(reply);
    const conditional = createConditionalClient(client, {});
    expect(await conditional.send(request)).toBe(reply);
    expect(conditional.validators()).toEqual({});
  });

  test("keeps a response whose ETag is as long as it may be", async () => {
    const etag = "x".repeat(200);
    const conditional = createConditionalClient(clientOf(answered(200, '{"id":1}', { etag })).client, {});
    await conditional.send(request);
    expect(conditional.validators()).toMatchObject({ [url]: { etag } });
  });

  test("whose response is not to be kept stays as it is", async () => {
    const { client, requests } = clientOf(answered(200, '{"id":1}', { etag: "x" }));
    const plain = { url, authorization: "Bearer" };
    const conditional = createConditionalClient(client, { [url]: validator });
    await conditional.send(plain);
    expect(requests).toEqual([plain]);
    expect(conditional.validators()).toEqual({});
  });
});

describe("a call with a validator", () => {
  test("asks whether it still holds, and a 304 is the kept response, with the headers of both", async () => {
    const { client, requests } = clientOf(answered(304, "", { "x-github-request-id": "A:1" }));
    const conditional = createConditionalClient(client, { [url]: validator });
    const reply = await conditional.send(request);
    expect(requests).toEqual([{ ...request, ifNoneMatch: 'W/"1"' }]);
    expect(reply).toMatchObject({ kind: "answered", status: 200, notModified: true, text: '{"id":1}' });
    expect(Object.fromEntries(reply.headers ?? [])).toEqual({ link: "kept", "x-github-request-id": "A:1" });
    expect(conditional.validators()).toEqual({ [url]: validator });
  });

  test("takes a new response in place of the kept one", async () => {
    const { client } = clientOf(answered(200, '{"id":2}', { etag: 'W/"2"' }));
    const conditional = createConditionalClient(client, { [url]: validator });
    expect(await conditional.send(request)).toMatchObject({ status: 200, text: '{"id":2}' });
    expect(conditional.validators()).toEqual({ [url]: { etag: 'W/"2"', headers: {}, json: { id: 2 } } });
  });

  test.each([401, 403, 404, 500])("does not use the kept response where GitHub says %i", async (status) => {
    const { client } = clientOf(answered(status, "{}"));
    const conditional = createConditionalClient(client, { [url]: validator });
    expect(await conditional.send(request)).toMatchObject({ status, text: "{}" });
    expect(conditional.validators()).toEqual({});
  });

  test("does not use the kept response where none came", async () => {
    const { client } = clientOf({ kind: "failed", reason: "github_timeout", status: null, headers: null });
    const conditional = createConditionalClient(client, { [url]: validator });
    expect(await conditional.send(request)).toMatchObject({ kind: "failed" });
  });

  test("does not count for a call to another address", async () => {
    const { client, requests } = clientOf(answered(200, '{"id":1}'));
    await createConditionalClient(client, { [url]: validator }).send({ ...request, url: `${url}/teams` });
    expect(requests[0]?.ifNoneMatch).toBeUndefined();
  });
});

test("a validator is complete, or it is none", () => {
  expect(v.parse(validatorsSchema, { [url]: validator })).toEqual({ [url]: validator });
  for (const wrong of [{}, { ...validator, etag: 1 }, { ...validator, headers: { link: 1 } }]) {
    expect(v.is(validatorsSchema, { [url]: wrong })).toBe(false);
  }
});
