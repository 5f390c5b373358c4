// The cap on tokens that were never seen: over it they are undetermined, and users who were let in before go on as
// ever, however long ago that was.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { StandInAccount } from "../../../src/local/github/accounts.ts";
import { limiterHasTime } from "../../support/limiter-time.ts";
import { startWorkerOnPort, type WorkerOnPort } from "../../support/worker-on-port.ts";

const limit = 8;
const ttlMs = 60_000;
const graceMs = 120_000;
const vars = { CACHE_TTL_SECONDS: String(ttlMs / 1000), OUTAGE_GRACE_SECONDS: String(graceMs / 1000) };
const anyone = { allow: ["anyone"], token_kinds: ["classic"] };
const clusters = { production: anyone, staging: anyone };

let worker: WorkerOnPort;
let mona: StandInAccount;
const newToken = () => worker.github.issueToken(mona, { kind: "classic" });
const verdictsOf = async (tokens: readonly string[]) =>
  Promise.all(tokens.map(async (token) => (await worker.review(token)).decision.reason));

describe("a cluster with more never-seen tokens than it may have", () => {
  beforeEach(async () => {
    await limiterHasTime();
    const simple = { limit, period: 60 } as const;
    worker = await startWorkerOnPort({
      clusters,
      vars,
      settings: { ratelimits: [{ name: "NEVER_SEEN_LIMIT", namespace_id: "1001", simple }] },
    });
    mona = worker.github.addAccount({ login: "mona" });
  });
  afterEach(() => worker?.stop());

  async function exceed(): Promise<void> {
    await Promise.all(Array.from({ length: 2 * limit }, () => worker.ask(newToken())));
  }

  test("hears so, and GitHub is not asked", async () => {
    await exceed();
    worker.github.requests.length = 0;

    const { status, body, decision } = await worker.review(newToken());

    expect(status).toBe(503);
    expect(JSON.parse(body).message).toMatch(/^new_token_rate_limit: /);
    expect(decision).toMatchObject({ verdict: "undetermined", reason: "new_token_rate_limit", source: "none" });
    expect(worker.github.requests).toEqual([]);
  });

  test("does not bring another cluster to its limit", async () => {
    await exceed();
    expect((await worker.review(newToken(), { cluster: "staging" })).decision.reason).toBe("admitted");
  });

  test("lets people at work go on, warm, and those who come back after TTL and grace", async () => {
    const [atWork = "", away = ""] = [newToken(), newToken()];
    await verdictsOf([atWork, away]);
    await exceed();
    expect((await worker.review(atWork)).decision).toMatchObject({ reason: "admitted", source: "memory" });
    worker.advance(ttlMs + graceMs + 1_000);
    // The limiter's own clock is the machine's: its minute is not over.
    expect((await worker.review(newToken())).decision.reason).toBe("new_token_rate_limit");
    expect((await worker.review(away)).decision).toMatchObject({ reason: "admitted", source: "github" });
  });

  test("does so also with a changed policy in between", async () => {
    const { github } = worker;
    const acme = github.addOrganisation({ login: "acme" });
    github.addMember(acme, mona);
    const [atWork = "", away = ""] = [0, 1].map(() =>
      github.issueToken(mona, { kind: "classic", scopes: ["read:org"] }),
    );
    await verdictsOf([atWork, away]);
    await exceed();

    worker.newIsolate({ production: { allow: ["org:acme"], token_kinds: ["classic"] } });

    expect((await worker.review(newToken())).decision.reason).toBe("new_token_rate_limit");
    github.requests.length = 0;
    expect((await worker.review(atWork)).decision).toMatchObject({ reason: "admitted", groups: 1 });
    // Only what is missing is asked.
    expect(github.requests.map(({ path }) => path.split("?")[0])).toContain("/user/memberships/orgs/acme");
    worker.advance(ttlMs + graceMs + 1_000);
    worker.newIsolate({ production: { allow: ["org:acme"], token_kinds: ["classic"] } });
    expect((await worker.review(away)).decision).toMatchObject({ reason: "admitted", groups: 1 });
  });

  test("does so also while GitHub is down, within the grace", async () => {
    const token = newToken();
    await worker.review(token);
    await exceed();
    worker.github.setFault("everyone", { kind: "server_error", status: 503, body: "json" });
    worker.advance(ttlMs + 1_000);
    expect((await worker.review(token)).decision).toMatchObject({ reason: "admitted", outageGrace: true });
  });
});

describe("without the binding", () => {
  beforeAll(async () => {
    worker = await startWorkerOnPort({ clusters, settings: { ratelimits: [] } });
    mona = worker.github.addAccount({ login: "mona" });
  });
  afterAll(() => worker?.stop());

  test("there is no cap, and stderr says so once", async () => {
    const tokens = Array.from({ length: 4 * limit }, newToken);
    expect(new Set(await verdictsOf(tokens))).toEqual(new Set(["admitted"]));
    expect(worker.errors().filter((line) => line.includes("NEVER_SEEN_LIMIT"))).toEqual([
      "NEVER_SEEN_LIMIT is not bound: there is no cap on tokens that were never seen",
    ]);
  });
});
