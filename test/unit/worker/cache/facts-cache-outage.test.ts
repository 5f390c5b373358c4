// What stands while GitHub is down, and for how long; and who waits for it.
import { describe, expect, test } from "vitest";
import type { LookupFailure, UnavailableReason } from "../../../../src/worker/github/facts.ts";
import {
  factsOf,
  hurryTimers,
  isolate,
  leftFacts,
  never,
  newToken,
  request,
  requestFor,
  seconds,
  setUp,
  turnOfTheLoop,
  unavailable,
} from "./support.ts";

const staleFound = { outcome: { kind: "found", isStale: true } };

describe("a known user, while GitHub is down", () => {
  test("goes on until TTL and grace are over", async () => {
    const { one, clock, github, token } = setUp();
    await one.ask(token);
    github.says(unavailable);
    clock.advance(seconds(120) - 1);
    expect(await one.ask(token)).toMatchObject({ outcome: { kind: "found", isStale: false } });
    await one.settle();
    clock.advance(1);
    expect(await one.ask(token)).toMatchObject(staleFound);
    clock.advance(seconds(600) - 1);
    expect(await one.ask(token)).toMatchObject(staleFound);
    clock.advance(1);
    expect(await one.ask(token)).toMatchObject({ outcome: unavailable });
  });

  test("goes on by KV at an isolate that does not know them", async () => {
    const { one, start, clock, github, token } = setUp();
    await one.ask(token);
    await one.settle();
    github.says(unavailable);
    clock.advance(seconds(719));
    expect(await start().ask(token)).toMatchObject(staleFound);
    clock.advance(seconds(1));
    expect(await start().ask(token)).toMatchObject({ outcome: unavailable });
  });

  test.each([
    "github_unreachable",
    "github_timeout",
    "github_server_error",
    "github_redirect",
    "github_invalid_response",
    "github_inconsistent_responses",
    "github_unexpected_status",
  ] satisfies UnavailableReason[])("goes on with any answer that the Worker cannot use: %s", async (reason) => {
    const { one, clock, github, token } = setUp();
    await one.ask(token);
    github.says({ kind: "unavailable", reason });
    clock.advance(seconds(720) - 1);
    expect(await one.ask(token)).toMatchObject(staleFound);
    clock.advance(1);
    expect(await one.ask(token)).toMatchObject({ outcome: { kind: "unavailable", reason } });
  });

  test("is out at once where grace is turned off", async () => {
    const { one, clock, github, token } = setUp({ graceMs: 0 });
    await one.ask(token);
    github.says(unavailable);
    clock.advance(seconds(120));
    expect(await one.ask(token)).toMatchObject({ outcome: unavailable });
  });

  test("is out when the token ends", async () => {
    const { one, clock, github, token } = setUp();
    github.says(factsOf({ expiry: { kind: "at", epochMs: clock.now() + seconds(300) } }));
    await one.ask(token);
    github.says(unavailable);
    clock.advance(seconds(299));
    expect(await one.ask(token)).toMatchObject(staleFound);
    clock.advance(seconds(1));
    expect(await one.ask(token)).toMatchObject({ outcome: unavailable });
  });

  test("is out after the TTL where the token's end cannot be read", async () => {
    const { one, clock, github, token } = setUp();
    github.says(factsOf({ expiry: { kind: "unreadable" } }));
    await one.ask(token);
    github.says(unavailable);
    clock.advance(seconds(120));
    expect(await one.ask(token)).toMatchObject({ outcome: unavailable });
  });

  test("is not let into a cluster whose organisations were not asked about", async () => {
    const { one, github, token } = setUp();
    await one.ask(token);
    github.says(unavailable);
    expect(await one.ask(token, requestFor({ allow: ["org:other"] }))).toMatchObject({ outcome: unavailable });
  });

  test("gets no refusal from memory: GitHub has not said it now", async () => {
    const { one, clock, github, token } = setUp();
    github.says(leftFacts);
    await one.ask(token);
    github.says(unavailable);
    clock.advance(seconds(10));
    expect(await one.ask(token)).toMatchObject({ outcome: unavailable });
  });

  test("gets grace from memory if KV hangs as well", async () => {
    hurryTimers();
    const { start, clock, github, store, sealer, token } = setUp();
    const one = isolate({ github, clock, store, sealer });
    await one.ask(token);
    github.says(unavailable);
    store.onGet = never;
    clock.advance(seconds(120));
    expect(await one.ask(token)).toMatchObject(staleFound);
    expect(start().memory.size).toBe(0);
  });
});

describe("KV is asked before grace is given", () => {
  test("by every review in an outage", async () => {
    const { one, clock, github, store, token } = setUp();
    await one.ask(token);
    github.says(unavailable);
    clock.advance(seconds(120));
    for (let review = 0; review < 6; review += 1) {
      const { length } = store.reads;
      expect(await one.ask(token)).toMatchObject(staleFound);
      expect(store.reads.length).toBe(length + 1);
    }
  });
});

describe("after three failures", () => {
  async function brokenDown() {
    const all = setUp();
    const { one, clock, github, token } = all;
    await one.ask(token);
    github.says(unavailable);
    clock.advance(seconds(120));
    for (let review = 0; review < 3; review += 1) await one.ask(token);
    await one.settle();
    return all;
  }

  test("known people don't wait, and one in 5 s asks in the background", async () => {
    const { one, clock, github, token } = await brokenDown();
    expect(github.calls).toHaveLength(4);
    github.says({ outcome: unavailable, meanwhile: never });
    for (let second = 0; second < 20; second += 1) {
      expect(await one.ask(token)).toMatchObject({
        ...staleFound,
        source: "memory",
        call: null,
      });
      clock.advance(seconds(1));
      await turnOfTheLoop();
    }
    // A refresh of one token that hangs is given up after 15 s.
    expect(github.calls.length).toBe(5);
  });

  test("each of several people probes in turn", async () => {
    const { one, clock, github } = setUp();
    const tokens = [newToken(), newToken(), newToken()];
    for (const token of tokens) await one.ask(token);
    github.says(unavailable);
    clock.advance(seconds(120));
    for (const token of tokens) await one.ask(token);
    const { length } = github.calls;
    for (let second = 0; second < 60; second += 1) {
      for (const token of tokens) expect(await one.ask(token)).toMatchObject(staleFound);
      await one.settle();
      clock.advance(seconds(1));
    }
    // From 5 s after it opened on, a probe every 5 s.
    expect(github.calls.length - length).toBe(11);
  });

  test("one answer brings everybody back", async () => {
    const { one, clock, github, token } = await brokenDown();
    github.says(factsOf());
    clock.advance(seconds(5));
    expect(await one.ask(token)).toMatchObject(staleFound);
    await one.settle();
    expect(await one.ask(token)).toMatchObject({ outcome: { kind: "found", isStale: false } });
  });

  test("a probe hears of a leaver", async () => {
    const { one, clock, github, token } = await brokenDown();
    github.says({ kind: "refused", reason: "token_refused" });
    clock.advance(seconds(5));
    await one.ask(token);
    await one.settle();
    expect((await one.ask(token)).outcome.kind).toBe("refused");
  });

  test("a token that was never seen asks all the same", async () => {
    const { one, github } = await brokenDown();
    github.says(factsOf());
    expect(await one.ask(newToken())).toMatchObject({ outcome: { kind: "found", isStale: false } });
  });

  test("a tombstone of another isolate still counts", async () => {
    const { one, start, clock, github, token } = await brokenDown();
    const other = start();
    github.says({ kind: "refused", reason: "token_refused" });
    await other.ask(token);
    await other.settle();
    github.says(unavailable);
    clock.advance(seconds(1));
    expect(await one.ask(token)).toMatchObject({ outcome: unavailable });
  });

  test("a user without grace left waits for GitHub", async () => {
    const { one, clock, github, token } = await brokenDown();
    const { length } = github.calls;
    clock.advance(seconds(590));
    for (let failure = 0; failure < 3; failure += 1) await one.ask(newToken());
    clock.advance(seconds(11));
    expect(await one.ask(token)).toMatchObject({ outcome: unavailable });
    expect(github.calls.length).toBe(length + 4);
  });

  test("says that what stands comes from KV where it does", async () => {
    const { one, start, clock, github, token } = setUp();
    await one.ask(token);
    await one.settle();
    github.says(unavailable);
    clock.advance(seconds(120));
    const other = start();
    for (let failure = 0; failure < 3; failure += 1) await other.ask(newToken());
    expect(await other.ask(token)).toMatchObject({ ...staleFound, source: "kv" });
  });
});

describe("what one person brings about at GitHub", () => {
  test("gives no other user grace: answers that are odd for one token don't open the breaker", async () => {
    const { one, clock, github, token } = setUp();
    await one.ask(token);
    clock.advance(seconds(120));
    github.says({ kind: "unavailable", reason: "github_too_large" } satisfies LookupFailure);
    for (let review = 0; review < 9; review += 1) await one.ask(newToken());
    github.says({ kind: "refused", reason: "token_refused" });
    expect((await one.ask(token, request)).outcome.kind).toBe("refused");
  });
});
