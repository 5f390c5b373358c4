import { describe, expect, test } from "vitest";
import { type Reason, reasons } from "../../../src/worker/reasons.ts";
import { denied, sentenceOf, unauthenticated, undetermined } from "../../../src/worker/verdict.ts";

describe("a reason", () => {
  test.each(Object.entries(reasons))("%s is a code with a problem, a hint and an audience", (code, row) => {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(row.problem).toMatch(/^[A-Z][^\n:]*[^.\n]$/);
    if (row.verdict === "authenticated") expect(row.hint).toBeNull();
    else expect(row.hint).toMatch(/^[a-z][^\n]*[^.\n]$/);
    // What leaves as an error of OAuth is one line of ASCII without quotation marks and backslashes (RFC 6749,
    // 4.1.2.1).
    expect(sentenceOf(row)).toMatch(/^[\x20-\x7e]+[.?]$/);
    expect(sentenceOf(row)).not.toMatch(/["\\]/);
  });

  test("has one meaning in every place: no problem stands twice", () => {
    const problems = Object.values(reasons).map(({ problem }) => problem);
    expect(new Set(problems).size).toBe(problems.length);
  });

  test.each([
    "not_allowed",
    "user_denied",
    "membership_denied",
    "token_denied",
    "name_reassigned",
    "not_a_person",
  ] as const)("%s is told to the operator alone: others would learn from it who is admitted", (code) => {
    expect(reasons[code].audience).toBe("operator");
  });

  test.each(["scope_missing", "sso_required", "app_not_approved", "invitation_pending", "not_in_team"] as const)(
    "%s is told to members alone: others would learn from it which organisations count",
    (code) => {
      expect(reasons[code].audience).toBe("member");
    },
  );

  test.each(["token_refused", "token_unrecognised", "not_github_token", "github_server_error"] as const)(
    "%s is told to every bearer: it says nothing about the policy",
    (code) => {
      expect(reasons[code].audience).toBe("bearer");
    },
  );
});

describe("a sentence", () => {
  test("is the problem and the hint behind a colon", () => {
    expect(sentenceOf(reasons.scope_missing)).toBe("The token may not see organisations: give it the scope read:org.");
  });

  test("is the problem alone where there is no hint", () => {
    expect(sentenceOf(reasons.admitted)).toBe("An entry of allow admits this person or workflow.");
  });

  test("keeps the mark of a hint that is a question", () => {
    expect(sentenceOf(reasons.github_redirect)).toMatch(/: is GITHUB_API_URL right\?$/);
  });
});

describe("a verdict made of a reason", () => {
  test("is of the kind that the reason has", () => {
    const kindOf = (reason: Reason) => reasons[reason].verdict;
    expect(unauthenticated("not_allowed").kind).toBe(kindOf("not_allowed"));
    expect(denied("account_suspended").kind).toBe(kindOf("account_suspended"));
    expect(undetermined("github_timeout").kind).toBe(kindOf("github_timeout"));
  });

  test("has a detail where one was given", () => {
    expect(unauthenticated("not_allowed")).toEqual({ kind: "unauthenticated", reason: "not_allowed" });
    expect(denied("sso_required")).toEqual({ kind: "denied", reason: "sso_required", detail: null });
    expect(denied("sso_required", "acme")).toMatchObject({ detail: "acme" });
    expect(undetermined("configuration", "X: must be Y")).toMatchObject({ detail: "X: must be Y" });
  });
});
