// GitHub's keys for workflows: how often they are fetched, what is kept, and what a GitHub that fails or lies leads to.
import { randomBytes } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import { makeActionsKey } from "../../../../src/local/github/actions/issuer.ts";
import { createGitHubClient } from "../../../../src/worker/github/client.ts";
import { rs256 } from "../../../../src/worker/rs256.ts";
import { type KeySet, maxKeySetBytes } from "../../../../src/worker/workflows/key-set.ts";
import {
  type ActionsKeysOptions,
  createActionsKeys,
  failurePauseMs,
  keyLifetimeMs,
  unknownKeyPauseMs,
} from "../../../../src/worker/workflows/keys.ts";
import { FakeIssuer, FakeKv, foreignKey, gitHubKey, startWorkflowApp, workflowToken } from "./support.ts";

const minute = 60_000;
const madeUp = () => workflowToken({ key: foreignKey, header: { kid: randomBytes(12).toString("hex") } });

describe("the keys", () => {
  test("are fetched once for a thousand reviews", async () => {
    const { review, issuer, kv, clock } = startWorkflowApp();
    for (let index = 0; index < 1000; index += 1) {
      const { body } = await review(workflowToken({}, clock.nowMs));
      expect(body.status).toMatchObject({ authenticated: true });
      clock.nowMs += 3_000;
    }
    expect(issuer.calls).toHaveLength(1);
    expect(kv.writes).toHaveLength(1);
  });

  test("are fetched once by many reviews at the same time", async () => {
    const { review, issuer } = startWorkflowApp();
    const answers = await Promise.all(Array.from({ length: 50 }, () => review(workflowToken())));
    expect(answers.every(({ body }) => JSON.stringify(body).includes('"authenticated":true'))).toBe(true);
    expect(issuer.calls).toHaveLength(1);
  });

  test("are fetched again after an hour, and written to KV again", async () => {
    const { review, issuer, kv, clock, settled } = startWorkflowApp();
    await review(workflowToken());
    clock.nowMs += keyLifetimeMs;
    await review(workflowToken({}, clock.nowMs));
    await settled();
    expect(issuer.calls).toHaveLength(2);
    expect(kv.writes).toHaveLength(2);
  });

  test("come from KV in another isolate, and GitHub is not asked", async () => {
    const kv = new FakeKv();
    const first = startWorkflowApp({ kv });
    await first.review(workflowToken());
    await first.settled();
    const second = startWorkflowApp({ kv, env: { CACHE_SECRET: first.env.CACHE_SECRET } });
    await second.review(workflowToken());
    expect(second.issuer.calls).toEqual([]);
    expect(second.decisions()).toMatchObject([{ reason: "admitted", source: "kv" }]);
    await second.review(workflowToken());
    expect(second.decisions()[1]).toMatchObject({ source: "memory" });
  });

  test("in KV can't be planted or read by its owner: another secret sealed them", async () => {
    const kv = new FakeKv();
    const attacker = startWorkflowApp({ kv, issuer: new FakeIssuer(foreignKey) });
    await attacker.review(workflowToken({ key: foreignKey }));
    await attacker.settled();
    const [value] = kv.values.values();
    expect(Buffer.from(value ?? new ArrayBuffer()).toString("latin1")).not.toContain(foreignKey.kid);
    const { review, decisions, issuer } = startWorkflowApp({ kv });
    // Under every name.
    kv.get = async () => value ?? null;
    await review(workflowToken({ key: foreignKey }));
    expect(decisions()).toMatchObject([{ reason: "workflow_key_unknown" }]);
    expect(issuer.calls).toHaveLength(1);
  });

  test.each([
    ["fails", () => Promise.reject(new Error("KV is down"))],
    ["holds rubbish", () => Promise.resolve(randomBytes(300).buffer)],
  ])("come from GitHub where KV %s", async (_, get) => {
    const kv = new FakeKv();
    kv.get = get;
    kv.put = () => Promise.reject(new Error("KV is down"));
    const { review } = startWorkflowApp({ kv });
    expect((await review(workflowToken())).body.status).toMatchObject({ authenticated: true });
  });
});

describe("a flood of made-up key ids", () => {
  test("leads to one fetch a minute and no write to KV, and keeps no workflow out", async () => {
    const { review, issuer, kv, clock, decisions, lines, settled } = startWorkflowApp();
    await review(workflowToken());
    await settled();
    const [writes, reads] = [kv.writes.length, kv.reads];
    const minutes = 5;
    for (let index = 0; index < 300; index += 1) {
      clock.nowMs += (minutes * minute) / 300;
      await review(madeUp());
    }
    expect(issuer.calls.length - 1).toBeLessThanOrEqual(minutes + 1);
    expect(kv.writes).toHaveLength(writes);
    expect(kv.reads - reads).toBeLessThanOrEqual(minutes + 1);
    await review(workflowToken({}, clock.nowMs));
    expect(decisions().at(-1)).toMatchObject({ reason: "admitted" });
    // Forged ones beyond a few are summed.
    expect(lines.length).toBeLessThan(250);
    const sums = decisions().filter(({ event }) => event === "ignored");
    expect(sums.length).toBeGreaterThan(2);
    expect(sums[0]).toMatchObject({ counts: { workflow_key_pending: expect.any(Number) } });
  });

  test("in a new isolate, all at once, leads to one fetch", async () => {
    const { review, issuer } = startWorkflowApp();
    const answers = await Promise.all(Array.from({ length: 100 }, () => review(madeUp())));
    expect(issuer.calls).toHaveLength(1);
    expect(answers.every(({ body }) => !JSON.stringify(body).includes('"authenticated":true'))).toBe(true);
  });

  test("at the sign-in hostname shares the minute with the webhook", async () => {
    const { review, exchange, issuer } = startWorkflowApp();
    await review(madeUp());
    expect((await exchange(madeUp())).body).toMatchObject({ error: "temporarily_unavailable" });
    expect(issuer.calls).toHaveLength(1);
  });
});

describe("a rotation", () => {
  const newKey = makeActionsKey(2);

  test("keeps jobs waiting for a minute at most, and never with a no that is cached", async () => {
    const issuer = new FakeIssuer(gitHubKey);
    const { review, clock, decisions } = startWorkflowApp({ issuer });
    await review(workflowToken());
    issuer.published = [newKey.publicJwk, gitHubKey.publicJwk];
    clock.nowMs += unknownKeyPauseMs - 1;
    expect((await review(workflowToken({ key: newKey }, clock.nowMs))).status).toBe(503);
    expect(decisions().at(-1)).toMatchObject({ verdict: "undetermined", reason: "workflow_key_pending" });
    clock.nowMs += 1;
    expect((await review(workflowToken({ key: newKey }, clock.nowMs))).body.status).toMatchObject({
      authenticated: true,
    });
  });

  test("keeps no job out that tries three times as late as the answer says, however many made-up ids others send", async () => {
    const { env, app, issuer, clock } = startWorkflowApp({ issuer: new FakeIssuer(gitHubKey) });
    const post = async (subject_token: string) => {
      const form = {
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
        audience: "production",
        subject_token,
      };
      const request = new Request("https://login.acme.test/token", { method: "POST", body: new URLSearchParams(form) });
      return app.fetch(request, env);
    };
    const flood = async (seconds: number) => {
      for (let passed = 0; passed < seconds; passed += 1) {
        await post(madeUp());
        clock.nowMs += 1_000;
      }
    };
    // The worst moment for a new key is right after a question.
    await flood(1);
    issuer.published = [newKey.publicJwk, gitHubKey.publicJwk];
    let response = await post(workflowToken({ key: newKey }, clock.nowMs));
    for (let tries = 1; tries <= 3 && response.status === 503; tries += 1) {
      await flood(Number(response.headers.get("retry-after")));
      response = await post(workflowToken({ key: newKey }, clock.nowMs));
    }
    expect(response.status).toBe(200);
  });

  test("reaches KV, and a key that GitHub withdraws verifies nothing afterwards", async () => {
    const issuer = new FakeIssuer(gitHubKey);
    const { review, clock, decisions, kv, settled } = startWorkflowApp({ issuer });
    await review(workflowToken());
    issuer.published = [newKey.publicJwk];
    clock.nowMs += unknownKeyPauseMs;
    await review(workflowToken({ key: newKey }, clock.nowMs));
    await settled();
    expect(kv.writes).toHaveLength(2);
    await review(workflowToken({}, clock.nowMs));
    expect(decisions().at(-1)).toMatchObject({ reason: "workflow_key_pending" });
    clock.nowMs += unknownKeyPauseMs;
    await review(workflowToken({}, clock.nowMs));
    expect(decisions().at(-1)).toMatchObject({ reason: "workflow_key_unknown" });
  });
});

describe("while GitHub does not say its keys", () => {
  const answers: readonly (readonly [string, () => Response | Promise<Response>])[] = [
    ["is down", () => new Response("<html>", { status: 502 })],
    ["does not answer", () => Promise.reject(new Error("no connection"))],
    ["redirects", () => new Response(null, { status: 302, headers: { location: "https://evil.test/jwks" } })],
    ["redirects with keys", () => Response.json({ keys: [gitHubKey.publicJwk] }, { status: 302 })],
    ["has an error with keys", () => Response.json({ keys: [gitHubKey.publicJwk] }, { status: 500 })],
    ["says nothing", () => new Response("")],
    ["answers HTML", () => new Response("<html>")],
    ["says another thing", () => Response.json({ keys: "none" })],
    ["publishes no key", () => Response.json({ keys: [] })],
    ["publishes odd keys alone", () => Response.json({ keys: [{ kty: "oct" }] })],
    ["says that nothing is there", () => new Response("{}", { status: 404 })],
  ];

  test.each(answers)(
    "because it %s, nothing is decided, and it is asked again after some seconds",
    async (_, answer) => {
      const issuer = new FakeIssuer(gitHubKey);
      issuer.answer = answer;
      const { review, exchange, clock, decisions, errors, kv } = startWorkflowApp({ issuer });
      expect((await review(workflowToken())).status).toBe(503);
      expect((await exchange(workflowToken())).body).toMatchObject({ error: "temporarily_unavailable" });
      expect(decisions()).toMatchObject([
        { verdict: "undetermined", reason: "workflow_keys_unavailable" },
        { verdict: "undetermined", reason: "workflow_keys_unavailable" },
      ]);
      expect(issuer.calls).toHaveLength(1);
      expect(errors).toEqual([expect.stringMatching(/^the keys of https:\/\/token\.actions\S+ can't be loaded \(/)]);
      expect(kv.writes).toEqual([]);
      issuer.answer = null;
      clock.nowMs += failurePauseMs;
      expect((await review(workflowToken())).body.status).toMatchObject({ authenticated: true });
    },
  );

  test("because its answer has no end, little of it is read", async () => {
    const issuer = new FakeIssuer(gitHubKey);
    const read = { bytes: 0 };
    issuer.answer = () => new Response(endless(read));
    const { review } = startWorkflowApp({ issuer });
    expect((await review(workflowToken())).status).toBe(503);
    expect(read.bytes).toBeLessThan(2 * maxKeySetBytes);
  });

  test("the keys that are known count for the grace of an outage, and no longer", async () => {
    const issuer = new FakeIssuer(gitHubKey);
    const { review, clock, decisions } = startWorkflowApp({ issuer, env: { OUTAGE_GRACE_SECONDS: 600 } });
    await review(workflowToken());
    issuer.answer = () => new Response("", { status: 503 });
    clock.nowMs += keyLifetimeMs + 10 * minute - 1;
    await review(workflowToken({}, clock.nowMs));
    // A made-up one is not known to be one then.
    await review(madeUp());
    clock.nowMs += 1;
    await review(workflowToken({}, clock.nowMs));
    expect(decisions().map(({ reason }) => reason)).toEqual([
      "admitted",
      "admitted",
      "workflow_keys_unavailable",
      "workflow_keys_unavailable",
    ]);
  });
});

/** Bytes without an end, faster than any limit. */
function endless(read: { bytes: number }): ReadableStream {
  const pieceBytes = 64 * 1024;
  return new ReadableStream({
    pull(controller) {
      read.bytes += pieceBytes;
      controller.enqueue(new Uint8Array(pieceBytes));
    },
  });
}

describe("the source of keys", () => {
  const start = 1_000_000;
  function startKeys(changes: Partial<ActionsKeysOptions> = {}, issuer = new FakeIssuer(gitHubKey)) {
    const clock = { now: start };
    const written: KeySet[] = [];
    const keys = createActionsKeys({
      issuerUrl: "https://issuer.test/acme",
      client: createGitHubClient({ fetch: issuer.fetch }),
      store: { read: async () => null, write: async (set) => written.push(set) },
      graceMs: 0,
      now: () => clock.now,
      waitUntil: () => undefined,
      writeWarning: () => undefined,
      ...changes,
    });
    return { keys, clock, issuer, written };
  }

  test("asks at the issuer's own address, and keeps of a key what verifying needs", async () => {
    const { keys, issuer, written } = startKeys();
    expect(await keys.find(gitHubKey.kid)).toMatchObject({ kind: "found", source: "github" });
    expect(issuer.calls).toEqual(["GET https://issuer.test/acme/.well-known/jwks"]);
    const { kid, kty, n, e } = gitHubKey.publicJwk;
    expect(written).toEqual([{ fetchedAt: start, keys: [{ kid, kty, n, e }] }]);
  });

  test("lets no other request wait while one asks for keys that have just become too old", async () => {
    const issuer = new FakeIssuer(gitHubKey);
    const { keys, clock } = startKeys({ graceMs: 1_000 }, issuer);
    await keys.find(gitHubKey.kid);
    clock.now += keyLifetimeMs;
    let answer: (response: Response) => void = () => undefined;
    issuer.answer = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const asking = keys.find(gitHubKey.kid);
    expect(await keys.find(gitHubKey.kid)).toMatchObject({ kind: "found", source: "memory" });
    answer(Response.json({ keys: issuer.published }));
    expect(await asking).toMatchObject({ kind: "found", source: "github" });
    expect(issuer.calls).toHaveLength(2);
  });

  test("takes no keys of the future, of another machine's wrong clock", async () => {
    const { kid, kty, n, e } = foreignKey.publicJwk;
    const planted = { fetchedAt: start + 1, keys: [{ kid, kty, n, e }] } as KeySet;
    const { keys } = startKeys({ store: { read: async () => planted, write: async () => true } });
    expect(await keys.find(foreignKey.kid)).toMatchObject({ reason: "workflow_key_unknown", source: "github" });
  });

  test("does not wait for ever for a request that was cancelled while it asked", async () => {
    const issuer = new FakeIssuer(gitHubKey);
    issuer.answer = () => new Promise(() => undefined);
    const never = { send: () => new Promise<never>(() => undefined) };
    const { keys, clock } = startKeys({ client: never });
    void keys.find(gitHubKey.kid);
    const second = keys.find(gitHubKey.kid);
    clock.now += 5_000;
    // It asks by itself then, and the first one's client never answers either: so it is under way again.
    const waiting = await Promise.race([second.then(() => "answered"), Promise.resolve("asks")]);
    expect(waiting).toBe("asks");
  });

  test("hands each question to the runtime, which would cancel it with its client", async () => {
    const issuer = new FakeIssuer(gitHubKey);
    let answer: (response: Response) => void = () => undefined;
    issuer.answer = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const work: Promise<void>[] = [];
    const { keys } = startKeys({ waitUntil: (one) => work.push(one) }, issuer);
    const asking = keys.find("made-up");
    expect(work).toHaveLength(1);
    const isOver = () => Promise.race([work[0]?.then(() => true), Promise.resolve(false)]);
    expect(await isOver()).toBe(false);
    await vi.waitFor(() => expect(issuer.calls).toHaveLength(1));
    answer(Response.json({ keys: issuer.published }));
    await asking;
    await work[0];
    expect(await keys.find(gitHubKey.kid)).toMatchObject({ kind: "found", source: "memory" });
  });

  test("asks again seconds after a question that was cancelled, also while it has keys", async () => {
    const issuer = new FakeIssuer(gitHubKey);
    const { keys, clock } = startKeys({}, issuer);
    await keys.find(gitHubKey.kid);
    clock.now += unknownKeyPauseMs;
    issuer.answer = () => new Promise(() => undefined);
    void keys.find("made-up");
    await vi.waitFor(() => expect(issuer.calls).toHaveLength(2));
    const newKey = makeActionsKey(2);
    issuer.answer = null;
    issuer.published = [newKey.publicJwk];
    expect(await keys.find(newKey.kid)).toMatchObject({ reason: "workflow_key_pending" });
    clock.now += 5_000;
    expect(await keys.find(newKey.kid)).toMatchObject({ kind: "found", source: "github" });
  });

  test("keeps no request waiting for longer than a question takes, however many are cancelled", async () => {
    const { keys, clock } = startKeys({ client: { send: () => new Promise<never>(() => undefined) } });
    void keys.find("made-up");
    const honest = keys.find(gitHubKey.kid);
    clock.now += 4_999;
    void keys.find("made-up");
    clock.now += 1;
    // The next one of the attacker's begins to ask before the honest one looks again.
    void keys.find("made-up");
    expect(await honest).toMatchObject({ reason: "workflow_keys_unavailable" });
  });

  test("writes nothing to KV because GitHub names the same keys in another order", async () => {
    const issuer = new FakeIssuer(gitHubKey, foreignKey);
    const { keys, clock, written } = startKeys({}, issuer);
    await keys.find(gitHubKey.kid);
    clock.now += unknownKeyPauseMs;
    issuer.published = [...issuer.published].reverse();
    await keys.find("made-up");
    expect(issuer.calls).toHaveLength(2);
    expect(written).toHaveLength(1);
  });

  test("forgets what it imported when the keys change", async () => {
    const issuer = new FakeIssuer(gitHubKey);
    const { keys, clock } = startKeys({}, issuer);
    await keys.find(gitHubKey.kid);
    issuer.published = [{ ...foreignKey.publicJwk, kid: gitHubKey.kid }];
    clock.now += keyLifetimeMs;
    const answer = await keys.find(gitHubKey.kid);
    if (answer.kind !== "found") throw new Error(answer.kind);
    const [header, payload, signature = ""] = workflowToken({ key: foreignKey }).split(".");
    const input = Buffer.from(`${header}.${payload}`);
    expect(await crypto.subtle.verify(rs256, answer.key, Buffer.from(signature, "base64url"), input)).toBe(true);
  });
});
