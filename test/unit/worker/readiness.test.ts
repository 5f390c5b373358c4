import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createReadiness, type ReadinessOptions } from "../../../src/worker/readiness.ts";
import { startOfTests } from "./support.ts";

const right = { ok: true, value: null } as const;
const wrong = { ok: false, problems: [{ setting: "CLUSTER_PRODUCTION.allow", message: "is required" }] } as const;
const hanging = () => new Promise<never>(() => {});

function gitHubAnswer(status: number, headers: Record<string, string> = { "x-github-request-id": "8A2C:1" }): Response {
  return new Response(status === 304 ? null : "{}", { status, headers });
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A clock that stands still unless a test moves it. */
function startReadiness(changes: Partial<ReadinessOptions> & { github?: () => Promise<Response> } = {}) {
  let nowMs = startOfTests;
  const requests: { url: string; init: RequestInit | undefined }[] = [];
  const reads: string[] = [];
  const { github = async () => gitHubAnswer(200), ...options } = changes;
  const check = createReadiness({
    service: right,
    unknownNames: [],
    githubUrl: "https://api.github.test",
    store: {
      get: async (name) => {
        reads.push(name);
        return null;
      },
      put: () => expect.fail("nothing is written"),
    },
    fetch: async (input, init) => {
      requests.push({ url: String(input), init });
      nowMs += 20;
      return github();
    },
    signIn: null,
    now: () => nowMs,
    ...options,
  });
  const ask = (policy: ReadinessOptions["service"] = right) =>
    check({ cluster: "production", policy, certificateDaysLeft: 30 });
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { ask, requests, reads, pass };
}

describe("a report", () => {
  test("of a Worker that could answer", async () => {
    const { ask, requests } = startReadiness();
    expect(await ask()).toMatchObject({
      status: "ready",
      cluster: "production",
      certificateDaysLeft: 30,
      checkedAt: "2026-11-20T10:00:00.000Z",
      parts: {
        configuration: { state: "ok", durationMs: 0 },
        kv: { state: "ok" },
        github: { state: "ok", durationMs: 20 },
      },
    });
    expect(requests.map(({ url }) => url)).toEqual(["https://api.github.test/rate_limit"]);
    const headers = new Headers(requests[0]?.init?.headers);
    expect(headers.has("authorization")).toBe(false);
    expect(headers.get("user-agent")).toMatch(/^octogate\//);
    expect(requests[0]?.init).toMatchObject({ redirect: "manual", cache: "no-store" });
  });

  test.each([
    ["the cluster", right, wrong],
    ["the deployment", wrong, right],
  ])("names what is wrong with the configuration of %s", async (_, service, policy) => {
    const report = await startReadiness({ service }).ask(policy);
    expect(report.status).toBe("not_ready");
    const configuration = { state: "failed", problem: "CLUSTER_PRODUCTION.allow: is required", durationMs: 0 };
    expect(report.parts).toMatchObject({ configuration, kv: { state: "ok" }, github: { state: "ok" } });
  });

  test("names what means nothing to this release, which keeps no user out", async () => {
    const report = await startReadiness({ unknownNames: [{ setting: "TYPO", message: "is no variable" }] }).ask();
    const configuration = { state: "ok", problem: "TYPO: is no variable", durationMs: 0 };
    expect(report).toMatchObject({ status: "ready", parts: { configuration } });
  });

  test("makes no call where the configuration does not say where GitHub is", async () => {
    const { ask, requests } = startReadiness({ githubUrl: null, service: wrong });
    expect((await ask()).parts.github.state).toBe("not_checked");
    expect(requests).toEqual([]);
  });

  test("says that KV is not bound, which keeps no one out", async () => {
    const report = await startReadiness({ store: null }).ask();
    expect(report).toMatchObject({ status: "ready", parts: { kv: { state: "not_bound" } } });
  });

  test.each([
    ["fails", () => Promise.reject(new Error("secret words")), "a read failed"],
    ["hangs", hanging, "did not answer within 2000 ms"],
  ])("says that KV %s", async (_, get, problem) => {
    const put = () => Promise.resolve();
    const asked = startReadiness({ store: { get, put } }).ask();
    await vi.advanceTimersByTimeAsync(2_000);
    const report = await asked;
    expect(report).toMatchObject({ status: "not_ready", parts: { kv: { state: "failed", problem } } });
    expect(JSON.stringify(report)).not.toContain("secret words");
  });
});

describe("GitHub", () => {
  test.each([200, 401, 403, 404, 429])("is there where it answers %i under its own name", async (status) => {
    const report = await startReadiness({ github: async () => gitHubAnswer(status) }).ask();
    expect(report).toMatchObject({ status: "ready", parts: { github: { state: "ok" } } });
  });

  test.each([302, 400, 410, 500, 502, 503])("is not well where it answers %i", async (status) => {
    const report = await startReadiness({ github: async () => gitHubAnswer(status) }).ask();
    expect(report).toMatchObject({
      status: "not_ready",
      parts: { github: { state: "failed", problem: `answered ${status}` } },
    });
  });

  test("is not taken for another server that answers at its address", async () => {
    const report = await startReadiness({ github: async () => gitHubAnswer(200, {}) }).ask();
    expect(report.parts.github.problem).toMatch(/^answered 200, but not as GitHub does/);
  });

  test("is not there where the connection fails", async () => {
    const report = await startReadiness({ github: () => Promise.reject(new TypeError("reset")) }).ask();
    expect(report.parts.github).toMatchObject({ state: "failed", problem: "could not be reached" });
  });

  test("is not there where it hangs", async () => {
    const asked = startReadiness({ github: hanging }).ask();
    await vi.advanceTimersByTimeAsync(2_000);
    const report = await asked;
    expect(report.parts.github).toMatchObject({ state: "failed", problem: "did not answer within 2000 ms" });
  });
});

describe("asking in a loop", () => {
  test("asks GitHub and KV once in 10 s", async () => {
    const { ask, requests, reads, pass } = startReadiness();
    for (let count = 0; count < 10; count += 1) {
      await ask();
      pass(900);
    }
    expect([requests.length, reads.length]).toEqual([1, 1]);
    pass(1_000);
    await ask();
    expect([requests.length, reads.length]).toEqual([2, 2]);
  });

  test("gets the last report while another one is being made, until that must have failed", async () => {
    let isHanging = false;
    const { ask, requests, pass } = startReadiness({
      github: () => (isHanging ? hanging() : Promise.resolve(gitHubAnswer(200))),
    });
    await ask();
    isHanging = true;
    pass(10_000);
    void ask();
    expect((await ask()).status).toBe("ready");
    expect(requests).toHaveLength(2);
    pass(2_000);
    void ask();
    expect(requests).toHaveLength(3);
  });

  test("sees a changed configuration at once", async () => {
    const { ask } = startReadiness();
    expect((await ask()).status).toBe("ready");
    expect((await ask(wrong)).status).toBe("not_ready");
  });
});
