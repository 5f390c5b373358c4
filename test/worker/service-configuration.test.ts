// A mistake of the whole deployment: every review is answered with 503 and the setting, nothing reaches GitHub, and
// /healthz goes on.
import { afterEach, describe, expect, test, vi } from "vitest";
import { accountOf, clusters, mona } from "../support/people.ts";
import { logDeadline, useWorker, type WorkerOptions } from "../support/worker-harness.ts";

const mistakes: readonly (readonly [string, NonNullable<WorkerOptions["vars"]>, string])[] = [
  ["without CACHE_SECRET", { CACHE_SECRET: undefined }, "CACHE_SECRET: must be set as a secret"],
  ["with a GitHub that would get tokens in clear", { GITHUB_API_URL: "http://github.test" }, "GITHUB_API_URL: must be"],
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

  test("also answers 503 to a token that GitHub did not make", async () => {
    expect((await worker().review("x")).status).toBe(503);
  });

  test("still knows its callers, and is alive", async () => {
    expect((await worker().fetch("/authenticate", { method: "POST", body: "{}" })).status).toBe(403);
    expect((await worker().fetch("/healthz")).status).toBe(200);
  });
});

describe("a deployment with a variable that this release does not know", () => {
  const worker = useWorker({ clusters, vars: { GITHUB_URL: "https://github.test" } });

  test("goes on, and says so once in its log", async () => {
    const { github, review } = worker();
    const token = github.issueToken(accountOf(github, mona), { kind: "classic" });
    for (const cluster of ["production", "staging"]) expect((await review(token, { cluster })).status).toBe(200);
    const warnings = () =>
      worker()
        .logLines()
        .filter((line) => line.includes("GITHUB_URL: is no variable"));
    await vi.waitFor(() => expect(warnings()).toHaveLength(1), logDeadline);
  });
});
