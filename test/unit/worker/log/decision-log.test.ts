import { describe, expect, test } from "vitest";
import type { Decision } from "../../../../src/worker/authenticate.ts";
import type { ForeignKind } from "../../../../src/worker/credential/kind.ts";
import { createDecisionLog, type Review } from "../../../../src/worker/log/decision-log.ts";
import { denied, unauthenticated, undetermined } from "../../../../src/worker/verdict.ts";
import { factsOf, invisibleFor, invitedTo, memberOf, noMember, recordIn, startOfTests, takenBy } from "../support.ts";

const reviewOf = (changes: Partial<Review> = {}): Review => ({
  door: "webhook",
  cluster: "production",
  certificateDaysLeft: 30,
  startedAt: startOfTests,
  ...changes,
});
const credential = { tokenKind: "classic", credentialId: "GITHUBSHA256=abc" } as const;
const call = {
  endpoint: "user",
  method: "GET",
  url: "https://api.github.test/user",
  status: 200,
  requestId: "8A2C:1F2E",
  retryAfterMs: null,
  headers: null,
  message: "",
  durationMs: 40,
  outcome: { kind: "ok" },
} as const;
const foreign = (foreignKind: ForeignKind): Decision => ({
  kind: "foreign",
  foreignKind,
  verdict: unauthenticated("not_github_token"),
});
const user = { username: "github:octocat:583231", uid: "583231", groups: ["a", "b"], extra: {} };
const admitted: Decision = {
  kind: "evaluated",
  credential,
  verdict: { kind: "authenticated", reason: "admitted", user },
  source: "github",
  call,
  facts: factsOf(),
  nameWarnings: ["a sentence for stderr"],
};

function startLog() {
  const lines: string[] = [];
  const log = createDecisionLog((line) => lines.push(line));
  return { log, lines, records: () => lines.map(recordIn) };
}

const common = {
  time: "2026-11-20T10:00:00.042Z",
  door: "webhook",
  cluster: "production",
  certificateDaysLeft: 30,
  durationMs: 42,
};

describe("a review has one line", () => {
  test.each<[string, Decision, Record<string, unknown>]>([
    [
      "an admitted user",
      admitted,
      {
        verdict: "authenticated",
        reason: "admitted",
        user: "github:octocat:583231",
        groups: 2,
        login: "octocat",
        uid: "583231",
        credentialKind: "classic",
        credentialId: "GITHUBSHA256=abc",
        source: "github",
        githubStatus: 200,
        githubRequestId: "8A2C:1F2E",
      },
    ],
    [
      "a known user who does not get in",
      {
        kind: "evaluated",
        credential,
        verdict: unauthenticated("not_allowed"),
        source: "github",
        call,
        facts: factsOf(),
        nameWarnings: [],
      },
      {
        verdict: "unauthenticated",
        reason: "not_allowed",
        login: "octocat",
        uid: "583231",
        credentialKind: "classic",
        credentialId: "GITHUBSHA256=abc",
        source: "github",
        githubStatus: 200,
        githubRequestId: "8A2C:1F2E",
      },
    ],
    [
      "a token about which GitHub was not asked",
      {
        kind: "evaluated",
        credential,
        verdict: denied("token_kind_not_allowed"),
        source: "none",
        call: null,
        facts: null,
        nameWarnings: [],
      },
      {
        verdict: "denied",
        reason: "token_kind_not_allowed",
        credentialKind: "classic",
        credentialId: "GITHUBSHA256=abc",
        source: "none",
      },
    ],
    [
      "GitHub out of reach",
      {
        kind: "evaluated",
        credential,
        verdict: undetermined("github_unreachable"),
        source: "github",
        call: { ...call, status: null, requestId: null },
        facts: null,
        nameWarnings: [],
      },
      {
        verdict: "undetermined",
        reason: "github_unreachable",
        credentialKind: "classic",
        credentialId: "GITHUBSHA256=abc",
        source: "github",
      },
    ],
    [
      "a wrong configuration",
      {
        kind: "misconfigured",
        problems: [{ setting: "X", message: "must be Y" }],
        verdict: undetermined("configuration", "X: must be Y"),
      },
      { verdict: "undetermined", reason: "configuration", problems: [{ setting: "X", message: "must be Y" }] },
    ],
  ])("%s", (_, decision, details) => {
    const { log, lines, records } = startLog();
    log.decided(reviewOf(), decision, startOfTests + 42);
    expect(records()).toEqual([{ ...common, ...details }]);
    expect(lines[0]).not.toContain("\n");
  });

  test("says how the person stands to each organisation that was asked about, invisible ones with their reason, and nothing of teams", () => {
    const organisations = {
      "acme#1234": memberOf("Acme", 1234, { platform: 55 }),
      umbrella: noMember,
      "initech#7": takenBy(8),
      hooli: invitedTo("hooli", 9),
      evil: invisibleFor("sso_required", "https://github.com/orgs/evil/sso"),
    };
    const { log, records, lines } = startLog();
    log.decided(reviewOf(), { ...admitted, facts: factsOf({ organisations }) }, startOfTests);
    log.decided(
      reviewOf(),
      {
        ...admitted,
        verdict: denied("sso_required", "evil"),
        facts: factsOf({ organisations: { evil: organisations.evil } }),
      },
      startOfTests,
    );
    expect(records().map((record) => [record.verdict, record.organisations])).toEqual([
      [
        "authenticated",
        {
          "acme#1234": "active",
          umbrella: "none",
          "initech#7": "none",
          hooli: "pending",
          evil: "sso_required",
        },
      ],
      ["denied", { evil: "sso_required" }],
    ]);
    for (const line of lines) expect(line).not.toMatch(/platform|https:|a sentence for stderr/);
  });

  test("an exception", () => {
    const { log, records } = startLog();
    log.failed(reviewOf({ certificateDaysLeft: null }), startOfTests + 42);
    expect(records()).toEqual([
      { ...common, verdict: "undetermined", reason: "internal_error", certificateDaysLeft: null },
    ]);
  });
});

describe("tokens that are no GitHub tokens", () => {
  test("have no line of their own, but are counted and summed up with the first review after 60 s", () => {
    const { log, records } = startLog();
    for (let count = 0; count < 10_000; count += 1) log.decided(reviewOf(), foreign("jwt"), startOfTests + count);
    log.decided(reviewOf(), foreign("other"), startOfTests + 59_999);
    expect(records()).toEqual([]);
    log.decided(reviewOf({ startedAt: startOfTests + 60_000 }), admitted, startOfTests + 60_000);
    expect(records()).toMatchObject([
      {
        time: "2026-11-20T10:01:00.000Z",
        event: "ignored",
        cluster: "production",
        seconds: 60,
        counts: { jwt: 10_000, other: 1 },
      },
      { reason: "admitted" },
    ]);
  });

  test("are summed up for each cluster, with nothing but counts", () => {
    const { log, records } = startLog();
    log.decided(reviewOf(), foreign("jwt"), startOfTests);
    log.decided(reviewOf({ cluster: "staging" }), foreign("bootstrap"), startOfTests + 1);
    log.decided(reviewOf({ cluster: "staging" }), foreign("jwt"), startOfTests + 2);
    log.failed(reviewOf(), startOfTests + 900_000);
    const sums = records().filter(({ event }) => event === "ignored");
    const sum = { time: "2026-11-20T10:15:00.000Z", event: "ignored", door: "webhook", seconds: 900 };
    expect(sums).toEqual([
      { ...sum, cluster: "production", counts: { jwt: 1 } },
      { ...sum, cluster: "staging", counts: { bootstrap: 1, jwt: 1 } },
    ]);
  });

  test("are counted anew after each sum, the one that brought the sum included", () => {
    const { log, records } = startLog();
    log.decided(reviewOf(), foreign("jwt"), startOfTests);
    log.decided(reviewOf(), foreign("jwt"), startOfTests + 60_000);
    log.decided(reviewOf(), foreign("jwt"), startOfTests + 119_999);
    log.decided(reviewOf(), foreign("jwt"), startOfTests + 120_000);
    expect(records().map(({ counts, seconds }) => [counts, seconds])).toEqual([
      [{ jwt: 1 }, 60],
      [{ jwt: 2 }, 60],
    ]);
  });

  test("that never come have no sum", () => {
    const { log, records } = startLog();
    log.decided(reviewOf(), admitted, startOfTests);
    log.decided(reviewOf(), admitted, startOfTests + 600_000);
    expect(records().map(({ event }) => event)).toEqual([undefined, undefined]);
  });

  test("are summed up over the time since the first of them", () => {
    const { log, records } = startLog();
    log.decided(reviewOf(), admitted, startOfTests);
    log.decided(reviewOf(), foreign("jwt"), startOfTests + 600_000);
    log.decided(reviewOf(), admitted, startOfTests + 659_999);
    expect(records().filter(({ event }) => event === "ignored")).toEqual([]);
  });
});

describe("right-looking made-up tokens", () => {
  const refused = (reason: "token_refused" | "token_unrecognised"): Decision & { kind: "evaluated" } => ({
    ...admitted,
    verdict: unauthenticated(reason),
    facts: null,
  });

  test("have twenty lines a minute for each reason and cluster, and then a sum", () => {
    const { log, records } = startLog();
    for (let review = 0; review < 500; review += 1) log.decided(reviewOf(), refused("token_refused"), startOfTests);
    for (let review = 0; review < 21; review += 1) {
      log.decided(reviewOf({ cluster: "staging" }), refused("token_unrecognised"), startOfTests);
    }
    expect(records()).toHaveLength(40);
    log.decided(reviewOf(), admitted, startOfTests + 60_000);
    const sums = records().filter(({ event }) => event === "ignored");
    expect(sums).toMatchObject([
      { cluster: "production", seconds: 60, counts: { token_refused: 480 } },
      { cluster: "staging", seconds: 60, counts: { token_unrecognised: 1 } },
    ]);
  });

  test("hide no token that GitHub once accepted: it is not made up, and has a line each time", () => {
    const { log, lines } = startLog();
    for (let review = 0; review < 100; review += 1) log.decided(reviewOf(), refused("token_refused"), startOfTests);
    const before = lines.length;
    log.decided(reviewOf(), { ...refused("token_refused"), isKnownToken: true }, startOfTests);
    log.decided(reviewOf(), { ...refused("token_unrecognised"), isKnownToken: true }, startOfTests);
    expect(lines).toHaveLength(before + 2);
  });

  test("hide no user: a review whose facts are known has a line each time", () => {
    const { log, lines } = startLog();
    const known: Decision = { ...admitted, verdict: unauthenticated("not_in_team") };
    for (let review = 0; review < 100; review += 1) log.decided(reviewOf(), known, startOfTests);
    expect(lines).toHaveLength(100);
  });
});

test("a token that was not copied whole has one line a minute for each cluster, and no part of it", () => {
  const { log, records } = startLog();
  for (let review = 0; review < 3; review += 1) log.decided(reviewOf(), foreign("github_malformed"), startOfTests + 42);
  log.decided(reviewOf(), foreign("jwt"), startOfTests + 42);
  expect(records()).toEqual([
    {
      time: "2026-11-20T10:00:00.042Z",
      door: "webhook",
      cluster: "production",
      verdict: "unauthenticated",
      reason: "not_github_token",
      foreignKind: "github_malformed",
    },
  ]);
});

test("a denial that repeats is marked", () => {
  const { log, records } = startLog();
  log.decided(reviewOf(), { ...admitted, verdict: denied("scope_missing"), repeated: true }, startOfTests);
  expect(records()).toMatchObject([{ verdict: "denied", reason: "scope_missing", repeated: true }]);
});
