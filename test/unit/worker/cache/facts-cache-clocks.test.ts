// Clocks that go ahead or are set back: facts with a time in the future are a miss.
import { describe, expect, test } from "vitest";
import {
  entryOf,
  factsOf,
  foundIn,
  leftFacts,
  refused,
  seconds,
  setUp,
  startOfTests,
  suspended,
  unavailable,
} from "./support.ts";

describe("what is dated into the future", () => {
  test("in KV is a miss, and does not outlive what GitHub says now", async () => {
    const { one, start, clock, github, store, sealer, token } = setUp();
    const name = await sealer.nameOf(token);
    store.values.set(name, await sealer.seal(name, JSON.stringify(entryOf(factsOf(), startOfTests + seconds(3600)))));
    github.says(leftFacts);
    expect(await one.ask(token)).toMatchObject({ outcome: { facts: leftFacts }, source: "github" });
    await one.settle();
    clock.advance(seconds(3601));
    github.says(unavailable);
    expect(await one.ask(token)).toMatchObject({ outcome: unavailable });
    expect(await start().ask(token)).toMatchObject({ outcome: unavailable });
  });

  test.each([refused, suspended])("in KV is overwritten where GitHub says %o", async (outcome) => {
    const { one, start, clock, github, store, sealer, token } = setUp();
    const name = await sealer.nameOf(token);
    store.values.set(name, await sealer.seal(name, JSON.stringify(entryOf(factsOf(), startOfTests + seconds(3600)))));
    github.says(outcome);
    await one.ask(token);
    await one.settle();
    expect(one.neverSeen).toEqual([]);
    clock.advance(seconds(3601));
    github.says(unavailable);
    expect(await start().ask(token)).toMatchObject({ outcome: unavailable });
  });

  test("in KV takes no place in memory while GitHub says nothing", async () => {
    const { one, github, store, sealer, token } = setUp();
    const name = await sealer.nameOf(token);
    store.values.set(name, await sealer.seal(name, JSON.stringify(entryOf(factsOf(), startOfTests + seconds(3600)))));
    github.says(unavailable);
    expect(await one.ask(token)).toMatchObject({ outcome: unavailable });
    expect(one.memory.size).toBe(0);
  });

  test("in memory is forgotten when the clock is set back", async () => {
    const { one, clock, github, store, token } = setUp();
    store.onGet = async () => null;
    await one.ask(token);
    clock.advance(-seconds(3600));
    github.says(leftFacts);
    expect(await one.ask(token)).toMatchObject({ outcome: { facts: leftFacts }, source: "github" });
    expect(await one.ask(token)).toMatchObject({ outcome: { facts: leftFacts }, source: "memory" });
  });

  test("of a tombstone does not refuse a user whom GitHub takes now", async () => {
    const { one, store, sealer, token } = setUp();
    const name = await sealer.nameOf(token);
    const tombstone = { kind: "tombstone", askedAt: startOfTests + seconds(3600) };
    store.values.set(name, await sealer.seal(name, JSON.stringify(tombstone)));
    expect(await one.ask(token)).toMatchObject(foundIn("github"));
    expect(await one.ask(token)).toMatchObject(foundIn("memory"));
  });
});
