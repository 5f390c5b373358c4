import { describe, expect, test } from "vitest";
import { reasons } from "../../../src/worker/every-reason.ts";
import type { Reason } from "../../../src/worker/reason.ts";
import { denied, unauthenticated, undetermined } from "../../../src/worker/verdict.ts";

describe("a reason", () => {
  test.each(Object.entries(reasons))("%s is a code with one sentence for it", (code, { sentence }) => {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(sentence).toMatch(/^[A-Z][^\n]*[.?]$/);
  });

  test("means the same in every place: no sentence stands twice", () => {
    const sentences = Object.values(reasons).map(({ sentence }) => sentence);
    expect(new Set(sentences).size).toBe(sentences.length);
  });
});

describe("a reason that the person can do something about", () => {
  const sentences = Object.entries(reasons).filter(([, { verdict }]) => verdict === "denied");

  test.each(sentences)("%s says what: its sentence has the fault, and behind a colon the cure", (_, { sentence }) => {
    expect(sentence).toMatch(/^[^:]+: \S/);
  });
});

describe("a verdict made of a reason", () => {
  test("is of the kind that the reason has", () => {
    const kindOf = (reason: Reason) => reasons[reason].verdict;
    expect(unauthenticated("not_allowed").kind).toBe(kindOf("not_allowed"));
    expect(denied("account_suspended").kind).toBe(kindOf("account_suspended"));
    expect(undetermined("github_timeout").kind).toBe(kindOf("github_timeout"));
  });

  test("says nothing for a plain no, and the code with its sentence otherwise", () => {
    expect(unauthenticated("not_allowed")).toEqual({ kind: "unauthenticated", reason: "not_allowed" });
    expect(denied("account_suspended").message).toBe(`account_suspended: ${reasons.account_suspended.sentence}`);
    expect(denied("sso_required", "acme, https://github.com/x").message).toBe(
      `sso_required: ${reasons.sso_required.sentence} (acme, https://github.com/x)`,
    );
    expect(undetermined("github_timeout").message).toBe("github_timeout: GitHub did not answer in time.");
    expect(undetermined("configuration", "X: must be Y").message).toBe("configuration: X: must be Y");
  });
});
