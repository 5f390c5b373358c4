import { describe, expect, test } from "vitest";
import { createBreaker } from "../../../../src/worker/cache/breaker.ts";
import type { UnavailableReason } from "../../../../src/worker/github/facts.ts";
import { limited, refused, seconds, startOfTests, unavailable } from "./support.ts";

const now = startOfTests;

function openBreaker(at = now) {
  const breaker = createBreaker();
  for (let failure = 0; failure < 3; failure += 1) breaker.report(unavailable, at, null);
  return breaker;
}

describe("a breaker", () => {
  test("opens with the third failure in a row, not before", () => {
    const breaker = createBreaker();
    expect(breaker.isOpen(now)).toBe(false);
    breaker.report(unavailable, now, null);
    breaker.report(unavailable, now, null);
    expect(breaker.isOpen(now)).toBe(false);
    breaker.report(unavailable, now, null);
    expect(breaker.isOpen(now)).toBe(true);
    breaker.report(unavailable, now, null);
    expect(breaker.isOpen(now)).toBe(true);
  });

  test.each([{ kind: "found" } as const, refused, limited])("closes with any answer: %o", (outcome) => {
    const breaker = openBreaker();
    breaker.report(outcome, now, null);
    expect(breaker.isOpen(now)).toBe(false);
    breaker.report(unavailable, now, null);
    breaker.report(unavailable, now, null);
    expect(breaker.isOpen(now)).toBe(false);
  });

  test.each(["github_unreachable", "github_timeout", "github_server_error"] satisfies UnavailableReason[])(
    "counts %s as an outage",
    (reason) => {
      const breaker = createBreaker();
      for (let failure = 0; failure < 3; failure += 1) breaker.report({ kind: "unavailable", reason }, now, null);
      expect(breaker.isOpen(now)).toBe(true);
    },
  );

  test.each([
    "github_inconsistent_responses",
    "github_too_large",
    "github_invalid_response",
    "github_app_unavailable",
    "oauth_client_secret",
  ] satisfies UnavailableReason[])("does not open by %s, which one token's owner could bring about", (reason) => {
    const breaker = createBreaker();
    for (let failure = 0; failure < 9; failure += 1) breaker.report({ kind: "unavailable", reason }, now, null);
    expect(breaker.isOpen(now)).toBe(false);
  });

  test("lets one request probe 5 s after it opened, and then every 5 s", () => {
    const breaker = openBreaker();
    expect(breaker.takeProbe(now + seconds(5) - 1)).toBe(false);
    expect(breaker.takeProbe(now + seconds(5))).toBe(true);
    expect(breaker.takeProbe(now + seconds(5))).toBe(false);
    expect(breaker.takeProbe(now + seconds(10) - 1)).toBe(false);
    expect(breaker.takeProbe(now + seconds(10))).toBe(true);
  });

  test("does not let further failures put the probe off", () => {
    const breaker = openBreaker();
    breaker.report(unavailable, now + seconds(4), null);
    expect(breaker.takeProbe(now + seconds(5))).toBe(true);
  });

  test("leaves GitHub alone for as long as it asks, but not longer than a minute", () => {
    const breaker = createBreaker();
    breaker.report(unavailable, now, seconds(20));
    breaker.report(unavailable, now, seconds(3));
    expect(breaker.takeProbe(now + seconds(20) - 1)).toBe(false);
    expect(breaker.takeProbe(now + seconds(20))).toBe(true);
    breaker.report(unavailable, now, seconds(86_400));
    expect(breaker.takeProbe(now + seconds(60) - 1)).toBe(false);
    expect(breaker.takeProbe(now + seconds(60))).toBe(true);
  });

  test("leaves GitHub alone for as long as it asks also where it opens a moment later", () => {
    const breaker = createBreaker();
    breaker.report(unavailable, now, seconds(20));
    breaker.report(unavailable, now, null);
    breaker.report(unavailable, now, null);
    expect(breaker.takeProbe(now + seconds(20) - 1)).toBe(false);
    expect(breaker.takeProbe(now + seconds(20))).toBe(true);
  });

  test("forgets failures after a minute: they say nothing about now", () => {
    const breaker = openBreaker();
    expect(breaker.isOpen(now + seconds(60) - 1)).toBe(true);
    expect(breaker.isOpen(now + seconds(60))).toBe(false);
    breaker.report(unavailable, now + seconds(60), null);
    expect(breaker.isOpen(now + seconds(60))).toBe(true);
  });
});
