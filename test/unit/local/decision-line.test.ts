import { expect, test } from "vitest";
import { readableLine } from "../../../src/local/decision-line.ts";

const decision = {
  time: "2026-11-27T04:05:06.789Z",
  cluster: "local",
  verdict: "authenticated",
  reason: "matched",
  user: "github:otto-inkwell:10000001",
  groups: 2,
  login: "otto-inkwell",
  source: "github",
  durationMs: 42,
};
const { user: _user, groups: _groups, ...refused } = decision;

test.each([
  [decision, "✓ 04:05:06 local  github:otto-inkwell:10000001  2 groups  (42 ms, from github)"],
  [
    { ...refused, verdict: "unauthenticated", reason: "not_allowed" },
    "✗ 04:05:06 local  otto-inkwell  unauthenticated: not_allowed  (42 ms, from github)",
  ],
  [
    { ...refused, verdict: "undetermined", reason: "github_timeout", login: undefined, source: undefined },
    "? 04:05:06 local  (no account)  undetermined: github_timeout  (42 ms)",
  ],
  [
    { ...refused, login: undefined, repository: "reef-works/shop", verdict: "denied", reason: "workflow_audience" },
    "✗ 04:05:06 local  reef-works/shop  denied: workflow_audience  (42 ms, from github)",
  ],
  [
    { ...decision, cluster: undefined, client: "production", grant: "refresh_token" },
    "✓ 04:05:06 production by refresh_token  github:otto-inkwell:10000001  2 groups  (42 ms, from github)",
  ],
])("a decision is one short line: %j", (json, line) => {
  expect(readableLine(JSON.stringify(json), false)).toBe(line);
});

test("colours the mark alone", () => {
  expect(readableLine(JSON.stringify(decision), true)).toContain("\u001b[32m✓\u001b[0m 04:05:06 local  github:");
});

test.each(["octogate is ready", "{", '{"event":"ignored"}'])("%s is as it was", (line) => {
  expect(readableLine(line, true)).toBe(line);
});
