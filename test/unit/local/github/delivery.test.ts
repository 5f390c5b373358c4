import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import type { Fault } from "../../../../src/local/github/faults.ts";
import { type GitHubStandIn, startGitHubStandIn } from "../../../../src/local/github/server.ts";
import { until } from "../../../support/until.ts";
import { getUser, start, startWithToken } from "./support.ts";

/** Long enough that no test waits for it. */
const neverMs = 600_000;
const shortMs = 60;
/** Timers count in whole milliseconds and may be one early. */
const toleranceMs = 2;

async function failing(fault: Fault) {
  const scene = await startWithToken();
  scene.standIn.setFault(scene.token, fault);
  return scene;
}

async function untilAsked(standIn: GitHubStandIn, times: number): Promise<void> {
  await until(() => standIn.requests.length === times, 2000, `the stand-in has had ${times} requests`);
}

async function causeOf(promise: Promise<unknown>): Promise<unknown> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof Error && error.cause instanceof Error ? error.cause : error;
}

describe("a response with the fault", () => {
  test("truncated ends with the connection, before the announced length", async () => {
    const { standIn, askUser } = await failing({ kind: "truncated" });
    const response = await askUser();
    expect(response.status).toBe(200);
    expect(await causeOf(response.text())).toBeInstanceOf(Error);
    expect(standIn.requests[0]?.status).toBe(200);
  });

  test.each([true, false])("oversized is right but for its size, its length declared: %s", async (declared) => {
    const bytes = 3_000_000;
    const { askUser } = await failing({ kind: "oversized", bytes, declared });
    const response = await askUser();
    expect(response.headers.get("content-length")).toBe(declared ? String(bytes) : null);
    const body = await response.text();
    expect(body.length).toBe(bytes);
    expect(JSON.parse(body)).toMatchObject({ login: "octo-reader" });
  });

  test("slow_head comes whole, but late", async () => {
    const { askUser } = await failing({ kind: "slow_head", delayMs: shortMs });
    const startedAt = performance.now();
    const response = await askUser();
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(shortMs - toleranceMs);
    expect(await response.json()).toMatchObject({ login: "octo-reader" });
  });

  test("slow_body has a head that does not wait for the rest of the body", async () => {
    const { standIn, token, askUser } = await failing({ kind: "slow_body", delayMs: neverMs });
    expect((await askUser({ signal: AbortSignal.timeout(5000) })).status).toBe(200);
    standIn.setFault(token, { kind: "slow_body", delayMs: shortMs });
    const startedAt = performance.now();
    const response = await askUser();
    expect(await response.json()).toMatchObject({ login: "octo-reader" });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(shortMs - toleranceMs);
  });

  test("hang does not come, and the stand-in closes at once all the same", async () => {
    const { standIn, askUser } = await failing({ kind: "hang" });
    const failure = causeOf(askUser());
    await untilAsked(standIn, 1);
    const startedAt = performance.now();
    await standIn.close();
    expect(await failure).toBeInstanceOf(Error);
    expect(performance.now() - startedAt).toBeLessThan(1000);
    expect(standIn.requests[0]?.status).toBeNull();
  });

  test("hang_body has a head and never the rest", async () => {
    const { standIn, askUser } = await failing({ kind: "hang_body" });
    const response = await askUser();
    expect(response.status).toBe(200);
    const failure = causeOf(response.text());
    await standIn.close();
    expect(await failure).toBeInstanceOf(Error);
  });

  test("reset is a connection that ends with a reset", async () => {
    const { standIn, askUser } = await failing({ kind: "reset" });
    expect(await causeOf(askUser())).toMatchObject({ code: "ECONNRESET" });
    expect(standIn.requests[0]?.status).toBeNull();
  });

  test.each<Fault>([
    { kind: "slow_head", delayMs: neverMs },
    { kind: "slow_body", delayMs: neverMs },
  ])("%j ends when the stand-in closes", async (fault) => {
    const { standIn, askUser } = await failing(fault);
    const failure = causeOf(askUser().then((response) => response.text()));
    await untilAsked(standIn, 1);
    await standIn.close();
    expect(await failure).toBeInstanceOf(Error);
  });

  test("slow_head does the stand-in no harm if the client gives up", async () => {
    const { standIn, token } = await failing({ kind: "slow_head", delayMs: 5 * shortMs });
    const client = new AbortController();
    const failure = causeOf(getUser(standIn, token, { signal: client.signal }));
    await untilAsked(standIn, 1);
    client.abort();
    expect(await failure).toBeInstanceOf(Error);
    // Asked after the one that was given up, and as late: when it has its answer, the other would have had it.
    expect((await getUser(standIn, token)).status).toBe(200);
    expect(standIn.requests.map(({ status }) => status)).toEqual([null, 200]);
  });

  test("oversized is the usual refusal for a token that GitHub does not know", async () => {
    const standIn = await start();
    standIn.setFault("everyone", { kind: "oversized", bytes: 5000 });
    const response = await getUser(standIn, "unknown");
    expect(response.status).toBe(401);
    expect((await response.text()).length).toBe(5000);
  });
});

describe("the stand-in", () => {
  test("adds its latency before each response and takes a changed one at once", async () => {
    const standIn = await start({ latencyMs: shortMs });
    const startedAt = performance.now();
    await getUser(standIn, null);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(shortMs - toleranceMs);
    standIn.latencyMs = neverMs;
    const failure = causeOf(getUser(standIn, null));
    await untilAsked(standIn, 2);
    await standIn.close();
    expect(await failure).toBeInstanceOf(Error);
  });

  test("records every request with its token, status and headers", async () => {
    const { standIn, token, askUser } = await startWithToken();
    await askUser({ headers: { "x-probe": "1" } });
    await fetch(`${standIn.url}/nowhere?page=2`, { method: "POST", body: "something" });
    expect(standIn.requests).toMatchObject([
      { method: "GET", path: "/user", status: 200, token, headers: { "x-probe": "1", "user-agent": "octogate" } },
      { method: "POST", path: "/nowhere?page=2", status: 404, token: null },
    ]);
    standIn.requests.length = 0;
    await getUser(standIn, null);
    expect(standIn.requests).toHaveLength(1);
  });

  test("listens on loopback alone, on the port that the test gives", async () => {
    const first = await start();
    const port = Number(new URL(first.url).port);
    await first.close();
    const second = await start({ port });
    expect(second.url).toBe(`http://127.0.0.1:${port}`);
    expect((await getUser(second, null)).status).toBe(401);
  });

  test("rejects with the system's error if its port is taken", async () => {
    const { url } = await start();
    await expect(startGitHubStandIn({ port: Number(new URL(url).port) })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  test("closes twice without harm and frees its port", async () => {
    const standIn = await start();
    await getUser(standIn, null);
    await standIn.close();
    await standIn.close();
    const port = Number(new URL(standIn.url).port);
    const server = createServer().listen(port, "127.0.0.1");
    await new Promise((resolve, reject) => server.once("listening", resolve).once("error", reject));
    await new Promise((resolve) => server.close(resolve));
  });
});

test("the stand-in keeps the latest requests, so that its memory does not grow without end", async () => {
  const { standIn, askUser } = await startWithToken();
  await askUser();
  const [first] = standIn.requests;
  if (first === undefined) throw new Error("the request was not recorded");
  standIn.requests.push(...Array.from({ length: 49_999 }, () => ({ ...first, path: "/older" })));
  await askUser();
  expect(standIn.requests).toHaveLength(25_001);
  expect(standIn.requests.at(-1)?.path).toBe("/user");
});
