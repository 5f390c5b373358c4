import { expect, test } from "vitest";
import { jobClaims, type WorkflowJob } from "../../../../../src/local/github/actions/claims.ts";

const repository = { name: "reef-works/shop", id: 9001, ownerId: 1234 };
const job: WorkflowJob = { repository };

/**
 * `claims_supported` of GitHub's issuer as people published it until 2025, without those of the token itself, and
 * `ref_protected` and `sha`, which are in the tokens that people published.
 */
const published =
  "actor actor_id base_ref environment environment_node_id event_name head_ref job_workflow_ref job_workflow_sha ref " +
  "ref_protected ref_type repository repository_id repository_owner repository_owner_id repository_visibility " +
  "run_attempt run_id run_number runner_environment sha sub workflow workflow_ref workflow_sha";

test("a job has the claims that GitHub publishes, and the check run that came in November 2025", () => {
  const names = Object.keys(jobClaims({ ...job, environment: "production" })).sort();
  expect(names).toEqual([...published.split(" "), "check_run_id"].sort());
});

test("all claims are texts, numbers among them", () => {
  const claims = jobClaims({ ...job, enterprise: { slug: "ocean", id: 5 }, properties: { tier: "gold" } });
  expect(new Set(Object.values(claims).map((value) => typeof value))).toEqual(new Set(["string"]));
  expect(claims).toMatchObject({
    repository_id: "9001",
    repository_owner_id: "1234",
    run_attempt: "1",
    enterprise: "ocean",
    enterprise_id: "5",
    repo_property_tier: "gold",
  });
});

test("an environment that the job does not name is absent, and so is an enterprise; branches are empty", () => {
  const claims = jobClaims(job);
  for (const name of ["environment", "environment_node_id", "enterprise", "enterprise_id"]) {
    expect(claims).not.toHaveProperty(name);
  }
  expect(claims).toMatchObject({ head_ref: "", base_ref: "" });
});

test.each<[string, WorkflowJob, string]>([
  ["a branch", { repository, ref: "refs/heads/main" }, "repo:reef-works@1234/shop@9001:ref:refs/heads/main"],
  ["a tag", { repository, ref: "refs/tags/v1" }, "repo:reef-works@1234/shop@9001:ref:refs/tags/v1"],
  [
    "an environment",
    { repository, environment: "Production:V1" },
    "repo:reef-works@1234/shop@9001:environment:Production%3AV1",
  ],
  ["a pull request", { repository, event: "pull_request" }, "repo:reef-works@1234/shop@9001:pull_request"],
  [
    "a repository of before July 2026",
    { repository: { ...repository, subject: "names" } },
    "repo:reef-works/shop:ref:refs/heads/main",
  ],
  [
    "an environment of such a repository",
    { repository: { ...repository, subject: "names" }, environment: "production" },
    "repo:reef-works/shop:environment:production",
  ],
])("the subject of %s has the form that GitHub documents", (_title, one, subject) => {
  expect(jobClaims(one).sub).toBe(subject);
});

test("the workflow's file lies in the job's repository, in a ruleset's or in the one of a reusable workflow", () => {
  const own = "reef-works/shop/.github/workflows/deploy.yml@refs/heads/main";
  expect(jobClaims(job)).toMatchObject({ workflow_ref: own, job_workflow_ref: own });
  const reusable = "reef-works/tools/.github/workflows/ship.yml@refs/tags/v1";
  expect(jobClaims({ ...job, reusableWorkflow: reusable })).toMatchObject({
    workflow_ref: own,
    job_workflow_ref: reusable,
  });
  expect(jobClaims({ ...job, workflowRepository: "reef-works/rules", workflow: "scan.yml" })).toMatchObject({
    repository: "reef-works/shop",
    workflow_ref: "reef-works/rules/.github/workflows/scan.yml@refs/heads/main",
  });
});

test("a pull request names its branches, and a tag is one", () => {
  expect(jobClaims({ ...job, pullRequest: { head: "fix", base: "main" } })).toMatchObject({
    head_ref: "fix",
    base_ref: "main",
  });
  expect(jobClaims({ ...job, ref: "refs/tags/v1" }).ref_type).toBe("tag");
});
