// Any value in the place of what Octogate wrote to KV: corrupt, another token's, another deployment's, of another time.
// What is not exactly its own entry of this very token is a miss.
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { holdForAnyInput, timeoutMs } from "../../support/any-input.ts";
import { errorAnswer } from "../worker/support.ts";
import { type Cluster, holdToPolicy, mayEnter, type Person, personNames, startScene } from "./scene.ts";

const oneOf = fc.constantFrom;

/** As KV keeps entries. */
class FakeKv {
  readonly values = new Map<string, unknown>();
  /** What it gives for any name. */
  spoiled: { readonly value: unknown } | null = null;

  async get(name: string): Promise<unknown> {
    const value = this.spoiled === null ? (this.values.get(name) ?? null) : this.spoiled.value;
    if (value instanceof Error) throw value;
    return value;
  }

  async put(name: string, value: Uint8Array<ArrayBuffer>): Promise<void> {
    this.values.set(name, value.slice().buffer);
  }
}

/** What KV gives in place of the entry; undefined leaves it as it is. */
const spoiled = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ kind: "own" as const }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("flipped" as const), at: fc.nat(), bit: fc.nat(7) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cut" as const), at: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("extended" as const),
      with: fc.uint8Array({ minLength: 1, maxLength: 40 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("another's" as const), person: oneOf(...personNames) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "another deployment's" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("bytes" as const), bytes: fc.uint8Array({ maxLength: 300 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("type" as const),
      value: oneOf<unknown>("text", 1, {}, [], undefined, new Error("KV is down")),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "none" as const }) },
);
type Spoiled = typeof spoiled extends fc.Arbitrary<infer One> ? One : never;

const asked = fc.record({
  person: oneOf(...personNames),
  cluster: oneOf<Cluster>("production", "staging"),
  spoiled,
  gitHub: oneOf("well", "down", "refuses"),
  passedMs: oneOf(0, 60_000, 130_000, 700_000, 725_000, 8 * 24 * 3_600_000, -60_000, -3_600_000),
});

/** Facts are fresh for 120 s, and good for 600 s more while GitHub is down. */
const freshMs = 120_000;
const graceMs = 600_000;

test("an entry of KV's lets in only the person whose token's own it is, in its time", {
  timeout: timeoutMs,
}, async () => {
  const scene = await startScene();
  const startedAt = scene.clock.nowMs;
  const tokens = new Map<Person, string>(personNames.map((person) => [person, scene.tokenOf(person)]));
  /** What a Worker writes to KV for each token, by a deployment with the same secret, and by another one. */
  const written = async (secret: object) => {
    const entries = new Map<Person, readonly [string, ArrayBuffer]>();
    for (const [person, token] of tokens) {
      const kv = new FakeKv();
      const worker = scene.startWorker({ KV: kv, ...secret });
      for (const cluster of ["staging", "production"] as const) await worker.review(token, cluster);
      const [entry] = kv.values;
      if (entry === undefined || !(entry[1] instanceof ArrayBuffer)) continue;
      entries.set(person, [entry[0], entry[1]]);
    }
    return entries;
  };
  const own = await written({});
  const foreign = await written({ CACHE_SECRET: randomBytes(32).toString("base64") });
  // Whom no cluster admits is not written down.
  expect([...own.keys(), ...foreign.keys()]).toEqual(Array(2).fill(["octocat", "member", "colleague"]).flat());

  function valueFor(person: Person, how: Spoiled): unknown {
    // Where there is no entry, the values are made of a colleague's.
    const [, entry = new ArrayBuffer(0)] = own.get(person) ?? own.get("octocat") ?? [];
    const bytes = new Uint8Array(entry.slice(0));
    switch (how.kind) {
      case "own":
        return bytes.buffer;
      case "flipped":
        bytes[how.at % bytes.length] = (bytes[how.at % bytes.length] ?? 0) ^ (1 << how.bit);
        return bytes.buffer;
      case "cut":
        return entry.slice(0, how.at % Math.max(1, bytes.length));
      case "extended":
        return new Uint8Array([...bytes, ...how.with]).buffer;
      case "another's":
        return own.get(how.person)?.[1].slice(0) ?? null;
      case "another deployment's":
        return foreign.get(person)?.[1].slice(0) ?? null;
      case "bytes":
        return new Uint8Array(how.bytes).buffer;
      case "type":
        return how.value;
      case "none":
        return null;
    }
  }

  const counts = { yes: 0, no: 0, "yes while GitHub is down": 0 };
  await holdForAnyInput(
    "values of KV",
    fc.asyncProperty(asked, async ({ person, cluster, spoiled: how, gitHub, passedMs }) => {
      const token = tokens.get(person) ?? "";
      const kv = new FakeKv();
      kv.spoiled = { value: valueFor(person, how) };
      scene.clock.nowMs = startedAt + passedMs;
      const worker = scene.startWorker({ KV: kv }, async (request) => {
        if (gitHub === "down") return new Response("<html>", { status: 502 });
        return gitHub === "refuses" ? errorAnswer(401, "Bad credentials") : scene.github.answer(request);
      });
      const user = await worker.review(token, cluster);
      scene.github.requests.splice(0);
      counts[user === null ? "no" : "yes"] += 1;
      if (user === null) return;
      holdToPolicy(user, person, cluster);
      if (gitHub === "well") return;
      const isOwn = how.kind === "own" || (how.kind === "another's" && how.person === person);
      const limitMs = gitHub === "down" ? freshMs + graceMs : freshMs;
      expect([isOwn, mayEnter(person, cluster)]).toEqual([true, true]);
      expect(passedMs).toBeGreaterThanOrEqual(0);
      expect(passedMs).toBeLessThan(limitMs);
      counts["yes while GitHub is down"] += 1;
    }),
    700,
  );
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(0);
});
