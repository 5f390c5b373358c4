// A mistake in what concerns the whole deployment is everybody's: every review is answered with 503 and the setting, nothing reaches GitHub,
// and /healthz goes on.
import { afterEach, describe, expect, test } from "vitest";
import { accountOf, clusters, mona } from "../support/people.ts";
import { useWorker, type WorkerOptions } from "../support/worker-harness.ts";

const mistakes: readonly (readonly [string, NonNullable<WorkerOptions["vars"]>, string])[] = [
  ["without CACHE_SECRET", { CACHE_SECRET: undefined }, "CACHE_SECRET: must be set as a secret"],
  ["with a GitHub that would get tokens in clear", { GITHUB_API_URL: "http://github.test" }, "GITHUB_API_URL: must be"],
  ["with a variable that nobody knows", { GITHUB_URL: "https://github.test" }, "GITHUB_URL: is no variable"],
];

describe.each(mistakes)("a deployment %s", (_, vars, message) => {
  const worker = useWorker({ clusters, vars });

  afterEach(() => expect(worker().github.requests).toEqual([]));

  test.each(["production", "staging"])("answers every review of %s with 503 and the setting", async (cluster) => {
    const { github, review } = worker();
    const token = github.issueToken(accountOf(github, mona), { kind: "classic" });
    for (const apiVersion of ["v1", "v1beta1"] as const) {
      const { status, body } = await review(token, { cluster, apiVersion });
      expect(status).toBe(503);
      expect(JSON.parse(body).message).toContain(message);
    }
  });

  test("answers also a token that is none of GitHub's with 503", async () => {
    expect((await worker().review("x")).status).toBe(503);
  });

  test("still knows its callers, and is alive", async () => {
    expect((await worker().fetch("/authenticate", { method: "POST", body: "{}" })).status).toBe(403);
    expect((await worker().fetch("/healthz")).status).toBe(200);
  });
});
