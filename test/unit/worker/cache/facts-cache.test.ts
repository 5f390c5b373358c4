// The tiers together, while GitHub is well: what is asked where, and how often.
import { describe, expect, test } from "vitest";
import { emptyRecord, type Memory } from "../../../../src/worker/cache/memory.ts";
import type { LookupFailure } from "../../../../src/worker/github/facts.ts";
import {
  acme,
  factsOf,
  foundIn,
  isolate,
  leftFacts,
  member,
  mona,
  newToken,
  notAMember,
  refused,
  request,
  requestFor,
  seconds,
  setUp,
  unavailable,
} from "./support.ts";

describe("an active user", () => {
  test("is looked up once, and then found in memory", async () => {
    const { one, github, store, token } = setUp();
    expect(await one.ask(token)).toMatchObject(foundIn("github"));
    expect(await one.ask(token)).toEqual({
      outcome: { kind: "found", facts: factsOf(), verdict: request.evaluate(factsOf()), isStale: false },
      source: "memory",
      call: null,
    });
    expect(github.calls).toHaveLength(1);
    expect(store.reads).toHaveLength(1);
  });

  test("is known to another isolate by KV, without a call", async () => {
    const { one, start, github, token } = setUp();
    await one.ask(token);
    await one.settle();
    const other = start();
    expect(await other.ask(token)).toMatchObject(foundIn("kv"));
    expect(await other.ask(token)).toMatchObject(foundIn("memory"));
    expect(github.calls).toHaveLength(1);
  });

  test("is named by the remembered credential-id, and only then", async () => {
    const { one, token } = setUp();
    expect(one.credentialIdOf(token)).toBeNull();
    await one.ask(token);
    expect(one.credentialIdOf(token)).toBe("id");
  });

  test("waits for GitHub once the TTL is over, with what was known then", async () => {
    const { one, clock, github, token } = setUp();
    await one.ask(token);
    clock.advance(seconds(120));
    expect(await one.ask(token)).toMatchObject(foundIn("github"));
    expect(github.calls.map(({ earlier }) => earlier === null)).toEqual([true, false]);
  });

  test("is known to GitHub's side as one whom the token has let in before; an outsider never is", async () => {
    const { one, start, clock, github, store, token } = setUp();
    await one.ask(token);
    await one.settle();
    clock.advance(seconds(120));
    await start().ask(token);
    clock.advance(seconds(120));
    await one.ask(token);
    store.onPut = async () => {
      throw new Error("KV PUT failed");
    };
    const unwritten = newToken();
    await one.ask(unwritten);
    clock.advance(seconds(120));
    await one.ask(unwritten);
    github.says(leftFacts);
    const outsider = newToken();
    for (let review = 0; review < 2; review += 1) {
      await one.ask(outsider);
      clock.advance(seconds(120));
    }
    expect(github.calls.map(({ earlier }) => earlier?.hasAdmitted ?? null)).toEqual([
      null,
      true,
      true,
      null,
      true,
      null,
      false,
    ]);
  });

  test("hears a changed policy's answer at once", async () => {
    const { one, github, token } = setUp();
    await one.ask(token);
    await one.ask(token, requestFor({ allow: ["anyone"] }));
    expect(github.calls).toHaveLength(1);
  });
});

test("a token that GitHub takes past its own end is found each time, and never fresh from memory", async () => {
  const { one, clock, github, token } = setUp();
  github.says(factsOf({ expiry: { kind: "at", epochMs: clock.now() } }));
  for (let review = 1; review <= 2; review += 1) {
    expect(await one.ask(token)).toMatchObject(foundIn("github"));
    expect(github.calls).toHaveLength(review);
  }
});

describe("a memory that forgets everything at once", () => {
  const forgetful: Memory = { get: () => emptyRecord, update: (_token, before, change) => change(before), size: 0 };

  test("leaves KV and GitHub to answer, and a tombstone to be written", async () => {
    const { clock, github, store, sealer, token } = setUp();
    const one = isolate({ github, clock, store, sealer, memory: forgetful });
    expect(await one.ask(token)).toMatchObject(foundIn("github"));
    await one.settle();
    clock.advance(seconds(60));
    expect(await one.ask(token)).toMatchObject(foundIn("kv"));
    await one.settle();
    clock.advance(seconds(60));
    github.says(refused);
    expect(await one.ask(token)).toMatchObject({ outcome: refused });
    await one.settle();
    expect(store.writes).toHaveLength(2);
  });

  test("bears a write that KV refuses", async () => {
    const { clock, github, store, sealer, token } = setUp();
    const one = isolate({ github, clock, store, sealer, memory: forgetful });
    store.onPut = () => Promise.reject(new Error("KV PUT failed: 429"));
    await one.ask(token);
    await one.settle();
    expect(await one.ask(token)).toMatchObject(foundIn("github"));
  });
});

describe("facts that let no user in", () => {
  test("are fresh for 10 s, and kept in memory only", async () => {
    const { one, clock, github, store, token } = setUp();
    github.says(leftFacts);
    await one.ask(token);
    clock.advance(seconds(10) - 1);
    expect(await one.ask(token)).toMatchObject(foundIn("memory"));
    github.says(factsOf());
    clock.advance(1);
    expect(await one.ask(token)).toMatchObject({ outcome: { facts: factsOf() }, source: "github" });
    await one.settle();
    expect(store.writes).toHaveLength(1);
  });

  test("are kept in memory only, also where they asked the user to put something right", async () => {
    const { one, clock, github, store, token } = setUp();
    github.says(factsOf({ organisations: { "acme#10": { kind: "hidden", reason: "sso_required", ssoUrl: null } } }));
    for (let review = 0; review < 3; review += 1) {
      expect(await one.ask(token)).toMatchObject({ outcome: { verdict: { kind: "denied" } }, source: "github" });
      clock.advance(seconds(10));
    }
    await one.settle();
    expect(store.writes).toHaveLength(0);
  });

  test("overwrite what KV holds of a leaver, so that no grace brings them back elsewhere", async () => {
    const { one, start, clock, github, token } = setUp();
    await one.ask(token);
    await one.settle();
    clock.advance(seconds(120));
    github.says(leftFacts);
    await one.ask(token);
    await one.settle();
    github.says(unavailable);
    clock.advance(seconds(20));
    expect(await start().ask(token)).toMatchObject({ outcome: unavailable });
  });

  test("overwrite it also where this isolate has not seen what KV holds", async () => {
    const { one, start, clock, github, store, token } = setUp();
    await start().ask(token);
    const { onGet } = store;
    store.onGet = () => Promise.reject(new Error("down"));
    store.onPut = () => Promise.reject(new Error("down"));
    await one.ask(token);
    await one.settle();
    clock.advance(seconds(120));
    github.says(leftFacts);
    store.onPut = async (usual) => usual();
    await one.ask(token);
    await one.settle();
    store.onGet = onGet;
    github.says(unavailable);
    clock.advance(seconds(20));
    expect(await start().ask(token)).toMatchObject({ outcome: unavailable });
  });
});

describe("an organisation called like something that every object has", () => {
  const constructors = requestFor({ allow: ["org:constructor"] });
  const ofConstructor = factsOf({ organisations: { constructor: member } });

  test("is asked about, remembered and kept in KV as any other", async () => {
    const { one, start, github, token } = setUp();
    await one.ask(token);
    github.says(ofConstructor);
    expect(await one.ask(token, constructors)).toMatchObject({ outcome: { facts: ofConstructor } });
    await one.settle();
    expect(await one.ask(token, constructors)).toMatchObject(foundIn("memory"));
    expect(await start().ask(token, constructors)).toMatchObject({
      outcome: { facts: ofConstructor },
      source: "kv",
    });
  });

  test("is not known of a person for whom it was not asked", async () => {
    const { one, start, github, token } = setUp();
    const onlyLisa = requestFor({ allow: ["user:lisa"], groups_from: ["constructor"] });
    github.says(factsOf({ organisations: {} }));
    await one.ask(token, onlyLisa);
    github.says(unavailable);
    expect(await one.ask(token, constructors)).toMatchObject({ outcome: unavailable });
    expect(start().memory.size).toBe(0);
  });
});

describe("a changed policy", () => {
  const both = requestFor({ allow: ["org:acme#10", "org:other"] });

  test("asks only for what is missing, and an organisation asked for earlier keeps its age", async () => {
    const { one, clock, github, token } = setUp();
    await one.ask(token);
    clock.advance(seconds(30));
    github.says(factsOf({ organisations: { other: notAMember } }));
    const answer = await one.ask(token, both);
    expect(github.calls).toHaveLength(2);
    expect(github.calls[1]?.request.organisations).toMatchObject([{ login: "other" }]);
    expect(answer).toMatchObject({
      outcome: { kind: "found", facts: factsOf({ organisations: { "acme#10": member, other: notAMember } }) },
    });
    clock.advance(seconds(90));
    await one.ask(token, both);
    expect(github.calls[2]?.request.organisations).toMatchObject([acme, { login: "other" }]);
  });

  test("asks for everything where the rest is too old", async () => {
    const { one, clock, github, token } = setUp();
    await one.ask(token);
    clock.advance(seconds(120));
    await one.ask(token, both);
    expect(github.calls[1]?.request.organisations).toMatchObject([acme, { login: "other" }]);
  });

  test("refuses no one on older facts: a person who was let in a moment ago gets in", async () => {
    const { one, clock, github, token } = setUp();
    github.says(leftFacts);
    await one.ask(token);
    clock.advance(seconds(30));
    github.says(factsOf({ organisations: { other: notAMember, "acme#10": member } }));
    expect(await one.ask(token, both)).toMatchObject({ outcome: { facts: { organisations: { "acme#10": member } } } });
    expect(github.calls.map(({ request: { organisations } }) => organisations.length)).toEqual([1, 1, 2]);
  });

  test("does not make known tokens new ones: they are exempt from the cap", async () => {
    const { one, github, clock, token } = setUp();
    await one.ask(token);
    expect(one.neverSeen).toEqual(["test"]);
    clock.advance(seconds(9999));
    github.says(factsOf({ organisations: { "acme#10": member, other: member } }));
    await one.ask(token, both);
    expect(one.neverSeen).toEqual(["test"]);
  });
});

describe("tokens that were never seen", () => {
  test("are undetermined over the cap, without a question to GitHub, cluster by cluster", async () => {
    const { one, github, token } = setUp({ admitNeverSeen: () => Promise.resolve(false) });
    expect(await one.ask(token, requestFor({}, "staging"))).toEqual({
      outcome: { kind: "limited", reason: "new_token_rate_limit" },
      source: "none",
      call: null,
    });
    expect(one.neverSeen).toEqual(["staging"]);
    expect(github.calls).toHaveLength(0);
  });

  test("do not count tokens that this isolate knows, in any state of KV", async () => {
    const { one, clock, store, token } = setUp();
    store.onGet = () => Promise.reject(new Error("down"));
    store.onPut = () => Promise.reject(new Error("down"));
    await one.ask(token);
    await one.settle();
    clock.advance(seconds(9999));
    expect(await one.ask(token)).toMatchObject(foundIn("github"));
    expect(one.neverSeen).toEqual(["test"]);
  });

  test("do not count a token that was once good, after days", async () => {
    const { one, start, clock, github, token } = setUp();
    await one.ask(token);
    await one.settle();
    clock.advance(seconds(6 * 86_400));
    const other = start();
    expect(await other.ask(token)).toMatchObject(foundIn("github"));
    expect(other.neverSeen).toEqual([]);
    expect(github.calls[1]?.earlier?.account).toEqual(mona);
  });
});

test("facts of one token serve that token alone", async () => {
  const { one, github, token } = setUp();
  await one.ask(token);
  const outsider = factsOf({ account: { id: 7, login: "outsider", type: "User" } });
  github.says(outsider);
  expect(await one.ask(newToken())).toMatchObject({ outcome: { facts: outsider } });
  expect(await one.ask(token, request)).toMatchObject({ outcome: { facts: factsOf() } });
});

describe("the policy is evaluated", () => {
  /** Counts how often the policy is evaluated from now on. */
  function counting(asked = request) {
    const count = { evaluations: 0, asked };
    count.asked = {
      ...asked,
      evaluate: (facts) => {
        count.evaluations += 1;
        return asked.evaluate(facts);
      },
    };
    return count;
  }

  test.each<[string, (story: ReturnType<typeof setUp>) => Promise<void>, string]>([
    ["from GitHub, never seen", async () => {}, "github"],
    ["from memory", async ({ one, token }) => void (await one.ask(token)), "memory"],
    [
      "from KV",
      async ({ start, token }) => {
        const other = start();
        await other.ask(token);
        await other.settle();
      },
      "kv",
    ],
    [
      "from GitHub, after the TTL",
      async ({ one, token, clock }) => {
        await one.ask(token);
        await one.settle();
        clock.advance(seconds(121));
      },
      "github",
    ],
    [
      "stale, while GitHub is unavailable",
      async ({ one, token, clock, github }) => {
        await one.ask(token);
        await one.settle();
        clock.advance(seconds(121));
        github.says(unavailable);
      },
      "github",
    ],
    ["of a user who is not admitted", async ({ github }) => github.says(leftFacts), "github"],
  ])("once a review: facts %s", async (_, prepare, source) => {
    const story = setUp();
    await prepare(story);
    const counted = counting();
    expect(await story.one.ask(story.token, counted.asked)).toMatchObject({ source });
    expect(counted.evaluations).toBe(1);
  });

  test("not at all where the negative cache answers", async () => {
    const { one, token, github } = setUp();
    github.says(refused);
    await one.ask(token);
    const counted = counting();
    expect(await one.ask(token, counted.asked)).toMatchObject({ source: "memory", outcome: refused });
    expect(counted.evaluations).toBe(0);
  });

  test("once more where a no rested on facts older than ten seconds, and GitHub was asked again", async () => {
    const { one, token, github, clock } = setUp();
    github.says(leftFacts);
    await one.ask(token);
    clock.advance(seconds(11));
    const counted = counting();
    expect(await one.ask(token, counted.asked)).toMatchObject({ source: "github" });
    expect(counted.evaluations).toBe(2);
  });
});

describe("a token that GitHub once accepted", () => {
  const refused: LookupFailure = { kind: "refused", reason: "token_refused" };

  test("stays known after GitHub has refused it, also where another isolate had seen it", async () => {
    const { one, start, clock, github, token } = setUp();
    expect(one.cache.isKnown(token)).toBe(false);
    await one.ask(token);
    await one.settle();
    expect(one.cache.isKnown(token)).toBe(true);
    const other = start();
    clock.advance(seconds(121));
    github.says(refused);
    for (const isolate of [one, other]) {
      expect(await isolate.ask(token)).toMatchObject({ outcome: refused });
      expect(isolate.cache.isKnown(token)).toBe(true);
    }
  });

  test("is no made-up one", async () => {
    const { one, github, token } = setUp();
    github.says(refused);
    await one.ask(token);
    expect(one.cache.isKnown(token)).toBe(false);
  });
});
