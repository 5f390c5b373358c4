import { describe, expect, test } from "vitest";
import { afterFound, isLookupFailure, notAsked, responseInfoOf, worst } from "../../../../src/worker/github/call.ts";
import type { LookupFailure } from "../../../../src/worker/github/facts.ts";

const refusals: LookupFailure[] = [
  { kind: "refused", reason: "token_refused" },
  { kind: "refused", reason: "token_client_mismatch" },
  { kind: "unrecognised" },
  { kind: "suspended" },
  { kind: "limited", reason: "github_rate_limit" },
  { kind: "unavailable", reason: "github_timeout" },
];

test("a refusal is what says nothing about an organisation", () => {
  expect(refusals.every(isLookupFailure)).toBe(true);
  for (const kind of ["ok", "absent", "hidden", "member", "pending", "none", "found", "not_ours"]) {
    expect(isLookupFailure({ kind })).toBe(false);
  }
});

test("once the owner is found, a refusal of the same token contradicts that, and a limit does not", () => {
  const contradiction = { kind: "unavailable", reason: "github_inconsistent_responses" };
  expect(refusals.map(afterFound)).toEqual([
    contradiction,
    contradiction,
    contradiction,
    contradiction,
    { kind: "limited", reason: "github_rate_limit" },
    { kind: "unavailable", reason: "github_timeout" },
  ]);
});

test("of several refusals trouble counts first, and the first of its kind", () => {
  const asked = refusals.map((outcome, githubStatus) => ({
    outcome,
    responseInfo: { source: "github" as const, githubStatus, githubRequestId: null, retryAfterMs: null },
  }));
  const later = {
    outcome: { kind: "unavailable", reason: "github_invalid_response" } as const,
    responseInfo: notAsked,
  };
  expect(worst([...asked, later])).toBe(asked[5]);
  expect(worst(asked.slice(2, 5))).toBe(asked[2]);
  expect(worst([])).toBeUndefined();
});

const answered = (status: number, headers: Record<string, string>, notModified?: true) =>
  ({ kind: "answered", status, headers: new Headers(headers), text: "", ...(notModified && { notModified }) }) as const;

test("the responseInfo of a remembered answer that still holds is the 304 that said so", () => {
  expect(responseInfoOf(answered(200, {}, true)).githubStatus).toBe(304);
  expect(responseInfoOf(answered(200, {})).githubStatus).toBe(200);
});

describe("how long GitHub wants to be left alone", () => {
  const date = "Fri, 20 Nov 2026 10:00:00 GMT";
  const resetAt = (seconds: number) => String(Date.parse(date) / 1000 + seconds);
  const spent = (seconds: number) => ({ date, "x-ratelimit-remaining": "0", "x-ratelimit-reset": resetAt(seconds) });

  test.each<[string, Record<string, string>, number | null]>([
    ["what Retry-After says", { "retry-after": "60" }, 60_000],
    ["what Retry-After says, before the quota's own time", { "retry-after": "0", ...spent(90) }, 0],
    ["until a spent quota is filled up again, by GitHub's clock", spent(90), 90_000],
    ["no time where that has passed", spent(-5), 0],
    ["not said where quota is left", { ...spent(90), "x-ratelimit-remaining": "1" }, null],
    ["not said without a clock", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": resetAt(90) }, null],
    ["not said without a time", { date, "x-ratelimit-remaining": "0" }, null],
    ["not said by a date, which GitHub does not send", { "retry-after": date }, null],
    ["not said by what is no number", { "retry-after": "-1" }, null],
    ["not said by a number without end", { "retry-after": "1000000" }, null],
    ["not said by nothing", {}, null],
  ])("is %s", (_, headers, retryAfterMs) => {
    expect(responseInfoOf(answered(403, headers)).retryAfterMs).toBe(retryAfterMs);
  });

  test("is not known where no answer came", () => {
    const reply = { kind: "failed", reason: "github_timeout", status: null, headers: null } as const;
    expect(responseInfoOf(reply).retryAfterMs).toBeNull();
  });
});

test("the responseInfo is the answer's status, and GitHub's name for the request where it looks like one", () => {
  const reply = (id: string | null) =>
    ({
      kind: "answered",
      status: 404,
      headers: new Headers(id === null ? {} : { "x-github-request-id": id }),
      text: "",
    }) as const;
  const nameOf = (id: string | null) => responseInfoOf(reply(id)).githubRequestId;
  expect(responseInfoOf(reply("A:1-b"))).toEqual({
    source: "github",
    githubStatus: 404,
    githubRequestId: "A:1-b",
    retryAfterMs: null,
  });
  expect(nameOf(`${"a".repeat(99)}:`)).toBe(`${"a".repeat(99)}:`);
  expect(["abc", null, "", `${"a".repeat(100)}:`, "a:b c", "a:\u00e9"].map(nameOf)).toEqual(Array(6).fill(null));
  expect(notAsked).toEqual({ source: "github", githubStatus: null, githubRequestId: null, retryAfterMs: null });
});
