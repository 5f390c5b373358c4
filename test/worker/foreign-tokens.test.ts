// Tokens that are no GitHub tokens: any bytes of any length get a plain no, GitHub is not asked, and the log counts
// them at most.
import { randomBytes } from "node:crypto";
import { expect, test, vi } from "vitest";
import { foreignTokens, makeServiceAccountToken } from "../support/foreign-tokens.ts";
import { clockAheadHeader, instrumentedWorker } from "../support/instruments.ts";
import { accountOf, clusters, mona } from "../support/people.ts";
import { reviewBody } from "../support/review-body.ts";
import { useWorker } from "../support/worker-harness.ts";

const worker = useWorker({ clusters, main: instrumentedWorker });

const maxBodyBytes = 256 * 1024;
const plainNo = { authenticated: false };
const statusOf = (body: string) => JSON.parse(body).status;

/** Sees the clock a little over a minute later each time, so that sums are due. */
let clockAheadMs = 0;
async function aMinuteLater(token: string, cluster: "production" | "staging" = "production") {
  clockAheadMs += 61_000;
  return worker().review(token, { cluster, headers: { [clockAheadHeader]: String(clockAheadMs) } });
}

/** A review of a GitHub token: its line comes after whatever was logged before. */
async function writeDecision() {
  const { github, decisionAbout } = worker();
  const token = github.issueToken(accountOf(github, mona), { kind: "classic" });
  await aMinuteLater(token);
  await decisionAbout(token);
  github.requests.length = 0;
}

/** A token that was not copied whole has a line of its own once a minute, beside its place in the sum. */
function linesAfter(count: number): string[] {
  const lines = worker().logLines().slice(count);
  return lines.filter((line) => !line.includes('"foreignKind":"github_malformed"'));
}

test.each(foreignTokens)("%s: %s gets a plain no in both versions and is only counted", async (kind, _, make) => {
  await writeDecision();
  const linesBefore = worker().logLines().length;
  const token = make();

  for (const apiVersion of ["v1", "v1beta1"] as const) {
    const { status, body } = await worker().review(token, { apiVersion });
    expect({ status, review: statusOf(body) }).toEqual({ status: 200, review: plainNo });
  }
  await writeDecision();

  const lines = linesAfter(linesBefore);
  expect(lines).toHaveLength(2);
  const { seconds, ...record } = JSON.parse(lines[0] ?? "");
  expect(record).toEqual({
    time: expect.any(String),
    event: "ignored",
    door: "webhook",
    cluster: "production",
    counts: { [kind]: 2 },
  });
  // The clock was set ahead by so much, and goes on by itself.
  expect(seconds).toBeGreaterThanOrEqual(61);
  expect(seconds).toBeLessThan(90);
});

test("hundreds of made-up tokens cost no call to GitHub and no line of the log", async () => {
  await writeDecision();
  const linesBefore = worker().logLines().length;
  const makers = foreignTokens.map(([, , make]) => make).filter((make) => make().length < 10_000);
  const tokens = Array.from({ length: 300 }, (_, index) => makers[index % makers.length]?.() ?? "x");

  for (let at = 0; at < tokens.length; at += 20) {
    const answers = await Promise.all(tokens.slice(at, at + 20).map((token) => worker().review(token)));
    for (const { body } of answers) expect(statusOf(body)).toEqual(plainNo);
  }

  expect(worker().github.requests).toEqual([]);
  await writeDecision();
  const lines = linesAfter(linesBefore);
  expect(lines).toHaveLength(2);
  const { counts } = JSON.parse(lines[0] ?? "");
  expect(Object.values<number>(counts).reduce((sum, count) => sum + count, 0)).toBe(300);
});

test("each cluster has its own sum", async () => {
  await writeDecision();
  const linesBefore = worker().logLines().length;
  await worker().review(makeServiceAccountToken(), { cluster: "production" });
  await worker().review(makeServiceAccountToken(), { cluster: "staging" });
  await worker().review("x", { cluster: "staging" });
  await writeDecision();
  const sums = worker()
    .logLines()
    .slice(linesBefore, -1)
    .map((line) => JSON.parse(line));
  expect(sums).toMatchObject([
    { event: "ignored", cluster: "production", counts: { jwt: 1 } },
    { event: "ignored", cluster: "staging", counts: { jwt: 1, other: 1 } },
  ]);
});

test("a token that fills the body up to its limit gets a plain no", async () => {
  const room = maxBodyBytes - Buffer.byteLength(reviewBody(""));
  for (const prefix of ["", "ghp_", "ghu_", "github_pat_"]) {
    const body = reviewBody(prefix + "x".repeat(room - prefix.length));
    expect(Buffer.byteLength(body)).toBe(maxBodyBytes);
    const answer = await worker().post(body);
    expect({ status: answer.status, review: statusOf(answer.body) }).toEqual({ status: 200, review: plainNo });
  }
  // The answer comes before the body was sent as a whole, and the harness's proxy can lose it with the connection then.
  await vi.waitFor(async () => expect((await worker().post(reviewBody("x".repeat(room + 1)))).status).toBe(413), {
    timeout: 10_000,
  });
});

test("a token with escapes in JSON is read as what it means", async () => {
  const { github, post, decisionAbout } = worker();
  const token = github.issueToken(accountOf(github, mona), { kind: "classic" });
  const escaped = [...token].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
  const answer = await post(reviewBody("TOKEN").replace("TOKEN", escaped));
  expect(statusOf(answer.body).authenticated).toBe(true);
  expect(await decisionAbout(token)).toMatchObject({ reason: "admitted" });
});

test("made-up tokens of the right shape and checksum are GitHub's to refuse, once each", async () => {
  const { github, review } = worker();
  const token = randomBytes(20).toString("hex");
  const { body } = await review(token, { cluster: "staging" });
  expect(statusOf(body)).toEqual(plainNo);
  expect(github.requests.filter((request) => request.token === token)).toHaveLength(1);
});
