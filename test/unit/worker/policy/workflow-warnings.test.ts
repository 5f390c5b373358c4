// Warnings about the names of repositories in a policy: what a run of a workflow shows to be uncertain.
import { describe, expect, test } from "vitest";
import { findWorkflowWarnings } from "../../../../src/worker/policy/name-warnings.ts";
import type { WorkflowFacts } from "../../../../src/worker/workflows/facts.ts";
import { policyOf } from "../support.ts";

const run: WorkflowFacts = {
  host: "github.com",
  tokenId: "id",
  audience: "https://login.acme.test/clusters/production",
  expiresAt: 1,
  notBefore: 0,
  repository: { name: "Acme/shop", id: 9001, ownerId: 1234 },
  workflowRef: "Acme/shop/.github/workflows/deploy.yml@refs/heads/main",
  environment: "production",
  event: "push",
  actor: null,
  actorId: null,
  runId: null,
  runAttempt: null,
  sha: null,
};

const entries = [
  "workflow:acme/shop/.github/workflows/deploy.yml@refs/heads/main",
  "environment:acme/shop/production",
] as const;
const warnings = (allow: string, deny: string[] = []) => findWorkflowWarnings(policyOf({ allow: [allow], deny }), run);

describe.each(entries)("%s", (entry) => {
  test("is warned about without its numbers, which are named", () => {
    expect(warnings(entry)).toEqual([`${entry} is not pinned, so the name alone counts: write ${entry}#1234/9001`]);
  });

  test("is warned about where the repository of that name has other numbers", () => {
    expect(warnings(`${entry}#1234/7`)).toEqual([
      `${entry}#1234/7 pins other numbers than Acme/shop has now, which are #1234/9001`,
    ]);
  });

  test("is not warned about with its numbers", () => {
    expect(warnings(`${entry}#1234/9001`)).toEqual([]);
  });
});

test("a repository of deny is warned about without its numbers, too", () => {
  expect(warnings(`${entries[1]}#1234/9001`, ["repository:acme/shop"])).toEqual([
    "repository:acme/shop is not pinned, so the name alone counts: write repository:acme/shop#1234/9001",
  ]);
});

test("nothing is warned about where the run is another repository's, nor of entries for people", () => {
  expect(warnings("environment:acme/other/production")).toEqual([]);
  expect(warnings("org:acme", ["user:hubot"])).toEqual([]);
});
