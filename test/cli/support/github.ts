// GitHub's stand-in for one test of the command.
import { onTestFinished } from "vitest";
import { type GitHubStandIn, type StandInOptions, startGitHubStandIn } from "../../../src/local/github/server.ts";

/** Ends with the test. */
export async function startGitHub(options?: StandInOptions): Promise<GitHubStandIn> {
  const github = await startGitHubStandIn(options);
  onTestFinished(() => github.close());
  return github;
}
