// Quotas that all users share: the last third is for users who are known, and nothing is asked while GitHub wants a
// rest.
import { describe, expect, test } from "vitest";
import { readReply } from "../../../../src/worker/github/outcomes.ts";
import { createSharedQuotas } from "../../../../src/worker/github/shared-quota.ts";

const startMs = Date.parse("2026-11-20T10:00:00Z");
const spent = { kind: "limited", reason: "shared_quota_spent" };
const reserved = { kind: "limited", reason: "shared_quota_reserved" };

function quotaAt() {
  const clock = { time: startMs };
  const quotas = createSharedQuotas(() => clock.time);
  const quota = quotas.of("one");
  const observe = (status: number, headers: Record<string, string> = {}, body: unknown = {}) =>
    quota.observe(readReply({ kind: "answered", status, headers: new Headers(headers), text: JSON.stringify(body) }));
  const left = (remaining: number, limit = 5000, resetMs = startMs + 1_800_000) => ({
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-reset": String(resetMs / 1000),
  });
  const use = (isNeverSeen: boolean, accountId: number | null = null) => quota.refusalOf({ isNeverSeen, accountId });
  /** For a token that was never seen, and for one that is known. */
  const both = () => [use(true), use(false)];
  return { clock, quotas, quota, observe, left, use, both };
}

test("a quota of which nothing is known allows every call", () => {
  expect(quotaAt().both()).toEqual([null, null]);
});

describe("the last third", () => {
  test.each([
    [5000, 1667, [null, null]],
    [5000, 1666, [reserved, null]],
    [5000, 1, [reserved, null]],
    [12_500, 4167, [null, null]],
    [12_500, 4166, [reserved, null]],
    [5000, 0, [spent, spent]],
    [6000, 2000, [reserved, null]],
    [6000, 2001, [null, null]],
  ])("of %i calls, with %i left, is for users who are known", (limit, remaining, outcome) => {
    const { observe, left, both } = quotaAt();
    observe(200, left(remaining, limit));
    expect(both()).toEqual(outcome);
  });

  test("is not kept beyond the end of GitHub's window", () => {
    const { clock, observe, left, both } = quotaAt();
    observe(200, left(0));
    clock.time = startMs + 1_800_000 - 1;
    expect(both()).toEqual([spent, spent]);
    clock.time += 1;
    expect(both()).toEqual([null, null]);
  });

  test("follows the last response, and is told by a 304 and by an error as well", () => {
    const { observe, left, both } = quotaAt();
    observe(200, left(5000));
    observe(404, left(10));
    expect(both()).toEqual([reserved, null]);
    observe(304, left(4000));
    expect(both()).toEqual([null, null]);
  });

  test("a window that would end in a day ends within an hour", () => {
    const { clock, observe, left, both } = quotaAt();
    observe(200, left(0, 5000, startMs + 86_400_000));
    clock.time = startMs + 3_600_000 - 1;
    expect(both()).toEqual([spent, spent]);
    clock.time += 1;
    expect(both()).toEqual([null, null]);
  });

  test.each([
    ["a 401, which is counted elsewhere", 401, { limit: "60", remaining: "0" }],
    ["no number", 200, { limit: "5000", remaining: "none" }],
    ["a number behind a word", 200, { limit: "5000", remaining: "about0" }],
    ["a number before a word", 200, { limit: "5000", remaining: "0 left" }],
    ["a limit of zero", 200, { limit: "0", remaining: "0" }],
    ["half of the headers", 200, { remaining: "0" }],
  ])("is not read from %s", (_, status, headers) => {
    const { observe, both } = quotaAt();
    const all = Object.entries({ ...headers, reset: String(startMs / 1000 + 60) });
    observe(status, Object.fromEntries(all.map(([name, value]) => [`x-ratelimit-${name}`, value])));
    expect(both()).toEqual([null, null]);
  });

  test("is not read from a response that did not arrive", () => {
    const { quota, left, both } = quotaAt();
    quota.observe({ kind: "failed", reason: "github_timeout", status: 200, headers: new Headers(left(0)) });
    expect(both()).toEqual([null, null]);
  });
});

describe("of the last third, an account", () => {
  test("that used a thirtieth of the quota gets no more, and others do", () => {
    const { observe, left, use } = quotaAt();
    for (let call = 0; call < 165; call += 1) expect(use(false, 7)).toBeNull();
    observe(200, left(1000));
    expect(use(false, 7)).toBeNull();
    expect(use(false, 7)).toEqual(reserved);
    expect(use(false, 8)).toBeNull();
    expect(use(false)).toBeNull();
  });

  test("may use exactly a thirtieth", () => {
    const { observe, left, use } = quotaAt();
    observe(200, left(1000, 3000));
    for (let call = 1; call <= 100; call += 1) expect(use(false, 7)).toBeNull();
    expect(use(false, 7)).toEqual(reserved);
  });

  test("goes on with its share after a response that does not tell when GitHub's window ends", () => {
    const { observe, left, use } = quotaAt();
    observe(200, left(1000, 3000));
    for (let call = 1; call <= 100; call += 1) use(false, 7);
    const { "x-ratelimit-reset": _, ...withoutEnd } = left(900, 3000);
    observe(200, withoutEnd);
    expect(use(false, 7)).toEqual(reserved);
  });

  test("that is not known is no account: calls without one are not counted together", () => {
    const { observe, left, use } = quotaAt();
    observe(200, left(1000, 3000));
    for (let call = 1; call <= 200; call += 1) expect(use(false)).toBeNull();
  });

  test("may use as much as it likes before, and begins anew with GitHub's next window", () => {
    const { clock, observe, left, use } = quotaAt();
    observe(200, left(1667));
    for (let call = 0; call < 200; call += 1) expect(use(false, 7)).toBeNull();
    observe(200, left(1666));
    expect(use(false, 7)).toEqual(reserved);
    clock.time = startMs + 1_800_000;
    expect(use(false, 7)).toBeNull();
    observe(200, left(1666, 5000, startMs + 5_400_000));
    expect(use(false, 7)).toBeNull();
  });

  test("used nothing by a call that is taken back: GitHub answered 304", () => {
    const { quota, observe, left, use } = quotaAt();
    observe(200, left(1000));
    for (let call = 0; call < 1000; call += 1) {
      expect(use(false, 7)).toBeNull();
      quota.takeBack({ isNeverSeen: false, accountId: 7 });
    }
    quota.takeBack({ isNeverSeen: false, accountId: 8 });
    quota.takeBack({ isNeverSeen: false, accountId: null });
    for (const account of [7, 8]) {
      for (let call = 0; call < 166; call += 1) expect(use(false, account)).toBeNull();
      expect(use(false, account)).toEqual(reserved);
    }
  });

  test("gets more of a larger quota", () => {
    const { observe, left, use } = quotaAt();
    observe(200, left(1000, 10_000));
    for (let call = 0; call < 333; call += 1) expect(use(false, 7)).toBeNull();
    expect(use(false, 7)).toEqual(reserved);
  });
});

describe("a rest that GitHub asks for", () => {
  test.each<[string, number, Record<string, string>, unknown, number]>([
    ["Retry-After", 403, { "retry-after": "90" }, {}, 90_000],
    ["Retry-After of a 429", 429, { "retry-after": "5" }, {}, 5_000],
    ["no time at all", 429, {}, {}, 60_000],
    ["words", 403, {}, { message: "You have exceeded a secondary rate limit." }, 60_000],
    ["older words", 403, {}, { message: "You have triggered an abuse detection mechanism." }, 60_000],
    ["GraphQL's error", 200, {}, { errors: [{ type: "RATE_LIMITED" }] }, 60_000],
    ["a time that is too long", 403, { "retry-after": "999999" }, {}, 3_600_000],
    [
      "a spent quota",
      403,
      { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(startMs / 1000 + 600) },
      {},
      600_000,
    ],
    ["a spent quota that does not tell its end", 403, { "x-ratelimit-remaining": "0" }, {}, 60_000],
    [
      "a 429 with quota left",
      429,
      { "x-ratelimit-remaining": "100", "x-ratelimit-reset": String(startMs / 1000 + 600) },
      {},
      60_000,
    ],
  ])("by %s is kept, for users who are known as well", (_, status, headers, body, pauseMs) => {
    const { clock, observe, both } = quotaAt();
    observe(status, headers, body);
    clock.time = startMs + pauseMs - 1;
    expect(both()).toEqual([spent, spent]);
    clock.time += 1;
    expect(both()).toEqual([null, null]);
  });

  test("is not read from another refusal", () => {
    const { observe, both } = quotaAt();
    observe(403, {}, { message: "This installation has been suspended" });
    observe(200, {}, { errors: [{ type: "FORBIDDEN" }] });
    observe(500, {}, { message: "rate limit" });
    expect(both()).toEqual([null, null]);
  });

  test("of one credential is none of another's", () => {
    const { quotas, observe } = quotaAt();
    observe(429);
    expect(quotas.of("one").refusalOf({ isNeverSeen: false, accountId: null })).toEqual(spent);
    expect(quotas.of("another").refusalOf({ isNeverSeen: false, accountId: null })).toBeNull();
  });
});
