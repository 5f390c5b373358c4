// GitHub is down: users who were let in go on for as long as the grace lasts, log and audit log say so, and all others
// hear what is wrong.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { StandInAccount } from "../../../src/local/github/accounts.ts";
import type { Fault } from "../../../src/local/github/faults.ts";
import { startWorkerOnPort, type WorkerOnPort } from "../../support/worker-on-port.ts";

const ttlMs = 60_000;
const graceMs = 600_000;
const clusters = { production: { allow: ["anyone"], token_kinds: ["classic"] } };

/** One for all tests: each has tokens of its own, and begins with an isolate that remembers nothing. */
let worker: WorkerOnPort;
let mona: StandInAccount;
beforeAll(async () => {
  worker = await startWorkerOnPort({
    clusters,
    vars: { CACHE_TTL_SECONDS: String(ttlMs / 1000), OUTAGE_GRACE_SECONDS: String(graceMs / 1000) },
  });
  mona = worker.github.addAccount({ login: "mona" });
});
afterAll(() => worker?.stop());
beforeEach(() => {
  worker.github.setFault("everyone", null);
  worker.newIsolate();
});

const newToken = (expiration?: string) =>
  worker.github.issueToken(mona, { kind: "classic", ...(expiration === undefined ? {} : { expiration }) });
const down: Fault = { kind: "server_error", status: 503, body: "unicorn_html" };
const statusOf = (body: string) => JSON.parse(body).status;
const extraOf = (body: string) => statusOf(body).user.extra;
const graceKey = "octogate.dev/outage-grace";

const outages: readonly (readonly [string, Fault, object])[] = [
  ["a server error", down, { githubStatus: 503 }],
  ["a page where JSON should be", { kind: "server_error", status: 502, body: "html_labelled_json" }, {}],
  ["a reset", { kind: "reset" }, {}],
  ["an answer that breaks off", { kind: "truncated" }, {}],
  ["an invalid response", { kind: "body", status: 200, body: "[]" }, { githubStatus: 200 }],
  ["silence", { kind: "hang" }, {}],
];

describe("after the TTL, with", () => {
  test.each(outages)(
    "%s, a known user goes on, and it shows; a new one hears that it is GitHub",
    async (_, fault, logged) => {
      const token = newToken();
      const before = await worker.review(token);
      worker.github.setFault("everyone", fault);
      worker.advance(ttlMs + 1_000);

      const [{ status, body, decision }, asNew] = await Promise.all([worker.review(token), worker.review(newToken())]);

      expect(status).toBe(200);
      expect(statusOf(body).user).toEqual({
        ...statusOf(before.body).user,
        extra: { ...extraOf(before.body), [graceKey]: ["true"] },
      });
      expect(decision).toMatchObject({ verdict: "authenticated", outageGrace: true, source: "github", ...logged });

      expect(asNew.status).toBe(503);
      expect(JSON.parse(asNew.body)).toMatchObject({ kind: "Status", reason: "ServiceUnavailable" });
      expect(asNew.decision).toMatchObject({ verdict: "undetermined", reason: expect.stringMatching(/^github_/) });
      expect(asNew.decision).not.toHaveProperty("outageGrace");
    },
  );
});

test("fresh facts carry no mark", async () => {
  const token = newToken();
  await worker.review(token);
  worker.github.setFault("everyone", down);
  worker.advance(ttlMs - 1_000);
  const { body, decision } = await worker.review(token);
  expect(decision).toMatchObject({ source: "memory", verdict: "authenticated" });
  expect(decision).not.toHaveProperty("outageGrace");
  expect(extraOf(body)).not.toHaveProperty([graceKey]);
});

test("grace ends at its second, in an isolate that knew the person and in one that has it from KV", async () => {
  const token = newToken();
  await worker.review(token);
  worker.github.setFault("everyone", down);
  worker.advance(ttlMs + graceMs - 2_000);
  expect((await worker.review(token)).decision).toMatchObject({ outageGrace: true });
  worker.newIsolate();
  expect((await worker.review(token)).decision).toMatchObject({ outageGrace: true });

  worker.advance(2_500);

  for (const isolate of ["the same", "a new one"]) {
    const { status, decision } = await worker.review(token);
    expect({ isolate, status, reason: decision.reason }).toEqual({
      isolate,
      status: 503,
      reason: "github_server_error",
    });
    worker.newIsolate();
  }
});

test("no grace past the token's own end", async () => {
  const endsAt = new Date(worker.now() + ttlMs + 30_000);
  const token = newToken(`${endsAt.toISOString().slice(0, 19).replace("T", " ")} UTC`);
  expect((await worker.review(token)).decision.verdict).toBe("authenticated");
  worker.github.setFault("everyone", down);
  worker.advance(ttlMs + 15_000);
  expect((await worker.review(token)).decision).toMatchObject({ verdict: "authenticated", outageGrace: true });
  worker.advance(16_000);
  expect((await worker.review(token)).status).toBe(503);
});

test("no grace for a token whose end can't be read", async () => {
  const token = newToken("some day");
  expect((await worker.review(token)).decision.verdict).toBe("authenticated");
  worker.github.setFault("everyone", down);
  worker.advance(ttlMs + 1_000);
  expect((await worker.review(token)).status).toBe(503);
});

test("no grace for a user who has spent their own quota", async () => {
  const token = newToken();
  await worker.review(token);
  worker.github.setFault(token, { kind: "primary_limit", status: 403, headers: "full" });
  worker.advance(ttlMs + 1_000);
  const { status, decision } = await worker.review(token);
  expect(status).toBe(503);
  expect(decision).toMatchObject({ verdict: "undetermined", reason: "github_rate_limit" });
});

test("while GitHub hangs, only the first few known users wait for it; GitHub is still asked about a new one", async () => {
  const tokens = Array.from({ length: 8 }, newToken);
  for (const token of tokens) await worker.review(token);
  worker.github.setFault("everyone", { kind: "hang" });
  worker.advance(ttlMs + 1_000);

  const hasWaited = async (token: string) => {
    const { status, durationMs } = await worker.ask(token);
    expect(status).toBe(200);
    return durationMs > 1_000;
  };
  const waits = await Promise.all(tokens.splice(0, 2).map(hasWaited));
  for (const token of tokens) waits.push(await hasWaited(token));

  expect(waits).toEqual([true, true, true, false, false, false, false, false]);
  const unknown = newToken();
  worker.github.requests.length = 0;
  expect((await worker.review(unknown)).decision).toMatchObject({ reason: "github_timeout" });
  expect(worker.github.requests.filter(({ token }) => token === unknown)).toHaveLength(1);
});

test("when GitHub is back, the mark goes with the next facts", async () => {
  const token = newToken();
  await worker.review(token);
  worker.github.setFault("everyone", down);
  worker.advance(ttlMs + 1_000);
  expect((await worker.review(token)).decision).toMatchObject({ outageGrace: true });
  worker.github.setFault("everyone", null);
  worker.advance(10_000);
  const { decision, body } = await worker.review(token);
  expect(decision).toMatchObject({ verdict: "authenticated", githubStatus: 304 });
  expect(decision).not.toHaveProperty("outageGrace");
  expect(extraOf(body)).not.toHaveProperty([graceKey]);
});

test("with the Worker restarted and GitHub down, known people get in from KV", async () => {
  const token = newToken();
  const { body } = await worker.review(token);
  worker.github.setFault("everyone", down);
  await worker.restart();
  const after = await worker.review(token);
  expect(after.decision).toMatchObject({ source: "kv", verdict: "authenticated" });
  expect(after.body).toBe(body);
  worker.advance(ttlMs + 1_000);
  await worker.restart();
  expect((await worker.review(token)).decision).toMatchObject({ verdict: "authenticated", outageGrace: true });
});
