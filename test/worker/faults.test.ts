// Our own faults: an exception anywhere becomes a 503 and a stack in the log, and never an uncaught one or a token.
import { expect, test, vi } from "vitest";
import { instrumentedWorker, logFaultHeader } from "../support/instruments.ts";
import { accountOf, clusters, mona } from "../support/people.ts";
import { logDeadline, useWorker } from "../support/worker-harness.ts";

const worker = useWorker({ clusters, main: instrumentedWorker });

test.each(["v1", "v1beta1"] as const)("an exception in a review in %s is answered with 503", async (apiVersion) => {
  const { github, review, logLines, decisions } = worker();
  const linesBefore = logLines().length;
  const token = github.issueToken(accountOf(github, mona), { kind: "classic" });

  const { status, body } = await review(token, { apiVersion, headers: { [logFaultHeader]: token } });

  expect(status).toBe(503);
  expect(JSON.parse(body).message).toMatch(/^internal_error: /);
  await vi.waitFor(
    () => expect(decisions().at(-1)).toMatchObject({ verdict: "undetermined", reason: "internal_error" }),
    logDeadline,
  );
  const lines = logLines().slice(linesBefore).join("\n");
  expect(lines).toMatch(/an exception: Error\n\s+at /);
  expect(lines + body).not.toContain(token);
  expect(lines + body).not.toContain("could not write");
});

test("the next review works as if nothing had happened", async () => {
  const { github, review } = worker();
  const token = github.issueToken(accountOf(github, mona), { kind: "classic" });
  const { status, body } = await review(token);
  expect(status).toBe(200);
  expect(JSON.parse(body).status.authenticated).toBe(true);
});
