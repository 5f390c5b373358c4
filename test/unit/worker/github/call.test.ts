import { expect, test } from "vitest";
import type { Refusal } from "../../../../src/worker/facts.ts";
import { afterFound, evidenceOf, gravest, isRefusal, notAsked } from "../../../../src/worker/github/call.ts";

const refusals: Refusal[] = [
  { kind: "refused", reason: "token_refused" },
  { kind: "refused", reason: "token_not_ours" },
  { kind: "unrecognised" },
  { kind: "suspended" },
  { kind: "limited", reason: "github_rate_limit" },
  { kind: "unavailable", reason: "github_timeout" },
];

test("a refusal is what says nothing about an organisation", () => {
  expect(refusals.every(isRefusal)).toBe(true);
  for (const kind of ["ok", "absent", "invisible", "member", "pending", "not_a_member", "found", "not_ours"]) {
    expect(isRefusal({ kind })).toBe(false);
  }
});

test("once the holder is found, a refusal of the same token contradicts that, and a limit does not", () => {
  const contradiction = { kind: "unavailable", reason: "github_contradiction" };
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
    evidence: { source: "github" as const, githubStatus, githubRequestId: null },
  }));
  const later = { outcome: { kind: "unavailable", reason: "github_nonsense" } as const, evidence: notAsked };
  expect(gravest([...asked, later])).toBe(asked[5]);
  expect(gravest(asked.slice(2, 5))).toBe(asked[2]);
  expect(gravest([])).toBeUndefined();
});

test("the evidence is the answer's status, and GitHub's name for the request where it looks like one", () => {
  const reply = (id: string | null) =>
    ({
      kind: "answered",
      status: 404,
      headers: new Headers(id === null ? {} : { "x-github-request-id": id }),
      text: "",
    }) as const;
  const nameOf = (id: string | null) => evidenceOf(reply(id)).githubRequestId;
  expect(evidenceOf(reply("A:1-b"))).toEqual({ source: "github", githubStatus: 404, githubRequestId: "A:1-b" });
  expect(nameOf(`${"a".repeat(99)}:`)).toBe(`${"a".repeat(99)}:`);
  expect(["abc", null, "", `${"a".repeat(100)}:`, "a:b c", "a:\u00e9"].map(nameOf)).toEqual(Array(6).fill(null));
  expect(notAsked).toEqual({ source: "github", githubStatus: null, githubRequestId: null });
});
