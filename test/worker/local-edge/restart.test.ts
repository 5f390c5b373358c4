// A crash of the runtime while the local edge runs.
import { afterAll, beforeAll, expect, it } from "vitest";
import { call, tokenReview } from "../../support/edge-client.ts";
import { type LocalEdge, startLocalEdge } from "../../support/local-edge.ts";
import { childrenOf } from "../../support/process-usage.ts";
import { until } from "../../support/until.ts";

let edge: LocalEdge;
beforeAll(async () => {
  edge = await startLocalEdge();
});
afterAll(() => edge.stop());

const statusOfReview = async () => (await call(edge, { body: tokenReview("not a GitHub token") })).status;

// Only Linux lists a process's children.
it.runIf(process.platform === "linux")(
  "workerd starts again after a crash, and reviews are answered with 503 until then",
  async () => {
    for (const pid of await childrenOf(edge.pid)) process.kill(pid, "SIGKILL");
    const seen = new Set<number>();
    const isAnswered = async () => {
      const status = await statusOfReview();
      seen.add(status);
      return status === 200 && seen.size > 1;
    };
    await until(isAnswered, 20_000, "a review is answered again");
    expect([...seen]).toEqual([503, 200]);
    await until(() => edge.stderr().includes("crashed unexpectedly and is being restarted"), 5_000, "the log says so");
  },
);
