// A real Analytics Engine binding on the real runtime takes what is written to it. (It keeps nothing here: what is
// written is the unit tests' business.)
import { expect, test } from "vitest";
import { accountOf, clusters, mona } from "../support/people.ts";
import { useWorker } from "../support/worker-harness.ts";

const dataset = { binding: "METRICS", dataset: "octogate" };
const worker = useWorker({ clusters, bindings: { analytics_engine_datasets: [dataset] } });

test("reviews with a dataset are as without, and nothing is complained of", async () => {
  const { github, review } = worker();
  const token = github.issueToken(accountOf(github, mona), { kind: "classic", scopes: ["read:org"] });
  for (let count = 0; count < 3; count += 1) {
    expect(JSON.parse((await review(token)).body)).toMatchObject({ status: { authenticated: true } });
  }
  await expect.poll(() => worker().decisions().length).toBe(3);
  expect(worker().logLines().join("\n")).not.toContain("METRICS");
});
