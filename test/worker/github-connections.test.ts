// Connections to GitHub that break or do not come about. Here workerd itself asks GitHub, as it does when deployed:
// wrangler's harness would hand the calls to Node and turn what breaks into something else.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type GitHubStandIn, startGitHubStandIn } from "../../src/local/github/server.ts";
import { credentialIdOf } from "../support/credential-id.ts";
import { call, tokenReview } from "../support/edge-client.ts";
import { brokenGitHubCases, type GitHubCase } from "../support/github-cases.ts";
import { type LocalEdge, startLocalEdge } from "../support/local-edge.ts";
import { accountOf, nell } from "../support/people.ts";

let github: GitHubStandIn;
let edge: LocalEdge;

beforeAll(async () => {
  github = await startGitHubStandIn();
  // Without a policy of its own the edge lets everybody in where GitHub is not its stand-in.
  edge = await startLocalEdge({ args: ["--github", github.url] });
});

afterAll(async () => {
  await edge?.stop();
  await github?.close();
});

test.each(brokenGitHubCases)("$name: $verdict, $reason", async ({ fault, reason, githubStatus }) => {
  const token = github.issueToken(accountOf(github, nell), { kind: "classic" });
  github.setFault(token, fault);

  await expectUndetermined(token, { reason, githubStatus });

  expect(github.requests.filter((request) => request.token === token)).toHaveLength(1);
});

test("after a connection broke, the next review gets a new one", async () => {
  const token = github.issueToken(accountOf(github, nell), { kind: "classic" });
  github.setFault("everyone", { kind: "reset" });
  expect((await call(edge, { body: tokenReview(token) })).status).toBe(503);
  github.setFault("everyone", null);
  expect((await call(edge, { body: tokenReview(token) })).status).toBe(200);
});

test("a GitHub that does not listen: undetermined, github_unreachable", async () => {
  const token = github.issueToken(accountOf(github, nell), { kind: "classic" });
  await github.close();
  await expectUndetermined(token, { reason: "github_unreachable", githubStatus: null });
});

async function expectUndetermined(
  token: string,
  { reason, githubStatus }: Pick<GitHubCase, "reason" | "githubStatus">,
) {
  // An answer that never began has no status.
  const loggedStatus = githubStatus === null ? {} : { githubStatus };
  const { status, body } = await call(edge, { body: tokenReview(token) });

  expect(status).toBe(503);
  expect(JSON.parse(body).message).toMatch(new RegExp(`^${reason}: `));
  const credentialId = credentialIdOf(token);
  await vi.waitFor(
    () =>
      expect(edge.decisions()).toContainEqual(
        expect.objectContaining({ credentialId, verdict: "undetermined", reason, ...loggedStatus }),
      ),
    { timeout: 5_000, interval: 20 },
  );
}
