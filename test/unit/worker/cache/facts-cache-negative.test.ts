// Refusals: what they erase, what they leave, how they spread, and what they cost.
import { describe, expect, test } from "vitest";
import type { LookupFailure } from "../../../../src/worker/github/facts.ts";
import {
  factsOf,
  handClock,
  isolate,
  limited,
  newToken,
  notOurs,
  refused,
  seconds,
  setUpTwo,
  suspended,
  unavailable,
  unrecognised,
} from "./support.ts";

const tooLong: LookupFailure = { kind: "denied", reason: "token_lifetime" };

type SetUp = ReturnType<typeof setUpTwo>;

/** Both isolates know the person; the facts have just run out. */
async function bothKnow({ a, b, clock, token }: SetUp): Promise<void> {
  await a.ask(token);
  await a.settle();
  await b.ask(token);
  clock.advance(seconds(120));
}

describe.each([refused, suspended])("a known user of whom GitHub says $kind", (outcome) => {
  test("is out at once, and in an outage that follows", async () => {
    const { a, clock, github, token } = setUpTwo();
    await a.ask(token);
    clock.advance(seconds(120));
    github.says(outcome);
    expect(await a.ask(token)).toMatchObject({ outcome, source: "github" });
    expect(a.credentialIdOf(token)).toBeNull();
    github.says(unavailable);
    for (let second = 0; second < 700; second += 7) {
      clock.advance(seconds(7));
      expect((await a.ask(token)).outcome.kind).not.toBe("found");
    }
  });

  test("is out by a refresh in the background, too", async () => {
    const { a, clock, github, token } = setUpTwo();
    await a.ask(token);
    github.says(outcome);
    clock.advance(seconds(60));
    await a.ask(token);
    await a.settle();
    expect(await a.ask(token)).toMatchObject({ outcome, source: "memory" });
  });

  test("is out at another isolate, too, when GitHub goes down", async () => {
    const all = setUpTwo();
    const { a, b, clock, github, token } = all;
    await bothKnow(all);
    github.says(outcome);
    await a.ask(token);
    await a.settle();
    github.says(unavailable);
    expect(await b.ask(token)).toMatchObject({ outcome: unavailable });
    clock.advance(seconds(300));
    expect(await b.ask(token)).toMatchObject({ outcome: unavailable });
  });

  test("is out at an isolate that never knew them, when GitHub goes down", async () => {
    const all = setUpTwo();
    await bothKnow(all);
    all.github.says(outcome);
    await all.a.ask(all.token);
    await all.a.settle();
    all.github.says(unavailable);
    expect(await all.start().ask(all.token)).toMatchObject({ outcome: unavailable });
  });

  test("is out at another isolate even if KV refuses the first writes", async () => {
    const all = setUpTwo();
    const { a, b, clock, github, store, token } = all;
    await bothKnow(all);
    github.says(outcome);
    store.onPut = () => Promise.reject(new Error("KV PUT failed: 429"));
    await a.ask(token);
    await a.settle();
    store.onPut = async (usual) => usual();
    clock.advance(seconds(10));
    await a.ask(token);
    await a.settle();
    github.says(unavailable);
    expect(await b.ask(token)).toMatchObject({ outcome: unavailable });
  });

  test("is out for good at an isolate that KV fails from the beginning", async () => {
    const { a, clock, github, store, token } = setUpTwo();
    store.onGet = () => Promise.reject(new Error("down"));
    store.onPut = () => Promise.reject(new Error("down"));
    await a.ask(token);
    await a.settle();
    clock.advance(seconds(120));
    github.says(outcome);
    await a.ask(token);
    github.says(unavailable);
    clock.advance(seconds(10));
    expect(await a.ask(token)).toMatchObject({ outcome: unavailable });
  });

  test("is out at another isolate also where this one has not seen what KV holds", async () => {
    const { a, b, start, clock, github, store, token } = setUpTwo();
    await b.ask(token);
    await b.settle();
    store.onGet = () => Promise.reject(new Error("down"));
    store.onPut = () => Promise.reject(new Error("down"));
    await a.ask(token);
    await a.settle();
    clock.advance(seconds(120));
    github.says(outcome);
    store.onPut = async (usual) => usual();
    await a.ask(token);
    await a.settle();
    store.onGet = (usual) => Promise.resolve(usual);
    github.says(unavailable);
    expect(await b.ask(token)).toMatchObject({ outcome: unavailable });
    expect(await start().ask(token)).toMatchObject({ outcome: unavailable });
  });

  test("is asked about again after 10 s, and back as soon as GitHub says so", async () => {
    const { a, clock, github, token } = setUpTwo();
    await a.ask(token);
    clock.advance(seconds(120));
    github.says(outcome);
    await a.ask(token);
    github.says(factsOf());
    clock.advance(seconds(10) - 1);
    expect(await a.ask(token)).toMatchObject({ outcome, source: "memory" });
    clock.advance(1);
    expect(await a.ask(token)).toMatchObject({ outcome: { kind: "found" }, source: "github" });
    expect(await a.ask(token)).toMatchObject({ outcome: { kind: "found" }, source: "memory" });
    await a.settle();
    // And grace is theirs again.
    github.says(unavailable);
    clock.advance(seconds(130));
    expect(await a.ask(token)).toMatchObject({ outcome: { kind: "found", isStale: true } });
  });

  test("costs one write of KV, however often they ask", async () => {
    const { a, clock, github, store, token } = setUpTwo();
    await a.ask(token);
    clock.advance(seconds(120));
    github.says(outcome);
    for (let review = 0; review < 20; review += 1) {
      await a.ask(token);
      await a.settle();
      clock.advance(seconds(11));
    }
    expect(store.writes).toHaveLength(2);
  });

  test("is no part of a flood", async () => {
    const { a, clock, github, token } = setUpTwo();
    await a.ask(token);
    github.says(outcome);
    for (let review = 0; review < 3; review += 1) {
      clock.advance(seconds(120));
      await a.ask(token);
    }
    expect(a.neverSeen).toHaveLength(1);
  });
});

describe("a token that was never seen", () => {
  test.each<LookupFailure>([refused, suspended, unrecognised, tooLong, limited, notOurs])(
    "and of which GitHub says %o is asked about once in 10 s, and costs KV nothing",
    async (outcome) => {
      const { a, clock, github, store, token } = setUpTwo();
      github.says(outcome);
      for (let second = 0; second < 30; second += 1) {
        expect(await a.ask(token)).toMatchObject({ outcome });
        clock.advance(seconds(1));
      }
      await a.settle();
      expect(github.calls).toHaveLength(3);
      expect(store.writes).toHaveLength(0);
      expect(a.neverSeen).toHaveLength(3);
    },
  );

  test("is limited without a call where the deployment's own quota does not allow one", async () => {
    const outcome = { kind: "limited", reason: "shared_quota_reserved" } as const;
    const { ask } = isolate({ clock: handClock(), github: { load: async () => ({ outcome, validators: {} }) } });
    expect(await ask(newToken())).toEqual({ outcome, source: "github", call: null });
  });

  test("gets in a moment after it was refused by mistake", async () => {
    const { a, clock, github, token } = setUpTwo();
    github.says(refused);
    await a.ask(token);
    github.says(factsOf());
    clock.advance(seconds(10));
    expect(await a.ask(token)).toMatchObject({ outcome: { kind: "found" } });
  });

  test("takes no place in memory from people at work, however many there are", async () => {
    const { a, github, token } = setUpTwo();
    await a.ask(token);
    github.says(refused);
    for (let index = 0; index < 50; index += 1) await a.ask(newToken());
    expect(a.memory.size).toBe(1);
  });

  test("is asked about each time while GitHub is unavailable", async () => {
    const { a, github, token } = setUpTwo();
    github.says(unavailable);
    await a.ask(token);
    await a.ask(token);
    expect(github.calls).toHaveLength(2);
  });
});

describe("a token that GitHub does not recognise", () => {
  test("gets no grace, erases nothing, and is back as soon as GitHub knows it", async () => {
    const { a, b, clock, github, store, token } = setUpTwo();
    await a.ask(token);
    await a.settle();
    clock.advance(seconds(120));
    github.says(unrecognised);
    expect(await a.ask(token)).toMatchObject({ outcome: unrecognised });
    await a.settle();
    expect(store.writes).toHaveLength(1);
    expect(a.memory.get(token).entry?.kind).toBe("facts");
    // What was erased could not stand in an outage.
    github.says(unavailable);
    clock.advance(seconds(10));
    expect(await b.ask(token)).toMatchObject({ outcome: { kind: "found", isStale: true } });
    expect(await a.ask(token)).toMatchObject({ outcome: { kind: "found", isStale: true } });
  });

  test("is asked about after 10 s, however long the quota of all such tokens is spent", async () => {
    const { a, clock, github, token } = setUpTwo();
    github.says({ outcome: unrecognised, retryAfterMs: seconds(45) });
    await a.ask(token);
    github.says(factsOf());
    clock.advance(seconds(10) - 1);
    expect(await a.ask(token)).toMatchObject({ outcome: unrecognised });
    clock.advance(1);
    expect(await a.ask(token)).toMatchObject({ outcome: { kind: "found" } });
  });
});

describe("a person whose own quota is spent", () => {
  test("gets no grace, and is left alone for as long as GitHub asks", async () => {
    const { a, clock, github, token } = setUpTwo();
    await a.ask(token);
    clock.advance(seconds(120));
    github.says({ outcome: limited, retryAfterMs: seconds(45) });
    expect(await a.ask(token)).toMatchObject({ outcome: limited });
    github.says(factsOf());
    clock.advance(seconds(45) - 1);
    expect(await a.ask(token)).toMatchObject({ outcome: limited, source: "memory" });
    clock.advance(1);
    expect(await a.ask(token)).toMatchObject({ outcome: { kind: "found" } });
  });
});
