// What is done in the background: refreshes ahead, and writes to KV.
import { describe, expect, test } from "vitest";
import {
  factsOf,
  foundIn,
  leftFacts,
  limited,
  member,
  newToken,
  refused,
  requestFor,
  seconds,
  setUp,
  unavailable,
  unrecognised,
  untilIdle,
} from "./support.ts";

describe("a refresh ahead", () => {
  test("is made from half of the TTL on, in the background, once", async () => {
    const { one, clock, github, token } = setUp();
    await one.ask(token);
    clock.advance(seconds(60) - 1);
    await one.ask(token);
    await one.settle();
    expect(github.calls).toHaveLength(1);
    clock.advance(1);
    for (let review = 0; review < 5; review += 1) expect(await one.ask(token)).toMatchObject(foundIn("memory"));
    await one.settle();
    expect(github.calls).toHaveLength(2);
    clock.advance(seconds(59));
    expect(await one.ask(token)).toMatchObject(foundIn("memory"));
    await one.settle();
    expect(github.calls).toHaveLength(2);
  });

  test("keeps an active user from ever waiting", async () => {
    const { one, clock, token } = setUp();
    await one.ask(token);
    for (let second = 0; second < 600; second += 10) {
      clock.advance(seconds(10));
      expect(await one.ask(token)).toMatchObject(foundIn("memory"));
      await one.settle();
    }
  });

  test("is made for what was found in KV, too", async () => {
    const { one, start, clock, github, token } = setUp();
    await one.ask(token);
    await one.settle();
    clock.advance(seconds(60));
    const other = start();
    expect(await other.ask(token)).toMatchObject(foundIn("kv"));
    await other.settle();
    expect(github.calls).toHaveLength(2);
  });

  test("hears of a leaver", async () => {
    const { one, clock, github, token } = setUp();
    await one.ask(token);
    github.says(leftFacts);
    clock.advance(seconds(60));
    await one.ask(token);
    await one.settle();
    expect(await one.ask(token)).toMatchObject({ outcome: { facts: leftFacts }, source: "memory" });
  });

  test("is tried again after 15 s where none came of it, and one that hangs is given up", async () => {
    const { one, clock, github, token } = setUp();
    await one.ask(token);
    github.says({ outcome: unavailable, meanwhile: () => new Promise(() => {}) });
    clock.advance(seconds(60));
    await one.ask(token);
    await expect.poll(() => github.calls.length).toBe(2);
    clock.advance(seconds(15) - 1);
    await one.ask(token);
    await untilIdle();
    expect(github.calls).toHaveLength(2);
    clock.advance(1);
    await one.ask(token);
    await expect.poll(() => github.calls.length).toBe(3);
  });

  test.each([unrecognised, limited])("that comes to %o leaves fresh facts to their TTL", async (outcome) => {
    const { one, clock, github, token } = setUp();
    await one.ask(token);
    github.says(outcome);
    clock.advance(seconds(60));
    await one.ask(token);
    await one.settle();
    clock.advance(seconds(60) - 1);
    expect(await one.ask(token)).toMatchObject(foundIn("memory"));
    await one.settle();
    clock.advance(1);
    expect(await one.ask(token)).toMatchObject({ outcome });
  });

  test("leaves GitHub alone for as long as it asked", async () => {
    const { one, clock, github, token } = setUp();
    await one.ask(token);
    github.says({ outcome: limited, retryAfterMs: seconds(40) });
    clock.advance(seconds(60));
    await one.ask(token);
    await one.settle();
    for (let second = 0; second < 39; second += 1) {
      clock.advance(seconds(1));
      await one.ask(token);
      await one.settle();
    }
    expect(github.calls).toHaveLength(2);
    // The next look at it comes 15 s after the last.
    clock.advance(seconds(6));
    await one.ask(token);
    await one.settle();
    expect(github.calls).toHaveLength(3);
  });

  test("is not made for a person whom the facts let in nowhere", async () => {
    const { one, clock, github, token } = setUp();
    github.says(leftFacts);
    await one.ask(token);
    clock.advance(seconds(9));
    await one.ask(token);
    await one.settle();
    expect(github.calls).toHaveLength(1);
  });
});

describe("writes to KV", () => {
  test("are made once for a TTL, not for each review or refresh", async () => {
    const { one, clock, github, store, token } = setUp();
    for (let second = 0; second < 480; second += 10) {
      await one.ask(token);
      await one.settle();
      clock.advance(seconds(10));
    }
    expect(github.calls).toHaveLength(8);
    expect(store.writes).toHaveLength(4);
  });

  test("are made for what has changed", async () => {
    const { one, clock, github, store, token } = setUp();
    await one.ask(token);
    github.says(factsOf({ scopes: ["repo"] }));
    clock.advance(seconds(60));
    await one.ask(token);
    await one.settle();
    expect(store.writes).toHaveLength(2);
  });

  test("are made for ten changes an hour, and for more only as the copy grows old: a user can change teams at will", async () => {
    const { one, clock, github, store, token } = setUp();
    await one.ask(token);
    let id = 100;
    const writesAfterChange = async () => {
      id += 1;
      github.says(factsOf({ organisations: { "acme#10": { ...member, teams: [{ id, slug: "new" }] } } }));
      clock.advance(seconds(60));
      await one.ask(token);
      await one.settle();
      return store.writes.length;
    };
    for (let changes = 1; changes <= 10; changes += 1) expect(await writesAfterChange()).toBe(1 + changes);
    expect(await writesAfterChange()).toBe(11);
    expect(await writesAfterChange()).toBe(12);
    clock.advance(seconds(3540));
    expect(await writesAfterChange()).toBe(13);
    expect(await writesAfterChange()).toBe(14);
  });

  test("are not made for what another isolate has written", async () => {
    const { one, start, clock, store, token } = setUp();
    await one.ask(token);
    await one.settle();
    clock.advance(seconds(60));
    const other = start();
    await other.ask(token);
    await other.settle();
    expect(store.writes).toHaveLength(1);
  });

  test("are made for a leaver even after KV has refused one: what it holds must not bring them back", async () => {
    const { one, start, clock, github, store, token } = setUp();
    await one.ask(token);
    await one.settle();
    clock.advance(seconds(120));
    store.onPut = () => Promise.reject(new Error("KV PUT failed: 429"));
    await one.ask(newToken());
    await one.settle();
    store.onPut = async (usual) => usual();
    github.says(leftFacts);
    await one.ask(token);
    await one.settle();
    github.says(unavailable);
    clock.advance(seconds(10));
    expect(await start().ask(token)).toMatchObject({ outcome: unavailable });
  });

  test("are made for a refused token even a moment after KV has refused one", async () => {
    const { one, clock, github, store, token } = setUp();
    await one.ask(token);
    await one.settle();
    store.onPut = () => Promise.reject(new Error("KV PUT failed: 429 Too Many Requests"));
    github.says(factsOf({ scopes: ["repo"] }));
    clock.advance(seconds(60));
    await one.ask(token);
    await one.settle();
    github.says(refused);
    await one.ask(token, requestFor({ allow: ["org:other"] }));
    await one.settle();
    expect(store.writes).toHaveLength(3);
  });

  test("that failed are made up for with the next refresh", async () => {
    const { one, clock, store, token } = setUp();
    store.onPut = () => Promise.reject(new Error("KV PUT failed: 429"));
    await one.ask(token);
    await one.settle();
    store.onPut = async (usual) => usual();
    clock.advance(seconds(60));
    await one.ask(token);
    await one.settle();
    expect(store.values.size).toBe(1);
  });
});
