// Requests that overlap: what one hears while another waits.
import { describe, expect, test } from "vitest";
import {
  factsOf,
  leftFacts,
  mona,
  refused,
  type ScriptedAnswer,
  seconds,
  setUp,
  suspended,
  turnOfTheLoop,
  unavailable,
} from "./support.ts";

/** Something that a test opens when it is time. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

type SetUp = ReturnType<typeof setUp>;

/** The isolate knows the person; the facts have just run out. */
async function setUpOutdated(): Promise<SetUp> {
  const all = setUp();
  await all.one.ask(all.token);
  all.clock.advance(seconds(120));
  return all;
}

/** Asks, and while GitHub thinks about that, something else happens. */
async function askDuring({ one, github, token }: SetUp, answer: ScriptedAnswer, meanwhile: () => Promise<unknown>) {
  const { open, opened } = gate();
  github.says({ ...answer, meanwhile: () => opened });
  const { length } = github.calls;
  const asking = one.ask(token);
  await expect.poll(() => github.calls.length).toBe(length + 1);
  await meanwhile();
  open();
  return asking;
}

describe("a refusal that another request hears while this one waits", () => {
  test.each([refused, suspended])("counts: facts that were asked for earlier are older than %o", async (outcome) => {
    const all = await setUpOutdated();
    const { one, clock, github, token } = all;
    const answer = await askDuring(all, { outcome: { kind: "found", facts: factsOf() } }, async () => {
      clock.advance(seconds(1));
      github.says(outcome);
      await one.ask(token);
    });
    expect(answer.outcome).toEqual(outcome);
    expect((await one.ask(token)).outcome).toEqual(outcome);
    expect(one.memory.get(token).entry?.kind).toBe("tombstone");
  });

  test("counts also where KV has refused its tombstone", async () => {
    const all = setUp();
    const { one, clock, github, store, token } = all;
    await one.ask(token);
    await one.settle();
    clock.advance(seconds(120));
    const answer = await askDuring(all, { outcome: { kind: "found", facts: factsOf() } }, async () => {
      clock.advance(seconds(1));
      store.onPut = () => Promise.reject(new Error("KV PUT failed: 429"));
      github.says(refused);
      await one.ask(token);
      await one.settle();
    });
    expect(answer.outcome).toEqual(refused);
    expect(one.memory.get(token).entry?.kind).toBe("tombstone");
    expect(store.writes).toHaveLength(2);
  });

  test("leaves no grace", async () => {
    const all = await setUpOutdated();
    const { one, github, token } = all;
    const answer = await askDuring(all, { outcome: unavailable }, async () => {
      github.says(refused);
      await one.ask(token);
    });
    expect(answer.outcome).toEqual(unavailable);
  });

  test("is not undone by a copy from KV that comes late", async () => {
    const { one, clock, github, store, token } = setUp();
    await one.ask(token);
    await one.settle();
    clock.advance(seconds(120));
    const { open, opened } = gate();
    store.onGet = async (usual) => {
      await opened;
      return usual;
    };
    const asking = one.ask(token);
    await expect.poll(() => store.reads.length).toBe(2);
    store.onGet = async (usual) => usual;
    github.says(refused);
    await one.ask(token);
    github.says(unavailable);
    open();
    expect((await asking).outcome).toEqual(unavailable);
    expect(one.memory.get(token).entry?.kind).toBe("tombstone");
  });

  test("is an inconsistent response where it is no longer in memory", async () => {
    const all = await setUpOutdated();
    const { one, clock, github, token } = all;
    const answer = await askDuring(all, { outcome: { kind: "found", facts: factsOf() } }, async () => {
      github.says(refused);
      await one.ask(token);
      clock.advance(seconds(10));
    });
    expect(answer.outcome).toEqual({ kind: "unavailable", reason: "github_inconsistent_responses" });
  });

  test("counts from its answer on, not from its request", async () => {
    const all = await setUpOutdated();
    const { one, clock, github, token } = all;
    await askDuring(all, { outcome: refused }, async () => {
      clock.advance(seconds(1));
      github.says(factsOf());
      await one.ask(token);
      // The second question about the same token is refused, too.
      github.says(refused);
      clock.advance(seconds(1));
    });
    github.says(unavailable);
    clock.advance(seconds(121));
    expect((await one.ask(token)).outcome).toEqual(unavailable);
  });
});

describe("facts that another request hears while this one waits", () => {
  test("count where they were asked for later", async () => {
    const all = await setUpOutdated();
    const { one, clock, github, token } = all;
    const answer = await askDuring(all, { outcome: { kind: "found", facts: factsOf() } }, async () => {
      clock.advance(seconds(1));
      github.says(leftFacts);
      await one.ask(token);
    });
    expect(answer).toMatchObject({ outcome: { facts: leftFacts } });
    expect(await one.ask(token)).toMatchObject({ outcome: { facts: leftFacts } });
  });

  test("of a leaver leave no grace", async () => {
    const all = await setUpOutdated();
    const { one, github, token } = all;
    const answer = await askDuring(all, { outcome: unavailable }, async () => {
      github.says(leftFacts);
      await one.ask(token);
    });
    expect(answer.outcome).toEqual(unavailable);
  });

  test("that say less than these need are inconsistent responses, and no refusal", async () => {
    const all = await setUpOutdated();
    const { one, clock, github, token } = all;
    const answer = await askDuring(all, { outcome: { kind: "found", facts: factsOf() } }, async () => {
      clock.advance(seconds(1));
      github.says(factsOf({ account: { ...mona, id: 7 }, organisations: {} }));
      await one.ask(token);
    });
    expect(answer.outcome).toEqual({ kind: "unavailable", reason: "github_inconsistent_responses" });
  });
});

test("a leaver's facts are written also where this request began before they were let in", async () => {
  const { one, clock, github, store, token } = setUp();
  const [first, second] = [gate(), gate()];
  // KV keeps what it is said to have refused.
  store.onPut = async (usual) => {
    usual();
    throw new Error("KV PUT failed");
  };
  github.says({ outcome: { kind: "found", facts: factsOf() }, meanwhile: () => first.opened });
  const admitted = one.ask(token);
  await expect.poll(() => github.calls.length).toBe(1);
  clock.advance(1);
  github.says({ outcome: { kind: "found", facts: leftFacts }, meanwhile: () => second.opened });
  const left = one.ask(token);
  await expect.poll(() => github.calls.length).toBe(2);
  first.open();
  await admitted;
  await one.settle();
  second.open();
  await left;
  await one.settle();
  expect(store.writes).toHaveLength(2);
});

describe("a request that never ends", () => {
  test("keeps no other review waiting", async () => {
    const { one, github, token } = setUp();
    github.says({ outcome: unavailable, meanwhile: () => new Promise(() => {}) });
    void one.ask(token);
    await turnOfTheLoop();
    github.says(factsOf());
    expect(await one.ask(token)).toMatchObject({ outcome: { kind: "found" } });
  });

  test("with a write keeps no other facts out of memory", async () => {
    const { one, store, token } = setUp();
    store.onPut = () => new Promise(() => {});
    await one.ask(token);
    expect(await one.ask(token)).toMatchObject({ source: "memory" });
  });
});

test("a write that fails late does not undo what was written since", async () => {
  const { one, clock, github, store, token } = setUp();
  const { open, opened } = gate();
  store.onPut = async () => {
    await opened;
    throw new Error("KV PUT failed");
  };
  await one.ask(token);
  await expect.poll(() => store.writes.length).toBe(1);
  store.onPut = async (usual) => usual();
  github.says(factsOf({ scopes: ["repo"] }));
  clock.advance(seconds(60));
  await one.ask(token);
  await expect.poll(() => store.values.size).toBe(1);
  open();
  await one.settle();
  expect(one.memory.get(token).kvCopy).toMatchObject({ scopes: ["repo"] });
});
