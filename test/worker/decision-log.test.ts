// The decision log: one line of JSON a review, with the fields that docs/operations.md lists, and nothing else that
// looks like one.
import { expect, test, vi } from "vitest";
import { reasons } from "../../src/worker/reasons.ts";
import { credentialIdOf } from "../support/credential-id.ts";
import { accountOf, clusters, dora, mona } from "../support/people.ts";
import { certificateDays, logDeadline, useWorker } from "../support/worker-harness.ts";

const worker = useWorker({ clusters });

/** What every line of a review holds. */
const always = {
  door: "webhook",
  time: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/),
  cluster: "production",
  certificateDaysLeft: certificateDays,
  durationMs: expect.any(Number),
};

test("an admission shows who it is and what it rests on", async () => {
  const { github, review, decisionAbout } = worker();
  const token = github.issueToken(accountOf(github, mona), { kind: "fine_grained" });
  await review(token);
  expect(await decisionAbout(token)).toEqual({
    ...always,
    verdict: "authenticated",
    reason: "admitted",
    user: "github:Mona-Lisa:1001",
    login: "Mona-Lisa",
    uid: "1001",
    groups: 0,
    credentialKind: "fine_grained",
    credentialId: credentialIdOf(token),
    source: "github",
    githubStatus: 200,
    githubRequestId: expect.stringMatching(/^[0-9A-F:]+$/),
  });
});

test("a plain no shows whose number an operator could paste", async () => {
  const { github, review, decisionAbout } = worker();
  const token = github.issueToken(accountOf(github, dora), { kind: "classic" });
  await review(token);
  expect(await decisionAbout(token)).toEqual({
    ...always,
    verdict: "unauthenticated",
    reason: "user_denied",
    login: "dora",
    uid: "1002",
    credentialKind: "classic",
    credentialId: credentialIdOf(token),
    source: "github",
    githubStatus: 200,
    githubRequestId: expect.any(String),
  });
});

test("a denial by the token's shape says that GitHub was not asked", async () => {
  const { github, review, decisionAbout } = worker();
  const token = github.issueToken(accountOf(github, mona), { kind: "oauth" });
  await review(token);
  expect(await decisionAbout(token)).toEqual({
    ...always,
    verdict: "denied",
    reason: "token_kind_not_allowed",
    credentialKind: "oauth",
    credentialId: credentialIdOf(token),
    source: "none",
  });
});

test("an undetermined review shows what GitHub did, with its own name for the request", async () => {
  const { github, review, decisionAbout } = worker();
  const token = github.issueToken(accountOf(github, mona), { kind: "classic" });
  github.setFault(token, { kind: "secondary_limit", status: 429, headers: "retry_after" });
  await review(token);
  expect(await decisionAbout(token)).toEqual({
    ...always,
    verdict: "undetermined",
    reason: "github_secondary_limit",
    credentialKind: "classic",
    credentialId: credentialIdOf(token),
    source: "github",
    githubStatus: 429,
    githubRequestId: expect.any(String),
  });
});

test("a wrong configuration is logged with its settings, not with the token", async () => {
  const { github, review, decisions } = worker();
  const token = github.issueToken(accountOf(github, mona), { kind: "classic" });
  await review(token, { cluster: "broken" });
  await vi.waitFor(() => expect(decisions().at(-1)).toMatchObject({ cluster: "broken" }), logDeadline);
  expect(decisions().at(-1)).toEqual({
    ...always,
    cluster: "broken",
    verdict: "undetermined",
    reason: "configuration",
    problems: [{ setting: "CLUSTER_BROKEN.allow[0]", message: expect.stringMatching(/^must be /) }],
  });
});

test("a duration is what the review took", async () => {
  const { github, review, decisionAbout } = worker();
  const token = github.issueToken(accountOf(github, mona), { kind: "classic" });
  github.setFault(token, { kind: "slow_head", delayMs: 200 });
  const startedAtMs = performance.now();
  await review(token);
  const tookMs = performance.now() - startedAtMs;
  const { durationMs } = await decisionAbout(token);
  expect(durationMs).toBeGreaterThanOrEqual(190);
  expect(durationMs).toBeLessThanOrEqual(Math.ceil(tookMs));
});

test("a request that is no review leaves no line of the decision log", async () => {
  const { fetch, post, decisions, logLines } = worker();
  const before = decisions().length;
  await fetch("/healthz");
  await fetch("/nowhere", { method: "POST" });
  await fetch("/authenticate", { method: "POST", body: "{}" });
  await post("no JSON");
  // The refusal of the caller is logged, so whatever was written before it has arrived, too.
  await vi.waitFor(() => expect(logLines().join("\n")).toContain("refused a caller"), logDeadline);
  expect(decisions()).toHaveLength(before);
});

test("whatever begins with a brace is a record with a known reason", () => {
  const records = worker().decisions();
  expect(records.length).toBeGreaterThan(0);
  for (const { reason, verdict } of records) {
    expect(Object.keys(reasons)).toContain(reason);
    expect(["authenticated", "unauthenticated", "denied", "undetermined"]).toContain(verdict);
  }
});
