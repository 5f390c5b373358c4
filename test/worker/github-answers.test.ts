// Everything that GitHub can do at GET /user, and what becomes of the review: the answer that kube-apiserver gets and
// the reason in the log.
import { describe, expect, test } from "vitest";
import type { VerdictKind } from "../../src/worker/reasons.ts";
import { type GitHubCase, githubCases, slowGitHubCases } from "../support/github-cases.ts";
import { accountOf, nell } from "../support/people.ts";
import { useWorker } from "../support/worker-harness.ts";

const worker = useWorker({ clusters: { open: { allow: ["anyone"], token_kinds: ["classic", "fine_grained"] } } });

describe("GitHub answers with", () => {
  test.each(githubCases)("$name: $verdict, $reason", reviewThrough);
});

describe.concurrent("GitHub keeps the Worker waiting with", () => {
  test.each(slowGitHubCases)("$name: $verdict, $reason", reviewThrough);
});

test("a token that GitHub does not know is a plain no", async () => {
  const { github, review, decisionAbout } = worker();
  const token = github.issueToken(accountOf(github, nell), { kind: "classic" });
  github.revokeToken(token);

  const answer = await review(token);

  expect(statusOf(answer.body)).toEqual({ authenticated: false });
  expect(await decisionAbout(token)).toMatchObject({ reason: "token_refused", githubStatus: 401 });
});

async function reviewThrough({ fault, kind = "classic", verdict, reason, githubStatus }: GitHubCase) {
  const { github, review, decisionAbout } = worker();
  const token = github.issueToken(accountOf(github, nell), { kind });
  github.setFault(token, fault);

  const answer = await review(token);

  expect(seenVerdict(answer)).toBe(verdict);
  if (verdict === "denied" || verdict === "undetermined") expect(answer.body).toContain(reason);
  const { githubStatus: loggedStatus = null, ...decision } = await decisionAbout(token);
  expect(decision).toMatchObject({ verdict, reason, source: "github" });
  // An answer that never began has no status.
  expect(loggedStatus).toBe(githubStatus);
  const asked = github.requests.filter((request) => request.token === token);
  expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual(["GET /user"]);
}

/** Which of the four it is, as kube-apiserver can tell. */
function seenVerdict({ status, body }: { status: number; body: string }): VerdictKind {
  if (status === 503) return "undetermined";
  const review = statusOf(body);
  if (review.authenticated) return "authenticated";
  return "error" in review ? "denied" : "unauthenticated";
}

const statusOf = (body: string) => JSON.parse(body).status;
