// A user at work: GitHub is asked once, then in the background and on the condition that something has changed, and the
// user does not wait for it.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { StandInAccount } from "../../../src/local/github/accounts.ts";
import type { StandInOrganisation } from "../../../src/local/github/organisations.ts";
import { startWorkerOnPort, type WorkerOnPort } from "../../support/worker-on-port.ts";

const ttlMs = 120_000;
/**
 * What it is compared with takes milliseconds, so that this tells one wait from none, and from two, on a busy machine
 * too.
 */
const githubLatencyMs = 1_500;
const team = { allow: ["team:acme/platform"], groups_from: ["acme"], token_kinds: ["classic", "fine_grained"] };

let worker: WorkerOnPort;
let acme: StandInOrganisation;
let mona: StandInAccount;
beforeAll(async () => {
  worker = await startWorkerOnPort({
    clusters: { production: team, staging: { ...team, prefix: "staging:" } },
    vars: { CACHE_TTL_SECONDS: String(ttlMs / 1000) },
  });
  const { github } = worker;
  mona = github.addAccount({ login: "Mona-Lisa" });
  acme = github.addOrganisation({ login: "acme" });
  github.addMember(acme, mona);
  github.addToTeam(github.addTeam(acme, { name: "platform" }), mona);
});
afterAll(() => worker?.stop());
beforeEach(() => {
  worker.github.requests.length = 0;
});

const newToken = () => worker.github.issueToken(mona, { kind: "classic", scopes: ["read:org"] });
const userIn = (body: string) => JSON.parse(body).status.user;
const askedPaths = () => worker.github.requests.map(({ path }) => path.split("?")[0]).sort();
const everything = ["/user", "/user/memberships/orgs/acme", "/user/teams"];

/** How much of her hour's quota is spent, as GitHub tells her herself. */
async function spentQuota(token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, "user-agent": "test" };
  const response = await fetch(`${worker.github.url}/user`, { headers });
  worker.github.requests.pop();
  return Number(response.headers.get("x-ratelimit-used"));
}

test("a review that was warm costs no call to GitHub, none to KV, and says the same", async () => {
  const token = newToken();
  const cold = await worker.review(token);
  expect(cold.decision).toMatchObject({ source: "github", githubStatus: 200 });
  expect(askedPaths()).toEqual(everything);
  const before = await worker.meters();

  const warm = await worker.review(token);

  expect(warm.decision).toMatchObject({ verdict: "authenticated", reason: "admitted", source: "memory", groups: 2 });
  for (const ofGitHubsAnswer of ["githubStatus", "githubRequestId", "outageGrace"]) {
    expect(warm.decision).not.toHaveProperty(ofGitHubsAnswer);
  }
  expect(warm.body).toBe(cold.body);
  expect(askedPaths()).toEqual(everything);
  expect(await worker.meters()).toEqual(before);
});

test("the five requests of one kubectl ask GitHub once", async () => {
  const token = newToken();
  for (const _ of Array(5)) expect((await worker.ask(token)).status).toBe(200);
  expect(askedPaths()).toEqual(everything);
});

test("another cluster's decision is another one, and rests on the same facts", async () => {
  const token = newToken();
  const production = await worker.review(token);
  const staging = await worker.review(token, { cluster: "staging" });
  expect(staging.decision).toMatchObject({ source: "memory", cluster: "staging" });
  expect(userIn(staging.body).username).toBe(userIn(production.body).username.replace("github:", "staging:"));
  expect(askedPaths()).toEqual(everything);
});

test("an isolate that knows nothing learns it from KV with one read, once", async () => {
  const token = newToken();
  const first = await worker.review(token);
  const { kvReads, kvWrites } = await worker.meters();
  worker.github.requests.length = 0;

  worker.newIsolate();
  const elsewhere = await worker.review(token);
  const again = await worker.review(token);

  expect(elsewhere.decision).toMatchObject({ source: "kv", verdict: "authenticated" });
  expect(again.decision).toMatchObject({ source: "memory" });
  expect([elsewhere.body, again.body]).toEqual([first.body, first.body]);
  expect(worker.github.requests).toEqual([]);
  expect(await worker.meters()).toMatchObject({ kvReads: kvReads + 1, kvWrites });
});

describe("refresh ahead", () => {
  test("before half of the TTL GitHub is left alone", async () => {
    const token = newToken();
    await worker.review(token);
    worker.github.requests.length = 0;
    worker.advance(ttlMs / 2 - 5_000);
    expect((await worker.review(token)).decision.source).toBe("memory");
    expect(worker.github.requests).toEqual([]);
  });

  test("from half of it on, GitHub is asked behind the answer, conditionally, and nothing of the quota is spent", async () => {
    const token = newToken();
    await worker.review(token);
    const spent = await spentQuota(token);
    worker.github.requests.length = 0;
    worker.advance(ttlMs / 2);

    expect((await worker.review(token)).decision.source).toBe("memory");

    expect(askedPaths()).toEqual(everything);
    for (const { status, headers } of worker.github.requests) {
      expect(status).toBe(304);
      expect(headers["if-none-match"]).toMatch(/^(W\/)?"[^"]+"$/);
    }
    // But for the call that reads the meter.
    expect(await spentQuota(token)).toBe(spent + 1);
  });

  test("a 304 renews: older facts are fresh for another TTL, and KV is not written for it", async () => {
    const token = newToken();
    const { body } = await worker.review(token);
    worker.advance(ttlMs * 0.75);
    await worker.review(token);
    const { kvWrites } = await worker.meters();
    worker.github.requests.length = 0;

    worker.advance(ttlMs * 0.45);
    const later = await worker.review(token);

    expect(later.decision.source).toBe("memory");
    expect(later.body).toBe(body);
    expect(worker.github.requests).toEqual([]);
    expect((await worker.meters()).kvWrites).toBe(kvWrites);
  });

  test("who asks does not wait for it, and however many ask, it is one at a time", async () => {
    const token = newToken();
    await worker.review(token);
    worker.github.requests.length = 0;
    worker.github.latencyMs = githubLatencyMs;
    worker.advance(ttlMs / 2);
    try {
      const startedAt = performance.now();
      await Promise.all(Array.from({ length: 20 }, () => worker.ask(token)));
      expect(performance.now() - startedAt).toBeLessThan(githubLatencyMs);
      await worker.meters();
    } finally {
      worker.github.latencyMs = 0;
    }
    expect(askedPaths()).toEqual(everything);
  });

  test("what it learns counts from the next review on", async () => {
    const { github } = worker;
    const leaver = github.addAccount({ login: "leaver" });
    github.addMember(acme, leaver);
    const stays = github.addTeam(acme, { name: "platform-2" });
    github.addToTeam(stays, leaver);
    worker.newIsolate({ production: { ...team, allow: ["org:acme"] } });
    const token = github.issueToken(leaver, { kind: "classic", scopes: ["read:org"] });
    expect(userIn((await worker.review(token)).body).groups).toEqual(["github:acme", "github:acme/platform-2"]);

    github.removeFromTeam(stays, leaver);
    worker.advance(ttlMs / 2);

    expect(userIn((await worker.review(token)).body).groups).toHaveLength(2);
    expect(userIn((await worker.review(token)).body).groups).toEqual(["github:acme"]);
    worker.newIsolate();
  });
});

test("a token once good whose facts are too old is asked about all at once, conditionally", async () => {
  const token = newToken();
  const { body } = await worker.review(token);
  worker.github.requests.length = 0;
  worker.advance(ttlMs + 1_000);
  worker.github.latencyMs = githubLatencyMs;

  const { decision, body: later } = await worker.review(token);

  worker.github.latencyMs = 0;
  expect(decision).toMatchObject({ source: "github", verdict: "authenticated" });
  expect(later).toBe(body);
  expect(askedPaths()).toEqual(everything);
  expect(worker.github.requests.map(({ status }) => status)).toEqual([304, 304, 304]);
  // One round trip, not two.
  expect(decision.durationMs).toBeLessThan(2 * githubLatencyMs);
});
