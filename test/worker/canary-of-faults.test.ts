// The canary's second flight: through our own faults, which the local edge does not let happen. A token comes with a
// wrong configuration and into an exception's message, and is looked for in answers and log.
import { expect, test, vi } from "vitest";
import { makeToken } from "../../src/local/github/token.ts";
import { instrumentedWorker, logFaultHeader } from "../support/instruments.ts";
import { clusters } from "../support/people.ts";
import { findPieces, type Output } from "../support/token-search.ts";
import { logDeadline, useWorker } from "../support/worker-harness.ts";

const kinds = ["classic", "fine_grained", "app"] as const;

const worker = useWorker({ clusters, main: instrumentedWorker });

test.each(kinds)("a %s token leaves no trace in a fault", async (kind) => {
  const { review, post, fetch, logLines } = worker();
  const token = makeToken(kind);
  const headers = { [logFaultHeader]: `the token ${token}` };

  const answers = [
    await review(token, { headers }),
    await review(token, { cluster: "broken" }),
    await post(token, { headers }),
    await fetch(`/${token}`, { method: "POST", headers, body: token }),
  ];

  expect(answers.map(({ status }) => status)).toEqual([503, 503, 400, 404]);
  await vi.waitFor(() => expect(logLines().join("\n")).toContain("CLUSTER_BROKEN"), logDeadline);
  const outputs: Output[] = [
    ...answers.map(({ headers, body }) => ({ name: "an answer", bytes: JSON.stringify([...headers, body]) })),
    { name: "the log", bytes: logLines().join("\n") },
  ];
  expect(findPieces([token], outputs)).toEqual([]);
  expect(findPieces(["internal_error"], outputs)).toEqual([
    expect.stringMatching("an answer"),
    expect.stringMatching("the log"),
  ]);
});
