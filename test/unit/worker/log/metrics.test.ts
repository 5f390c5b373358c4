import { describe, expect, test } from "vitest";
import { makeToken } from "../../../../src/local/github/token.ts";
import { blobColumns, createMetrics, doubleColumns } from "../../../../src/worker/log/metrics.ts";
import { environment, errorAnswer, startApp, startOfTests, userAnswer } from "../support.ts";

interface Point {
  readonly indexes: string[];
  readonly blobs: string[];
  readonly doubles: number[];
}

/** A dataset that keeps what is written, by the names of the columns. */
function recordingDataset() {
  const points: Point[] = [];
  const rows = () =>
    points.map(({ indexes, blobs, doubles }) => {
      expect(blobs).toHaveLength(blobColumns.length);
      expect(doubles).toHaveLength(doubleColumns.length);
      return {
        index: indexes.join(),
        ...Object.fromEntries(blobColumns.map((name, position) => [name, blobs[position]])),
        ...Object.fromEntries(doubleColumns.map((name, position) => [name, doubles[position]])),
      };
    });
  return { binding: { writeDataPoint: (point: Point) => points.push(point) }, points, rows };
}

/** Moves on by 7 ms with each call to GitHub. */
function startMeasured(github: () => Promise<Response>, changes: Record<string, unknown> = {}) {
  const { binding, points, rows } = recordingDataset();
  let nowMs = startOfTests;
  const app = startApp({
    env: environment({ METRICS: binding, ...changes }),
    now: () => nowMs,
    github: () => {
      nowMs += 7;
      return github();
    },
  });
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { ...app, points, rows, pass };
}

const common = {
  event: "review",
  grant: "",
  index: "production",
  cluster: "production",
  reviews: 1,
  certificate_days_left: 30,
};

describe("a review is one data point", () => {
  test("of a user who gets in, first by GitHub's answer and then from memory", async () => {
    const { review, rows } = startMeasured(async () => userAnswer());
    const token = makeToken("classic");
    await review(token);
    await review(token);
    const admitted = {
      ...common,
      verdict: "authenticated",
      reason: "admitted",
      token_kind: "classic",
      outage_grace: 0,
    };
    expect(rows()).toEqual([
      { ...admitted, source: "github", duration_ms: 7, github_status: 200 },
      // Seven milliseconds later it is not thirty whole days any more.
      { ...admitted, source: "memory", duration_ms: 0, github_status: -1, certificate_days_left: 29 },
    ]);
  });

  test("of a user who goes on in an outage", async () => {
    let isDown = false;
    const { review, rows, pass } = startMeasured(async () => (isDown ? errorAnswer(502, "down") : userAnswer()));
    const token = makeToken("classic");
    await review(token);
    isDown = true;
    pass(150_000);
    await review(token);
    expect(rows().at(-1)).toMatchObject({ verdict: "authenticated", outage_grace: 1, github_status: 502 });
  });

  test("where no source was asked", async () => {
    const { review, rows } = startMeasured(async () => userAnswer());
    await review(makeToken("oauth"));
    const row = {
      reason: "token_kind_not_allowed",
      source: "none",
      token_kind: "oauth",
      github_status: -1,
      duration_ms: 0,
    };
    expect(rows()).toEqual([{ ...common, verdict: "denied", outage_grace: 0, ...row }]);
  });

  test("where the cap on never-seen tokens is reached", async () => {
    const limit = async () => ({ success: false });
    const { review, rows } = startMeasured(async () => userAnswer(), { NEVER_SEEN_LIMIT: { limit } });
    await review(makeToken("classic"));
    expect(rows()).toMatchObject([{ verdict: "undetermined", reason: "new_token_rate_limit" }]);
  });

  test("where the configuration is wrong", async () => {
    const { review, rows } = startMeasured(async () => userAnswer(), { CACHE_SECRET: "short" });
    await review(makeToken("classic"));
    expect(rows()).toMatchObject([
      { verdict: "undetermined", reason: "configuration", source: "none", token_kind: "" },
    ]);
  });

  test("and never holds a name or a token", async () => {
    const { review, points } = startMeasured(async () => userAnswer());
    const token = makeToken("classic");
    await review(token);
    expect(JSON.stringify(points)).not.toMatch(/octocat|583231|GITHUBSHA256/);
    expect(JSON.stringify(points)).not.toContain(token.slice(4, 12));
  });
});

test("tokens that are no GitHub tokens are data points by the sum, a kind each", async () => {
  const { review, rows, pass } = startMeasured(async () => userAnswer());
  for (let count = 0; count < 30; count += 1) await review("a.b.c");
  await review("x");
  expect(rows()).toEqual([]);
  pass(60_000);
  await review("x");
  const ignored = {
    event: "ignored",
    grant: "",
    cluster: "production",
    verdict: "unauthenticated",
    reason: "not_github_token",
  };
  expect(rows()).toMatchObject([
    { ...ignored, token_kind: "jwt", reviews: 30 },
    { ...ignored, token_kind: "other", reviews: 1 },
  ]);
});

test("a failure of KV is a data point of no cluster", async () => {
  const KV = { get: () => Promise.reject(new Error("down")), put: () => Promise.resolve() };
  const { review, rows } = startMeasured(async () => userAnswer(), { KV });
  await review(makeToken("classic"));
  expect(rows()).toMatchObject([
    { event: "kv_fault", grant: "", index: "", reviews: 0 },
    { event: "review", verdict: "authenticated" },
  ]);
});

test("a dataset that throws costs no review, and is complained of once", async () => {
  const writeDataPoint = () => {
    throw new Error("no");
  };
  const { review, errors } = startMeasured(async () => userAnswer(), { METRICS: { writeDataPoint } });
  for (let count = 0; count < 3; count += 1) expect((await review(makeToken("classic"))).status).toBe(200);
  expect(errors.filter((text) => text.startsWith("METRICS"))).toEqual([
    "METRICS takes no data points: is it an Analytics Engine dataset?",
  ]);
});

test.each([undefined, null, "octogate", {}, 1])("METRICS that is no dataset (%j) is left alone", async (METRICS) => {
  const { review } = startMeasured(async () => userAnswer(), { METRICS });
  expect((await review(makeToken("classic"))).status).toBe(200);
});

test("a data point has room for more columns", () => {
  // Analytics Engine takes 20 of each, and 96 bytes of index: a cluster's name is far shorter.
  expect(Math.max(blobColumns.length, doubleColumns.length)).toBeLessThanOrEqual(20);
  const { binding, points } = recordingDataset();
  createMetrics(binding, expect.fail).kvFault();
  expect(points).toHaveLength(1);
});
